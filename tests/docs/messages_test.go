package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// origin is a package that has messages in its code which a person reads in juju status.
type origin struct {
	dir    string
	before string         // what stands before each of them
	calls  map[string]int // functions that are given a message, with the place of its format
	tells  []string       // functions that return one
	holds  *regexp.Regexp // variables, fields and keys that are given one
}

var (
	statuses = map[string]int{"blocked": 0, "waiting": 0}
	// errorsToo are told behind what they are about, and become part of a status so.
	errorsToo = map[string]int{"Errorf": 0, "New": 0}
	holders   = regexp.MustCompile(`(?i)^(.*problem|.*waiting|waits|.*trouble|.*reason|message)$`)
	nothing   = regexp.MustCompile(`^$`)

	origins = []origin{
		{"provider-charm/internal/charm", "", statuses, []string{"waitsFor", "summary", "expiryNote", "whySecretsMiss", "readKafkaSecret"}, holders},
		{"provider-charm/internal/plugins", "plugin …: ", map[string]int{"failed": 1}, nil, nothing},
		{"provider-charm/internal/brokers", "", errorsToo, []string{"Error"}, nothing},
		{"provider-charm/internal/kafkaclient", "", map[string]int{"wrong": 0, "waiting": 0}, nil, nothing},
		{"provider-charm/internal/certificates", "", errorsToo, nil, nothing},
		{"provider-charm/internal/distribution", "resource kafka: ", errorsToo, nil, nothing},
		{"integrator-charm/internal/charm", "", statuses, nil, holders},
		{"requirer-lib/reconcile", "", nil, nil, holders},
		{"requirer-lib/connectors", "", statuses, []string{"idle", "summary"}, regexp.MustCompile(`^idle$`)},
		{"requirer-lib/connectclient", "", map[string]int{"notReady": 1}, nil, regexp.MustCompile(`^Err[A-Z]`)},
	}
)

// messages are all that the code of an origin has, with … for what it puts in.
func (o origin) messages(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root(t), o.dir, "*.go"))
	require.NoError(t, err)
	var found []string
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			function, _ := declaration.(*ast.FuncDecl)
			ast.Inspect(declaration, func(node ast.Node) bool {
				found = append(found, o.at(node, function)...)
				return true
			})
		}
	}
	return found
}

func (o origin) at(node ast.Node, function *ast.FuncDecl) (found []string) {
	switch node := node.(type) {
	case *ast.CallExpr:
		if argument, is := o.calls[lastName(node.Fun)]; is && len(node.Args) > argument {
			found = append(found, o.before+template(node.Args[argument]))
		}
	case *ast.ReturnStmt:
		for _, result := range node.Results {
			text := template(result)
			if function != nil && slices.Contains(o.tells, function.Name.Name) || strings.HasPrefix(text, "config ") {
				found = append(found, text)
			}
		}
	case *ast.AssignStmt:
		for i, left := range node.Lhs {
			if o.holds.MatchString(lastName(left)) && len(node.Rhs) == len(node.Lhs) {
				found = append(found, template(node.Rhs[i]))
			}
		}
	case *ast.ValueSpec:
		for i, name := range node.Names {
			if o.holds.MatchString(name.Name) && i < len(node.Values) {
				found = append(found, template(node.Values[i]))
			}
		}
	case *ast.KeyValueExpr:
		if o.holds.MatchString(lastName(node.Key)) {
			found = append(found, template(node.Value))
		}
	}
	return found
}

func lastName(node ast.Expr) string {
	switch node := node.(type) {
	case *ast.Ident:
		return node.Name
	case *ast.SelectorExpr:
		return node.Sel.Name
	}
	return ""
}

var verb = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

// template is a text as the code has it, with … for whatever is only known when it runs.
func template(node ast.Expr) string {
	switch node := node.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(node.Value); err == nil && node.Kind == token.STRING {
			return verb.ReplaceAllString(text, "…")
		}
	case *ast.BinaryExpr:
		if node.Op == token.ADD {
			return template(node.X) + template(node.Y)
		}
	case *ast.CallExpr:
		switch name := lastName(node.Fun); {
		case slices.Contains([]string{"Sprintf", "Errorf", "New"}, name) && len(node.Args) > 0:
			return template(node.Args[0])
		case name == "Or" && len(node.Args) == 2: // of package cmp: the second is for when there is no first
			return template(node.Args[1])
		}
	}
	return "…"
}

// leads are what a message stands behind: that it is waited for, and whom it is about.
var leads = []string{"waiting for ", "…: ", "…; ", "databag of kafka: "}

// bare is a message without its leads.
func bare(text string) string {
	for {
		rest := text
		for _, lead := range leads {
			rest = strings.TrimPrefix(rest, lead)
		}
		if rest == text {
			return text
		}
		text = rest
	}
}

// hasWords leaves out what is put together of other messages alone, and what goes on behind another one.
var hasWords = regexp.MustCompile(`^[^,]*\pL{2}.* |^[^,]* .*\pL{2}`)

// row is a line of a table, with the messages in its first cell.
var (
	row     = regexp.MustCompile(`(?m)^\| (` + "`[^|]*`" + `) \|`)
	written = regexp.MustCompile("`([^`]+)`")
)

func TestMessagesOfStatusesAreInTheDocs(t *testing.T) {
	t.Parallel()
	text := document(t, "docs/trouble.md")
	told := messagesIn(section(t, text, "## kafka-connect") + section(t, text, "## connect-integrator"))
	there := map[string]bool{}
	for _, one := range origins {
		for message := range one.all(t) {
			assert.True(t, there[message] || told[message], "%s: %q has no entry in docs/trouble.md", one.dir, message)
			there[message] = true
		}
	}
	for message := range told {
		assert.True(t, there[message], "docs/trouble.md: no code says %q", message)
	}
}

// sentinels have the errors of connect-manager that a caller may know by name, and so may a person.
var sentinels = []origin{
	{dir: "requirer-lib/connect", holds: sentinel},
	{dir: "requirer-lib/connectors", holds: sentinel},
	{dir: "integrator-charm/internal/cluster", holds: sentinel},
	{dir: "integrator-charm/internal/client", holds: sentinel},
	{dir: "integrator-charm/internal/store", holds: sentinel},
}

var sentinel = regexp.MustCompile(`^Err[A-Z]`)

func TestMessagesOfTheManagerAreInTheDocs(t *testing.T) {
	t.Parallel()
	told := messagesIn(section(t, document(t, "docs/trouble.md"), "## connect-manager"))
	there := map[string]bool{}
	for _, one := range sentinels {
		for message := range one.all(t) {
			assert.True(t, told[message], "%s: %q has no entry in docs/trouble.md", one.dir, message)
			there[message] = true
		}
	}
	for _, dir := range []string{"cli", "cluster", "settings"} {
		for message := range (origin{dir: "integrator-charm/internal/" + dir, calls: errorsToo, holds: sentinel}).all(t) {
			there[message] = true // it need not be told, but may be
		}
	}
	for message := range told {
		assert.True(t, there[message], "docs/trouble.md: no code says %q", message)
	}
}

// all are an origin's messages as they are compared.
func (o origin) all(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, message := range o.messages(t) {
		if message = bare(message); hasWords.MatchString(message) {
			found[message] = true
		}
	}
	return found
}

// messagesIn are those in the first cells of tables, as they are compared.
func messagesIn(text string) map[string]bool {
	told := map[string]bool{}
	for _, found := range row.FindAllStringSubmatch(text, -1) {
		for _, message := range written.FindAllStringSubmatch(found[1], -1) {
			told[bare(message[1])] = true
		}
	}
	return told
}
