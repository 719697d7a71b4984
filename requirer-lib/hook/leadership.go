package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// IsLeader says whether this unit leads its application. A yes holds for at least 30 seconds from the call on; a no holds
// to the end of the hook.
//
// There is no tool that hands leadership over: Juju moves it, when the leader is removed or its agent has not answered for
// about a minute. The unit that takes over gets [LeaderElected]; the one that lost it is told nothing, and when it has
// written to an application's databag or secret in the meantime, its hook fails. So ask in every hook, act in the same one,
// and keep what the next leader needs in application databags and secrets, never on the unit.
func (t *Tools) IsLeader(ctx context.Context) (bool, error) {
	leader := false
	err := t.runJSON(ctx, &leader, "is-leader")
	return leader, err
}

// GoalState is what the model is on its way to: the units that this application and its relations will have.
type GoalState struct {
	Units     map[string]GoalStatus            `json:"units"`
	Relations map[string]map[string]GoalStatus `json:"relations"` // by endpoint, then by remote unit or application
}

// GoalStatus is one entity's status in a goal state, such as "active" or "dying".
type GoalStatus struct {
	Status string    `json:"status"`
	Since  time.Time `json:"since"`
}

// UnmarshalJSON reads Juju's time stamps, which have a space where RFC 3339 has a T.
func (s *GoalStatus) UnmarshalJSON(document []byte) error {
	var raw struct{ Status, Since string }
	if err := json.Unmarshal(document, &raw); err != nil {
		return err
	}
	s.Status = raw.Status
	if raw.Since == "" {
		return nil
	}
	since, err := time.Parse("2006-01-02 15:04:05Z", raw.Since)
	if err != nil {
		return fmt.Errorf("goal-state: since: %w", err)
	}
	s.Since = since
	return nil
}

// GoalState asks what the model is on its way to.
func (t *Tools) GoalState(ctx context.Context) (GoalState, error) {
	var goal GoalState
	err := t.runJSON(ctx, &goal, "goal-state")
	return goal, err
}
