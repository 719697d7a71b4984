package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// metricsTable is the one of Connect Manager's own metrics, if there is one yet.
var metricsTable = regexp.MustCompile(`(?m)^<!-- metrics -->\n(?:\n(?:\|.*\n)+)?`)

// TestMetricsOfTheManagerAreInItsTable makes the table of what the code describes. (Those of kafka-connect, its own tests hold
// to what a unit serves.)
func TestMetricsOfTheManagerAreInItsTable(t *testing.T) {
	var rows []string
	require.NoError(t, filepath.WalkDir(filepath.Join(root(t), "integrator-charm/internal"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			if call, is := node.(*ast.CallExpr); is {
				if row, is := metricOf(call); is {
					rows = append(rows, row)
				}
			}
			return true
		})
		return nil
	}))
	slices.Sort(rows)
	require.Greater(t, len(rows), 20)
	want := "<!-- metrics -->\n\n| metric | labels | meaning |\n|---|---|---|\n" + strings.Join(rows, "\n") + "\n"
	text := document(t, "docs/serve.md")
	if *update {
		changed := metricsTable.ReplaceAllLiteralString(text, want)
		require.NoError(t, os.WriteFile(filepath.Join(root(t), "docs/serve.md"), []byte(changed), 0o644))
		return
	}
	assert.Equal(t, want, metricsTable.FindString(text), "run go test ./docs -update")
}

// metricOf is the table's row for a metric that a call describes, in one of the ways that the code has for that.
func metricOf(call *ast.CallExpr) (row string, is bool) {
	if len(call.Args) < 2 {
		return "", false
	}
	name, help := template(call.Args[0]), template(call.Args[1])
	switch lastName(call.Fun) {
	case "NewDesc":
		return metricRow(name, help, texts(call.Args[2:]))
	case "gauge", "counter": // of package manager: for each cluster
		return metricRow("connect_manager_"+name, help, append([]string{"cluster"}, texts(call.Args[2:])...))
	case "NewCounterVec", "NewHistogramVec":
		options := map[string]string{}
		ast.Inspect(call.Args[0], func(node ast.Node) bool {
			if pair, is := node.(*ast.KeyValueExpr); is {
				options[lastName(pair.Key)] = template(pair.Value)
			}
			return true
		})
		return metricRow(options["Name"], options["Help"], texts(call.Args[1:]))
	}
	return "", false
}

func metricRow(name, help string, labels []string) (row string, is bool) {
	if !regexp.MustCompile(`^connect_manager_[a-z_]+$`).MatchString(name) {
		return "", false // described by way of another function
	}
	shown := ""
	if len(labels) > 0 {
		shown = "`" + strings.Join(labels, "`, `") + "`"
	}
	return "| `" + name + "` | " + shown + " | " + help + " |", true
}

// texts are all texts in some expressions.
func texts(of []ast.Expr) (found []string) {
	for _, one := range of {
		ast.Inspect(one, func(node ast.Node) bool {
			if literal, is := node.(*ast.BasicLit); is && literal.Kind == token.STRING {
				found = append(found, template(literal))
			}
			return true
		})
	}
	return found
}
