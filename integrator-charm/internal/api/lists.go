package api

import (
	"net/http"
	"slices"
	"strings"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/requirer-lib/state"
)

// listed answers the names of the connectors that are in a state, as a JSON array.
func (a *API) listed(r request) (answer, error) {
	state := r.PathValue("state")
	if !slices.Contains(manager.ListedStates, state) {
		return answer{}, refusal{http.StatusNotFound, "no such list: want one of " + strings.Join(manager.ListedStates, ", ")}
	}
	all, err := a.manager.Connectors(r.Context(), r.cluster())
	if err != nil {
		return answer{}, err
	}
	names := []string{}
	for _, connector := range all {
		if connector.ListedAs() == state {
			names = append(names, connector.Name)
		}
	}
	return ok(names), nil
}

// sync goes on when the client has gone: a sync that is left half-way is nobody's wish.
func (a *API) sync(r request) (answer, error) {
	summary, err := a.manager.Sync(r.Context(), r.cluster(), r.who.Name)
	if err != nil {
		return answer{}, err
	}
	return ok(summary), nil
}

func (a *API) validate(r request) (answer, error) {
	hints, err := a.manager.Validate(r.Context(), r.cluster())
	if err != nil {
		return answer{}, err
	}
	if wantsJSON(r.Request) {
		return ok(valid{Valid: true, Hints: hints}), nil
	}
	lines := "The state file is valid.\n"
	for _, hint := range hints {
		lines += "Look at: " + hint.Error() + "\n"
	}
	return answer{status: http.StatusOK, text: lines}, nil
}

// valid is what is said of a state file that is right.
type valid struct {
	Valid bool           `json:"valid"`
	Hints state.Problems `json:"hints,omitempty"` // likely slips that nothing refuses
}
