package notify

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"text/template"
	"time"
	"unicode"
)

// Templates are texts of package text/template, for Message. Empty: the usual ones.
type Templates struct {
	Title string `yaml:"title,omitempty"` // one line: a mail's subject
	Text  string `yaml:"text,omitempty"`
}

// Message is what is told at once. As JSON, it is what a webhook gets; templates are given it too, without Title and Text.
type Message struct {
	Version int     `json:"version"` // of this form: 1
	ID      string  `json:"id"`      // the same when it comes a second time
	Title   string  `json:"title"`
	Text    string  `json:"text"`
	Cluster string  `json:"cluster"`
	Link    string  `json:"link,omitempty"`
	Events  []Event `json:"events"`
	More    int     `json:"more,omitempty"` // events that are left out
}

const (
	mostEvents  = 50
	longestBody = 64 << 10
	longestLine = 200
)

const usualTitle = `{{.Cluster}}: {{.Summary}}`

const usualText = `{{range .Events}}{{line .Connector}}{{line .Matter}} {{.What}}{{with .Text}}: {{line .}}{{end}}
{{- with .Team}}
  owner: {{line .}}{{end}}
{{- with .OnCall}}
  on call: {{line .}}{{end}}
{{- with .Since}}{{if not .IsZero}}
  since: {{clock .}}{{end}}{{end}}
{{- with .Attempts}}
  restarts tried: {{.}}{{end}}
{{- with .Trace}}
{{indent .}}{{end}}

{{end}}{{with .More}}and {{.}} more

{{end}}{{with .Link}}{{.}}
{{end}}`

// Summary tells in a line how many of what there are; of a single event, which connector it is.
func (m Message) Summary() string {
	if len(m.Events) == 1 && m.More == 0 {
		return oneLine(m.Events[0].Connector+m.Events[0].Matter) + " " + m.Events[0].What()
	}
	counts := map[Kind]int{}
	for _, event := range m.Events {
		counts[event.Kind]++
	}
	var parts []string
	for _, kind := range []Kind{Trouble, GivenUp, Halted, Failed, Over, Recovered, Unhalted, Removed, Changed} {
		if counts[kind] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[kind], strings.ReplaceAll(string(kind), "-", " ")))
		}
	}
	if m.More > 0 {
		parts = append(parts, fmt.Sprintf("%d more", m.More))
	}
	return strings.Join(parts, ", ")
}

// What is the kind in words.
func (e Event) What() string {
	switch {
	case e.Kind == GivenUp:
		return "has failed and is not restarted any more"
	case e.Kind == Failed && e.Again:
		return "is still failed"
	case e.Kind == Failed:
		return "has failed"
	case e.Kind == Halted:
		return "is kept stopped"
	case e.Kind == Unhalted:
		return "is not kept stopped any more"
	case e.Kind == Recovered:
		return "has recovered"
	case e.Kind == Removed:
		return "was removed"
	case e.Kind == Trouble:
		return "needs attention"
	case e.Kind == Over:
		return "is right again"
	}
	return "was changed"
}

type templates struct{ title, text *template.Template }

var functions = template.FuncMap{
	"line":   oneLine,
	"indent": func(text string) string { return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") },
	"clock":  func(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") },
	"upper":  strings.ToUpper,
	"join":   strings.Join,
}

// parse tries the templates on samples of all kinds: a fault shows at the start, and not when something has failed.
func (t Templates) parse() (parsed templates, err error) {
	var wrong []error
	for _, one := range []struct {
		name, text, usual string
		into              **template.Template
	}{{"title", t.Title, usualTitle, &parsed.title}, {"text", t.Text, usualText, &parsed.text}} {
		if one.text == "" {
			one.text = one.usual
		}
		*one.into, err = template.New(one.name).Funcs(functions).Option("missingkey=error").Parse(one.text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("templates.%s: %w", one.name, err))
			continue
		}
		for _, sample := range samples() {
			if _, err := render(*one.into, sample); err != nil {
				wrong = append(wrong, fmt.Errorf("templates.%s: %w", one.name, err))
				break
			}
		}
	}
	return parsed, errors.Join(wrong...)
}

func samples() (all []Message) {
	now := time.Unix(0, 0)
	for _, kind := range kinds {
		full := Event{
			Kind: kind, Cluster: "c", Connector: "n", Team: "t", OnCall: "o", Labels: map[string]string{"k": "v"}, At: now, Since: now,
			Again: true, Attempts: 1, Text: "t", Trace: "t",
		}
		all = append(all, Message{Cluster: "c", Link: "l", Events: []Event{full, {Kind: kind}}, More: 1}, Message{Events: []Event{{Kind: kind}}})
	}
	return all
}

// message renders what is told. A template that fails on it after all is replaced by the usual one: nobody stays untold for it.
func (r *routes) message(log *slog.Logger, cluster string, events []Event) Message {
	message := Message{Version: 1, Cluster: cluster, Link: r.config.Link, Events: events}
	if len(events) > mostEvents {
		message.Events, message.More = events[:mostEvents], len(events)-mostEvents
	}
	message.Title = cut(oneLine(r.render(log, r.templates.title, r.usual.title, message)), longestLine)
	message.Text = cut(printable(r.render(log, r.templates.text, r.usual.text, message)), longestBody)
	return message
}

func (r *routes) render(log *slog.Logger, template, usual *template.Template, message Message) string {
	text, err := render(template, message)
	if err != nil {
		log.Warn("a template of notify.templates fails; the usual one is used", "template", template.Name(), "error", err)
		text, _ = render(usual, message) // what there is of it
	}
	return text
}

func render(template *template.Template, message Message) (string, error) {
	var out bytes.Buffer
	err := template.Execute(&limited{to: &out}, message)
	return out.String(), err
}

// limited ends a template that writes without end.
type limited struct{ to *bytes.Buffer }

func (l *limited) Write(text []byte) (int, error) {
	if l.to.Len()+len(text) > 4*longestBody {
		return 0, errors.New("it writes too much")
	}
	return l.to.Write(text)
}

// oneLine is a text from outside that can stand in a header: names of connectors may have line breaks in them.
func oneLine(text string) string { return strings.Join(strings.Fields(printable(text)), " ") }

// printable takes out what a terminal or a mail program would obey, and what turns the direction of the text around.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsGraphic(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
