package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/control"
)

const (
	ndjson = "application/x-ndjson"
	// largestStream is the most that one request may bring of control messages, in bytes, and mostMessages how many.
	largestStream = 8 << 20
	mostMessages  = 1000
)

// errNotTheirs does not tell whether there is such a connector.
var errNotTheirs = refusal{http.StatusForbidden, "this token is not for control messages of this connector"}

// control takes a connector's control message, or several of them, a line each.
func (a *API) control(r request) (answer, error) {
	if !r.who.mayControl(a.clusterOf(r), r.PathValue("name")) {
		return answer{}, errNotTheirs
	}
	leave, err := a.turns.enter(r.who.Name)
	if err != nil {
		return answer{}, err
	}
	defer leave()
	version, err := ifMatch(r)
	switch {
	case err != nil:
		return answer{}, err
	case isOf(r, ndjson) && version != "":
		return answer{}, badRequest("If-Match is for one message: each that is taken changes the version")
	case isOf(r, ndjson):
		return a.controlAll(r)
	case !isJSON(r):
		return answer{}, refusal{http.StatusUnsupportedMediaType, "want Content-Type: application/json, or " + ndjson}
	}
	body, err := readWhole(r, control.MaxSize)
	if err != nil {
		return answer{}, err
	}
	message, err := control.Parse(body)
	taken, err := a.take(r, message, err, version)
	if err != nil {
		return answer{}, err
	}
	return answer{status: statusOfTaken(taken), body: taken}.with("ETag", tag(taken.Version)), nil
}

// clusterOf is the cluster that is meant, also where it is not named, as there is only one.
func (a *API) clusterOf(r request) string {
	if all := a.manager.Clusters(); r.cluster() == "" && len(all) == 1 {
		return all[0].Name
	}
	return r.cluster()
}

// take hands a message on, or that it is wrong: where its configuration is, the connector does not go on. It goes on when the client
// has gone: what is half done would be told to nobody.
func (a *API) take(r request, message control.Message, wrong error, version string) (taken overlay.Taken, err error) {
	problems, isWrong := errors.AsType[control.Problems](wrong)
	switch {
	case isWrong:
		err = a.manager.Refuse(r.unfinished(), r.cluster(), r.PathValue("name"), r.who.Name, problems)
	case wrong != nil:
		err = wrong
	default:
		taken, err = a.manager.Control(r.unfinished(), r.cluster(), r.PathValue("name"), r.who.Name, message, version)
	}
	if errors.Is(err, manager.ErrStandby) || statusOf(err) == http.StatusBadGateway {
		err = notNow{err}
	}
	return taken, err
}

// notNow is why a message is to be sent again: nobody has judged it.
type notNow struct{ error }

func (n notNow) Unwrap() error { return n.error }

// statusOfTaken says whether all is done, or is on its way.
func statusOfTaken(taken overlay.Taken) int {
	if taken.Outcome == overlay.TakenIn && !taken.Applied {
		return http.StatusAccepted
	}
	return http.StatusOK
}

// lineAnswer is what became of one of several messages.
type lineAnswer struct {
	Line   int            `json:"line"`
	Status int            `json:"status"` // as one message alone would have been answered
	Taken  *overlay.Taken `json:"taken,omitempty"`
	*problem
}

// controlAll takes one message after the other. After one that cannot be taken now, none is tried: they are to be sent again in order.
func (a *API) controlAll(r request) (answer, error) {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	n := 0
	var stopped error
	for line, err := range control.Stream(http.MaxBytesReader(nil, r.Body, largestStream), io.Discard) {
		if r.Context().Err() != nil {
			break
		}
		if n++; n > mostMessages {
			stopped = refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("there are more than %d messages: send the rest by themselves", mostMessages)}
		}
		if stopped != nil {
			err = stopped
		}
		said := a.takeLine(r, line, err)
		if said.Status == http.StatusServiceUnavailable && stopped == nil {
			stopped = notNow{errors.New("the message before could not be taken")}
		}
		_ = encoder.Encode(said) // a struct of texts, to memory
		if n > mostMessages {
			break
		}
	}
	return answer{status: http.StatusOK, text: lines.String()}.with("Content-Type", ndjson), nil
}

func (a *API) takeLine(r request, line control.Line, wrong error) lineAnswer {
	taken, err := a.take(r, line.Message, wrong, "")
	if err != nil {
		document := problemOf(err)
		return lineAnswer{Line: line.Number, Status: statusOf(err), problem: &document}
	}
	return lineAnswer{Line: line.Number, Status: statusOfTaken(taken), Taken: &taken}
}

// tag is the entity tag of a version.
func tag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }

// ifMatch is the version that a thing must still have; empty: any.
func ifMatch(r request) (string, error) {
	said := r.Header.Values("If-Match")
	if len(said) == 0 || slices.Equal(said, []string{"*"}) {
		return "", nil
	}
	version, err := strconv.Unquote(said[0])
	if err != nil || len(said) > 1 || version == "" {
		return "", badRequest(`If-Match: want one version as it was answered in ETag, such as "7"`)
	}
	return version, nil
}
