package jujutest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"connectcharms/requirer-lib/hook"
)

// toolCall is one run of one hook tool. It holds the model's mutex.
type toolCall struct {
	*hookContext
	dir            string // working directory of who calls
	tool           string
	args           []string
	stdin          []byte
	hasStdin       bool
	stdout, stderr bytes.Buffer
}

// tool is a hook tool's command line: flags adds its options, init takes the other words, run does the work. A refusal of
// flags or init is exit code 2, one of run 1.
type tool struct {
	flags func(*flagSet)
	init  func(args []string) error
	run   func() error
}

// toolMakers has every hook tool.
var toolMakers = map[string]func(*toolCall) tool{
	"action-fail":             actionFail,
	"action-get":              actionGet,
	"action-log":              actionLog,
	"action-set":              actionSet,
	"application-version-set": applicationVersionSet,
	"close-port":              closePort,
	"config-get":              configGet,
	"credential-get":          credentialGet,
	"goal-state":              goalState,
	"is-leader":               isLeaderTool,
	"juju-log":                jujuLog,
	"juju-reboot":             jujuReboot,
	"network-get":             networkGet,
	"open-port":               openPort,
	"opened-ports":            openedPorts,
	"relation-get":            relationGet,
	"relation-ids":            relationIDs,
	"relation-list":           relationList,
	"relation-model-get":      relationModelGet,
	"relation-set":            relationSet,
	"resource-get":            resourceGet,
	"secret-add":              secretAdd,
	"secret-get":              secretGet,
	"secret-grant":            secretGrantTool,
	"secret-ids":              secretIDs,
	"secret-info-get":         secretInfoGet,
	"secret-remove":           secretRemove,
	"secret-revoke":           secretRevoke,
	"secret-set":              secretSet,
	"state-delete":            stateDelete,
	"state-get":               stateGet,
	"state-set":               stateSet,
	"status-get":              statusGet,
	"status-set":              statusSet,
	"storage-add":             storageAdd,
	"storage-get":             storageGet,
	"storage-list":            storageList,
	"unit-get":                unitGet,
}

func toolNames() []string { return sortedKeys(toolMakers) }

// errNoStdin asks the caller to run the tool again with standard input.
var errNoStdin = errors.New("hook tool requires stdin, none supplied")

// run runs the tool. An error is only ever errNoStdin: refusals are exit codes and words on standard error.
func (c *toolCall) run() (int, error) {
	make, ok := toolMakers[c.tool]
	if !ok {
		return c.refuse(1, fmt.Errorf("bad request: unknown command: %s", c.tool)), nil
	}
	t := make(c)
	set := newFlagSet()
	if t.flags != nil {
		t.flags(set)
	}
	words, err := set.parse(c.args)
	if errors.Is(err, errHelp) {
		fmt.Fprintf(&c.stdout, "Usage: %s [options]\n", c.tool)
		return 0, nil
	}
	if err == nil {
		err = t.init(words)
	}
	if err != nil {
		return c.refuse(2, err), nil
	}
	err = t.run()
	if errors.Is(err, errNoStdin) {
		return 1, err
	}
	c.tools = append(c.tools, c.tool)
	if err != nil {
		return c.refuse(1, err), nil
	}
	return 0, nil
}

func (c *toolCall) refuse(code int, err error) int {
	fmt.Fprintf(&c.stderr, "ERROR %s\n", err)
	return code
}

// relationFlag adds -r and --relation, preset to the hook's relation; -1 is none.
func (c *toolCall) relationFlag(f *flagSet, id *int) {
	f.value(func(value string) error {
		n, err := strconv.Atoi(value[strings.LastIndex(value, ":")+1:])
		if err != nil {
			return errors.New("invalid relation id")
		}
		if _, err := c.relation(n); err != nil {
			return err
		}
		*id = n
		return nil
	}, "r", "relation")
}

// presetRelation is the id of the hook's relation, or -1.
func (c *toolCall) presetRelation() int {
	if r := c.hookRelation(); r != nil {
		return r.relation.id
	}
	return -1
}

// readSettings reads a YAML map of text by key from a file; "-" is standard input, "" no file.
func (c *toolCall) readSettings(path string) (map[string]string, error) {
	values := map[string]string{}
	if path == "" {
		return values, nil
	}
	text, err := c.readFile(path)
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(string(text), notYAML) {
		return nil, errors.New("yaml: control characters are not allowed")
	}
	return values, asJujusYAML(yaml.Unmarshal(text, &values))
}

// asJujusYAML words an error about values of the wrong kind as Juju's YAML library does.
func asJujusYAML(err error) error {
	var all *yaml.LoadErrors
	if !errors.As(err, &all) {
		return err
	}
	text := "yaml: unmarshal errors:"
	for _, one := range all.Errors {
		text += fmt.Sprintf("\n  line %d: %s", one.Mark.Line, strings.Replace(one.Message, "cannot construct", "cannot unmarshal", 1))
	}
	return errors.New(text)
}

// notYAML says whether Juju's YAML reader refuses a character (YAML 1.1, production 1): the one here takes more.
func notYAML(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r', r == 0x85, r == 0xFEFF:
		return false
	case r < ' ', r >= 0x7F && r < 0xA0, r == 0xFFFE, r == 0xFFFF:
		return true
	}
	return false
}

func (c *toolCall) readFile(path string) ([]byte, error) {
	if path != "-" {
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.dir, path)
		}
		return os.ReadFile(path)
	}
	if !c.hasStdin {
		return nil, errNoStdin
	}
	return c.stdin, nil
}

// toolKey is the context key of a function charm's contextRunner.
type toolKey struct{}

// RunTool runs a hook tool by its command line, for what package hook has no method for. It works in a charm that is a
// function, with the context that the function was called with, and returns what the tool printed. A tool's refusal is a
// [*hook.ToolError].
func RunTool(ctx context.Context, tool string, args ...string) (string, error) {
	runner, ok := ctx.Value(toolKey{}).(contextRunner)
	if !ok {
		return "", fmt.Errorf("run hook tool %s: the context is not that of a charm made by jujutest.FromFunc", tool)
	}
	stdout, err := runner.Run(ctx, hook.Call{Tool: tool, Args: args})
	return string(stdout), err
}

// contextRunner runs hook tools for a charm that is a function, in this process.
type contextRunner struct{ context *hookContext }

// Run implements [hook.Runner].
func (r contextRunner) Run(ctx context.Context, call hook.Call) ([]byte, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	c := &toolCall{
		hookContext: r.context, dir: r.context.unit.charmDir, tool: call.Tool, args: call.Args, stdin: call.Stdin, hasStdin: true,
	}
	r.context.model.mu.Lock()
	defer r.context.model.mu.Unlock()
	if r.context.done {
		return nil, &hook.ToolError{Tool: call.Tool, ExitCode: 1, Message: "bad request: the hook has ended"}
	}
	code, err := c.run()
	if err != nil {
		return nil, err
	}
	if code != 0 {
		message := strings.TrimPrefix(strings.TrimSpace(c.stderr.String()), "ERROR ")
		return nil, &hook.ToolError{Tool: call.Tool, ExitCode: code, Message: message}
	}
	return io.ReadAll(&c.stdout)
}
