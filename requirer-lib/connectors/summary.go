package connectors

import (
	"slices"
	"strings"
)

// Summary is a report in short: the names of connectors by what became of them. One that was updated and paused is in two
// lists. As JSON, a list that is empty is [].
type Summary struct {
	// Warnings were there before anything was done.
	Warnings  []string `json:"warnings,omitempty"`
	Added     []string `json:"added"`
	Removed   []string `json:"removed"`
	Updated   []string `json:"updated"`
	Adopted   []string `json:"adopted"`
	Paused    []string `json:"paused"`
	Resumed   []string `json:"resumed"`
	Stopped   []string `json:"stopped"`
	Restarted []string `json:"restarted"`
	Unchanged []string `json:"unchanged"`
	Failed    []string `json:"failed"`
	Held      []string `json:"held"`
	// Reasons says why, of each that is not unchanged.
	Reasons map[string]string `json:"reasons"`
	// Problem is why the connectors could not be looked at; empty where they were.
	Problem string `json:"problem,omitempty"`
}

// Summary is the report in short.
func (r Report) Summary() Summary {
	s := Summary{
		Added: []string{}, Removed: []string{}, Updated: []string{}, Adopted: []string{}, Paused: []string{}, Resumed: []string{},
		Stopped: []string{}, Restarted: []string{}, Unchanged: []string{}, Failed: []string{}, Held: []string{},
		Reasons: map[string]string{},
	}
	s.Warnings = r.Warnings
	if r.Problem != nil {
		s.Problem = r.Problem.Error()
	}
	for _, result := range r.Connectors {
		s.add(result)
	}
	return s
}

func (s *Summary) add(result Result) {
	for _, action := range result.Done {
		if list := s.list(action); list != nil && !slices.Contains(*list, result.Name) {
			*list = append(*list, result.Name)
		}
		if action == Create {
			break // what follows is the rest of it
		}
	}
	var reasons []string
	switch {
	case result.Err != nil:
		s.Failed = append(s.Failed, result.Name)
		reasons = append(reasons, result.Err.Error())
	case result.Held != "":
		s.Held = append(s.Held, result.Name)
		reasons = append(reasons, result.Held)
	case len(result.Done) == 0 && result.Wanted != "":
		s.Unchanged = append(s.Unchanged, result.Name)
	}
	if result.Reason != "" {
		reasons = append(reasons, result.Reason)
	}
	if len(reasons) > 0 {
		s.Reasons[result.Name] = strings.Join(reasons, "; ")
	}
}

func (s *Summary) list(action Action) *[]string {
	return map[Action]*[]string{
		Create: &s.Added, Delete: &s.Removed, Update: &s.Updated, SetOffsets: &s.Updated, Adopt: &s.Adopted,
		Pause: &s.Paused, Resume: &s.Resumed, Stop: &s.Stopped, Restart: &s.Restarted,
	}[action]
}
