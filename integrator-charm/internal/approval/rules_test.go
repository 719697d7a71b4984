package approval_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/approval"
	"connectcharms/requirer-lib/connectors"
)

func decode(text string) (approval.Config, error) {
	var section struct{ Approvals yaml.Node }
	if err := yaml.Load([]byte(text), &section); err != nil {
		return approval.Config{}, err
	}
	return approval.Decode(section.Approvals)
}

func config(t *testing.T, text string) approval.Config {
	t.Helper()
	config, err := decode(text)
	require.NoError(t, err)
	return config
}

func change(name string, actions ...connectors.Action) connectors.Change {
	return connectors.Change{Name: name, Actions: actions}
}

func TestNoSectionIsNoRules(t *testing.T) {
	t.Parallel()
	config := config(t, "other: 1")
	assert.Empty(t, config.Needs(change("a", connectors.Delete), approval.Subject{}))
	assert.Equal(t, 7*24*time.Hour, config.Expires)
}

func TestARuleIsForWhatFitsAllOfIt(t *testing.T) {
	t.Parallel()
	update := connectors.Change{Name: "pay/orders", Actions: []connectors.Action{connectors.Pause, connectors.Update}, Keys: []connectors.KeyChange{{Key: "connection.url"}}}
	gold := approval.Subject{Owner: "streams", Labels: map[string]string{"tier": "gold"}}
	for name, test := range map[string]struct {
		match string
		fits  bool
	}{
		"nothing said":            {`{}`, true},
		"a name":                  {`{connectors: [pay/orders]}`, true},
		"a pattern over a slash":  {`{connectors: [other, "pay*"]}`, true},
		"another name":            {`{connectors: ["refund-*"]}`, false},
		"the owner":               {`{owners: [data, "str*"]}`, true},
		"another owner":           {`{owners: [data]}`, false},
		"a label":                 {`{labels: {tier: "g*"}}`, true},
		"a label's other value":   {`{labels: {tier: silver}}`, false},
		"a label that is not":     {`{labels: {zone: "*"}}`, false},
		"one of its actions":      {`{changes: [delete, update]}`, true},
		"none of its actions":     {`{changes: [delete, create]}`, false},
		"a key":                   {`{keys: ["connection.*"]}`, true},
		"another key":             {`{keys: [topics]}`, false},
		"all of it":               {`{connectors: ["pay*"], owners: [streams], labels: {tier: gold}, changes: [update], keys: ["*.url"]}`, true},
		"all of it but the owner": {`{connectors: ["pay*"], owners: [data], labels: {tier: gold}, changes: [update], keys: ["*.url"]}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := config(t, "approvals: {rules: [{name: r, match: "+test.match+"}]}")
			assert.Equal(t, test.fits, len(config.Needs(update, gold)) == 1)
		})
	}
}

func TestEachRuleThatFitsIsANeed(t *testing.T) {
	t.Parallel()
	config := config(t, `
approvals:
  teams: {data: [alice, bob], ops: [bob, carol]}
  rules:
    - {name: deletes, match: {changes: [delete]}, approvers: 2, who: {users: [dave], teams: [data, ops]}}
    - {name: all, author-may-approve: true}
    - {name: never, match: {owners: [nobody]}}
`)
	assert.Equal(t, []approval.Need{
		{Change: "a", Rule: "deletes", Approvers: 2, Who: []string{"alice", "bob", "carol", "dave"}},
		{Change: "a", Rule: "all", Approvers: 1, Author: true},
	}, config.Needs(change("a", connectors.Delete), approval.Subject{Owner: "streams"}))
}

func TestAWrongSectionIsToldWhole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, message string }{
		"unknown field":      {`{rules: [{name: r, aprovers: 2}]}`, "aprovers"},
		"a key twice":        {`{expires: 1h, expires: 2h}`, "expires"},
		"no name":            {`{rules: [{}]}`, "rule 1 has no name"},
		"a name twice":       {`{rules: [{name: r}, {name: r}]}`, `two rules have the name "r"`},
		"a negative number":  {`{rules: [{name: r, approvers: -1}]}`, "from 1"},
		"an unknown team":    {`{rules: [{name: r, who: {teams: [x]}}]}`, `no team "x"`},
		"too few people":     {`{rules: [{name: r, approvers: 2, who: {users: [alice, alice]}}]}`, "2 approvers of 1 people"},
		"an unknown change":  {`{rules: [{name: r, match: {changes: [remove]}}]}`, `no change "remove"`},
		"a broken pattern":   {`{rules: [{name: r, match: {connectors: ["[a"]}}]}`, `"[a" is no pattern`},
		"a negative expiry":  {`{expires: -1h}`, "expires"},
		"a list of rules":    {`[{name: r}]`, "approvals"},
		"two things at once": {`{expires: -1h, rules: [{name: r}, {name: r}]}`, "two rules"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := decode("approvals: " + test.text)
			require.ErrorContains(t, err, test.message)
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`approvals: {rules: [{name: r, match: {connectors: ["[a-z]*"]}}]}`, "name")
	f.Add(`approvals: {expires: 9h, teams: {a: [b]}}`, "a\x00/b")
	f.Fuzz(func(t *testing.T, text, name string) {
		config, err := decode(text)
		if err == nil {
			config.Needs(change(name, connectors.Delete), approval.Subject{Owner: name, Labels: map[string]string{name: name}})
		}
	})
}
