package connectclient_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
)

const modelUUID = "11111111-2222-4333-8444-555555555555"

// tools answers hook tools from what a test writes down, and keeps count.
type tools struct {
	leader    bool
	relations []int                        // of the endpoint connect-client
	app       string                       // the provider; "" as Juju was seen to say
	provider  map[int]map[string]string    // its databags
	own       map[int]map[string]string    // the requirer's
	secrets   map[string]map[string]string // by URI
	refusals  map[string]string            // what secret-get says instead, by URI
	broken    string                       // a tool that fails altogether
	calls     []string                     // that were made: tool and arguments
	writes    map[int][]map[string]string  // of relation-set --app
}

func (f *tools) Run(_ context.Context, call hook.Call) ([]byte, error) {
	line := strings.Join(append([]string{call.Tool}, call.Args...), " ")
	line = strings.ReplaceAll(line, " --format=json", "")
	f.calls = append(f.calls, line)
	if call.Tool == f.broken {
		return nil, &hook.ToolError{Tool: call.Tool, ExitCode: 1, Message: "the agent is out of order"}
	}
	var id int
	var owner string
	switch call.Tool {
	case "is-leader":
		return json.Marshal(f.leader)
	case "relation-ids":
		names := []string{}
		for _, id := range f.relations {
			names = append(names, fmt.Sprintf("connect-client:%d", id))
		}
		return json.Marshal(names)
	case "relation-list":
		return json.Marshal(f.app)
	case "relation-get":
		_, _ = fmt.Sscanf(line, "relation-get --app -r %d - %s", &id, &owner)
		if owner == "client" {
			return json.Marshal(f.own[id])
		}
		return json.Marshal(f.provider[id])
	case "relation-set":
		_, _ = fmt.Sscanf(line, "relation-set -r %d --app", &id)
		return nil, f.write(id, call.Stdin)
	case "secret-get":
		uri := call.Args[len(call.Args)-2]
		if message := f.refusals[uri]; message != "" {
			return nil, &hook.ToolError{Tool: "secret-get", ExitCode: 1, Message: message}
		}
		return json.Marshal(f.secrets[uri])
	}
	return nil, fmt.Errorf("unexpected tool: %s", line)
}

func (f *tools) write(id int, document []byte) error {
	var changes map[string]string
	if err := json.Unmarshal(document, &changes); err != nil {
		return err
	}
	if f.writes == nil {
		f.writes = map[int][]map[string]string{}
	}
	f.writes[id] = append(f.writes[id], changes)
	bag := maps.Clone(f.own[id])
	if bag == nil {
		bag = map[string]string{}
	}
	maps.Copy(bag, changes)
	maps.DeleteFunc(bag, func(_, value string) bool { return value == "" })
	if f.own == nil {
		f.own = map[int]map[string]string{}
	}
	f.own[id] = bag
	return nil
}

// hook is a hook with these tools.
func (f *tools) hook(t *testing.T, name string, environ ...string) *hook.Hook {
	t.Helper()
	h, err := hook.New(append([]string{
		"JUJU_UNIT_NAME=client/0", "JUJU_DISPATCH_PATH=hooks/" + name, "JUJU_MODEL_UUID=" + modelUUID,
		"JUJU_CHARM_DIR=" + t.TempDir(),
	}, environ...), f)
	require.NoError(t, err)
	return h
}

const (
	userURI = "secret://" + modelUUID + "/cjqub6vubg2s77p3nio0"
	tlsURI  = "secret:cjqub7fubg2s77p3niog"
)

// ready is a provider in relation 7 that has published all, without TLS.
func ready() *tools {
	return &tools{
		leader: true, relations: []int{7}, app: "kafka-connect",
		provider: map[int]map[string]string{7: {"endpoints": "http://10.0.0.1:8083,http://10.0.0.2:8083", "secret-user": userURI}},
		secrets:  map[string]map[string]string{userURI: {"username": "relation-7", "password": "pw-hunter2"}},
	}
}
