package docs

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// jujuFlags are the commands of juju that the documents use, with the flags that they give them, as Juju 3.6's and 4.1's own help
// has them. A flag that takes a value has an equals sign behind it.
var jujuFlags = map[string][]string{
	"add-secret":         nil,
	"add-unit":           {"-n="},
	"attach-resource":    nil,
	"bootstrap":          nil,
	"config":             {"--reset="},
	"consume":            nil,
	"debug-log":          {"--include="},
	"deploy":             {"-n=", "--resource=", "--storage=", "--constraints="},
	"grant-secret":       nil,
	"integrate":          nil,
	"offer":              nil,
	"refresh":            {"--path=", "--resource="},
	"remove-application": nil,
	"remove-relation":    nil,
	"remove-unit":        {"--force"},
	"resolved":           nil,
	"run":                nil,
	"show-action":        nil,
	"show-secret":        {"--reveal"},
	"show-unit":          nil,
	"ssh":                nil,
	"status":             {"--watch=", "--relations"},
	"switch":             nil,
	"update-secret":      nil,
}

// applications are those of the documents, with the charm that each is of; empty: somebody else's.
var applications = map[string]string{
	"kafka-connect": "kafka-connect", "my-integrator": "connect-integrator",
	"kafka": "", "self-signed-certificates": "", "grafana-agent": "", "prometheus": "", "grafana": "", "loki": "", "lines": "",
}

// jujuBlock and jujuInline are where the documents have lines for juju.
var (
	jujuBlock  = regexp.MustCompile("(?ms)^```\n(.*?)^```")
	jujuInline = regexp.MustCompile("`(juju [a-z][^`]*)`")
)

func TestLinesOfJujuInTheDocsAreOfItAndOfTheCharms(t *testing.T) {
	t.Parallel()
	found := 0
	for path, text := range documents(t) {
		var lines []string
		for _, block := range jujuBlock.FindAllStringSubmatch(text, -1) {
			whole := strings.ReplaceAll(block[1], "\\\n", " ")
			for line := range strings.Lines(whole) {
				if strings.HasPrefix(line, "juju ") {
					lines = append(lines, strings.TrimSpace(line))
				}
			}
		}
		for _, inline := range jujuInline.FindAllStringSubmatch(text, -1) {
			lines = append(lines, inline[1])
		}
		for _, line := range lines {
			(&jujuLine{t: t, where: path + ": " + line}).check(line)
			found++
		}
	}
	assert.Greater(t, found, 50)
}

// jujuLine is a line that is looked at.
type jujuLine struct {
	t     *testing.T
	where string
}

var (
	comment = regexp.MustCompile(`\s+# .*$`)
	quoted  = regexp.MustCompile(`"[^"]*"|'[^']*'`)
)

func (l *jujuLine) check(line string) {
	line = quoted.ReplaceAllString(comment.ReplaceAllString(line, ""), "…")
	words := strings.Fields(line)[1:]
	command, words := words[0], words[1:]
	flags, known := jujuFlags[command]
	if !assert.True(l.t, known, "%s: juju has no %s, or the table in this file has not", l.where, command) {
		return
	}
	words = l.withoutFlags(command, words, flags)
	if len(words) == 0 {
		return // the command is only named
	}
	switch command {
	case "config":
		l.config(words)
	case "run":
		l.run(words)
	case "integrate", "remove-relation", "offer":
		l.endpoints(words)
	case "attach-resource":
		l.keys(words, readMetadata(l.t, l.charm(words[0])).Resources, "resource")
	case "grant-secret":
		if len(words) == 2 {
			l.charm(words[1])
		}
	case "add-unit", "show-unit", "ssh", "remove-unit", "remove-application", "refresh":
		l.charm(words[0])
	}
}

// withoutFlags takes out the flags, each of which the command has to know, and looks at what is deployed with them.
func (l *jujuLine) withoutFlags(command string, words, flags []string) (rest []string) {
	for i := 0; i < len(words); i++ {
		word := words[i]
		if !strings.HasPrefix(word, "-") || command == "ssh" {
			rest = append(rest, word)
			continue
		}
		name, _, withValue := strings.Cut(word, "=")
		switch {
		case slices.Contains(flags, name):
		case !assert.Contains(l.t, flags, name+"=", "%s: no flag of juju %s", l.where, command):
		case !withValue:
			i++
		}
	}
	return rest
}

// charm is that of an application or a unit; it has to be one that the documents speak of.
func (l *jujuLine) charm(target string) string {
	name, _, _ := strings.Cut(target, "/")
	charm, known := applications[name]
	assert.True(l.t, known, "%s: which application is %s?", l.where, name)
	return charm
}

func (l *jujuLine) config(words []string) {
	charm := l.charm(words[0])
	if charm == "" {
		return
	}
	options := map[string]any{}
	for name := range readMetadata(l.t, charm).Config.Options {
		options[name] = true
	}
	l.keys(words, options, "option")
}

// keys are the names before equals signs, behind an application.
func (l *jujuLine) keys(words []string, known map[string]any, what string) {
	for _, word := range words[1:] {
		name, _, _ := strings.Cut(word, "=")
		assert.Contains(l.t, known, name, "%s: no %s of %s", l.where, what, words[0])
	}
}

func (l *jujuLine) run(words []string) {
	charm := l.charm(words[0])
	if charm == "" || !assert.Greater(l.t, len(words), 1, l.where) {
		return
	}
	action, is := readMetadata(l.t, charm).Actions[words[1]]
	if assert.True(l.t, is, "%s: %s has no action %s", l.where, charm, words[1]) {
		l.keys(words[1:], action.Params, "parameter")
	}
}

func (l *jujuLine) endpoints(words []string) {
	for _, word := range words {
		application, endpoint, named := strings.Cut(word, ":")
		charm := l.charm(application)
		if charm == "" || !named {
			continue
		}
		read := readMetadata(l.t, charm)
		_, provided := read.Provides[endpoint]
		_, required := read.Requires[endpoint]
		assert.True(l.t, provided || required, "%s: %s has no endpoint %s", l.where, charm, endpoint)
	}
}
