package manager

import "encoding/json"

// Report is what became of a plan: who approved it, when, and what happened. It is kept as long as the plan.
type Report struct {
	document json.RawMessage
	markdown string
}

// NewReport is a report in both its forms.
func NewReport(document json.RawMessage, markdown string) Report { return Report{document, markdown} }

// MarshalJSON is the report for machines.
func (r Report) MarshalJSON() ([]byte, error) { return r.document, nil }

// Markdown is the report for people.
func (r Report) Markdown() string { return r.markdown }
