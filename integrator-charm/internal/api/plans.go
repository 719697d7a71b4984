package api

import (
	"net/http"
	"strings"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/settings"
)

func (a *API) plan(r request) (answer, error) {
	plan, err := a.manager.Plan(r.Context(), r.cluster(), r.who.Name)
	plan.MayApprove = plan.MayApprove && r.who.may(settings.Approver)
	return ok(plan), err
}

func (a *API) plans(r request) (answer, error) {
	limit, before, err := pageOf(r)
	if err != nil {
		return answer{}, err
	}
	plans, err := a.manager.Plans(r.Context(), r.cluster(), limit, before)
	return ok(plans), err
}

func (a *API) approve(r request) (answer, error) {
	said, err := commentOf(r)
	if err != nil {
		return answer{}, err
	}
	return planned(a.manager.Approve(r.unfinished(), r.PathValue("id"), r.who.Name, said))
}

func (a *API) reject(r request) (answer, error) {
	said, err := commentOf(r)
	if err != nil {
		return answer{}, err
	}
	return planned(a.manager.Reject(r.unfinished(), r.PathValue("id"), r.who.Name, said))
}

func planned(plan manager.Plan, err error) (answer, error) { return ok(plan), err }

func commentOf(r request) (string, error) {
	var said struct {
		Comment string `json:"comment"`
	}
	err := read(r, &said)
	return said.Comment, err
}

// The formats of a report.
const (
	markdown = "md"
	inJSON   = "json"
)

// report answers what became of a plan, as a file to keep.
func (a *API) report(r request) (answer, error) {
	format := r.URL.Query().Get("format")
	if format == "" {
		format = markdown
		if wantsJSON(r.Request) {
			format = inJSON
		}
	}
	if format != markdown && format != inJSON {
		return answer{}, badRequest("format: want md or json")
	}
	report, err := a.manager.Report(r.Context(), r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	given := ok(report)
	if format == markdown {
		given = answer{status: http.StatusOK, text: report.Markdown()}.with("Content-Type", "text/markdown; charset=utf-8")
	}
	return given.with("Content-Disposition", attachment(r.PathValue("id"), format)), nil
}

// attachment names the file; an ID is the manager's own, and what came in the path may be anything.
func attachment(id, extension string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, id)
	return `attachment; filename="report-` + safe + "." + extension + `"`
}
