package hook_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
)

// parse parses an environment of lines, beside a unit's name and a charm directory.
func parse(t *testing.T, lines ...string) hook.Event {
	t.Helper()
	event, err := hook.ParseEvent(append([]string{"JUJU_UNIT_NAME=app/0"}, lines...))
	require.NoError(t, err)
	return event
}

func TestKindOfEveryHook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dispatch string
		kind     hook.Kind
	}{
		{"hooks/install", hook.Install},
		{"hooks/start", hook.Start},
		{"hooks/stop", hook.Stop},
		{"hooks/remove", hook.Remove},
		{"hooks/config-changed", hook.ConfigChanged},
		{"hooks/upgrade-charm", hook.UpgradeCharm},
		{"hooks/update-status", hook.UpdateStatus},
		{"hooks/leader-elected", hook.LeaderElected},
		{"hooks/db-relation-created", hook.RelationCreated},
		{"hooks/db-relation-joined", hook.RelationJoined},
		{"hooks/db-relation-changed", hook.RelationChanged},
		{"hooks/db-relation-departed", hook.RelationDeparted},
		{"hooks/db-relation-broken", hook.RelationBroken},
		{"hooks/secret-changed", hook.SecretChanged},
		{"hooks/secret-rotate", hook.SecretRotate},
		{"hooks/secret-expired", hook.SecretExpired},
		{"hooks/secret-remove", hook.SecretRemove},
		{"hooks/data-storage-attached", hook.StorageAttached},
		{"hooks/data-storage-detaching", hook.StorageDetaching},
		{"hooks/kafka-connect-pebble-ready", hook.PebbleReady},
		{"hooks/kafka-connect-pebble-custom-notice", hook.PebbleNotice},
		{"hooks/kafka-connect-pebble-check-failed", hook.PebbleFailed},
		{"hooks/kafka-connect-pebble-check-recovered", hook.PebbleRecovered},
		// names inside names
		{"hooks/x-relation-joined-relation-changed", hook.RelationChanged},
		{"hooks/secret-relation-changed", hook.RelationChanged},
		{"hooks/install-relation-broken", hook.RelationBroken},
		{"hooks/x-relation-changed-storage-attached", hook.StorageAttached},
		{"hooks/relation-changed-pebble-ready", hook.PebbleReady},
		{"hooks/x-relation-joined-relation", hook.Other},
		{"hooks/-relation-changed", hook.Other},
		{"hooks/relation-changed", hook.Other},
		{"hooks/pre-series-upgrade", hook.Other},
		{"hooks/leader-settings-changed", hook.Other},
		{"hooks/action", hook.Other},
		{"hooks/other", hook.Other},
		// actions named like hooks, and the forms of the path
		{"actions/backup", hook.Action},
		{"actions/install", hook.Action},
		{"actions/db-relation-changed", hook.Action},
		{"./actions/start", hook.Action},
		{"/charm/actions/start", hook.Action},
		{"/charm/hooks/start", hook.Start},
		{"./hooks/start", hook.Start},
		{"start", hook.Start},
	} {
		event := parse(t, "JUJU_DISPATCH_PATH="+c.dispatch)
		assert.Equal(t, c.kind, event.Kind, c.dispatch)
		assert.Equal(t, c.dispatch[strings.LastIndex(c.dispatch, "/")+1:], event.Name)
	}
}

func TestAnEventHasAllThatJujuTells(t *testing.T) {
	t.Parallel()
	event := parse(
		t,
		"JUJU_UNIT_NAME=kafka-connect/12", "JUJU_DISPATCH_PATH=hooks/update-status", "JUJU_HOOK_NAME=update-status",
		"JUJU_PRINCIPAL_UNIT=host/3", "JUJU_MODEL_NAME=prod", "JUJU_MODEL_UUID=0ccda9b6", "JUJU_MACHINE_ID=0/lxd/1",
		"JUJU_AVAILABILITY_ZONE=zone-a", "JUJU_CHARM_DIR=/var/lib/juju/agents/unit-kafka-connect-12/charm", "JUJU_VERSION=4.1-beta2",
		"JUJU_API_ADDRESSES=10.0.0.1:17070 [fd00::1]:17070",
		"JUJU_CHARM_HTTP_PROXY=http://p", "JUJU_CHARM_HTTPS_PROXY=https://p", "JUJU_CHARM_FTP_PROXY=ftp://p", "JUJU_CHARM_NO_PROXY=a,b",
		"JUJU_CHARM_TRACE_CONFIG_HTTP=http://t", "JUJU_CHARM_TRACE_CONFIG_GRPC=t:4317", "JUJU_CHARM_TRACE_CONFIG_CA_CERT=ca",
		"JUJU_TRACE_ID=t1", "JUJU_SPAN_ID=s1", "JUJU_TRACE_FLAGS=1",
	)
	assert.Equal(t, hook.Event{
		Name: "update-status", Kind: hook.UpdateStatus, Unit: "kafka-connect/12", PrincipalUnit: "host/3",
		ModelName: "prod", ModelUUID: "0ccda9b6", MachineID: "0/lxd/1", AvailabilityZone: "zone-a",
		CharmDir: "/var/lib/juju/agents/unit-kafka-connect-12/charm", JujuVersion: "4.1-beta2",
		APIAddresses: []string{"10.0.0.1:17070", "[fd00::1]:17070"},
		Proxy:        hook.Proxy{HTTP: "http://p", HTTPS: "https://p", FTP: "ftp://p", No: "a,b"},
		Trace:        hook.Trace{HTTP: "http://t", GRPC: "t:4317", CA: "ca", ID: "t1", SpanID: "s1", Flags: "1"},
	}, event)
	assert.Equal(t, "kafka-connect", event.Application())
}

func TestAnEventSaysWhatItIsAbout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		environ []string
		want    hook.Event
	}{
		"db-relation-changed": {
			[]string{"JUJU_RELATION=db", "JUJU_RELATION_ID=db:7", "JUJU_REMOTE_APP=client", "JUJU_REMOTE_UNIT=client/1"},
			hook.Event{Kind: hook.RelationChanged, Relation: &hook.RelationEvent{
				Endpoint: "db", ID: 7, RemoteApp: "client", RemoteUnit: "client/1",
			}},
		},
		"db-relation-created": {
			[]string{"JUJU_RELATION=db", "JUJU_RELATION_ID=0", "JUJU_REMOTE_APP=client", "JUJU_REMOTE_UNIT="},
			hook.Event{Kind: hook.RelationCreated, Relation: &hook.RelationEvent{Endpoint: "db", RemoteApp: "client"}},
		},
		"db-relation-joined": { // an agent that does not tell the application
			[]string{"JUJU_RELATION=db", "JUJU_RELATION_ID=db:007", "JUJU_REMOTE_UNIT=client/1"},
			hook.Event{Kind: hook.RelationJoined, Relation: &hook.RelationEvent{
				Endpoint: "db", ID: 7, RemoteApp: "client", RemoteUnit: "client/1",
			}},
		},
		"db-relation-departed": {
			[]string{
				"JUJU_RELATION=db", "JUJU_RELATION_ID=db:7", "JUJU_REMOTE_APP=client", "JUJU_REMOTE_UNIT=client/1", "JUJU_DEPARTING_UNIT=client/1",
			},
			hook.Event{Kind: hook.RelationDeparted, Relation: &hook.RelationEvent{
				Endpoint: "db", ID: 7, RemoteApp: "client", RemoteUnit: "client/1", DepartingUnit: "client/1",
			}},
		},
		"db-relation-broken": { // once seen without the application
			[]string{"JUJU_RELATION=db", "JUJU_RELATION_ID=db:7", "JUJU_REMOTE_APP=", "JUJU_REMOTE_UNIT="},
			hook.Event{Kind: hook.RelationBroken, Relation: &hook.RelationEvent{Endpoint: "db", ID: 7}},
		},
		"secret-changed": {
			[]string{"JUJU_SECRET_ID=secret:9m4e2mr0ui3e8a215n4g", "JUJU_SECRET_LABEL=user"},
			hook.Event{Kind: hook.SecretChanged, Secret: &hook.SecretEvent{URI: "secret:9m4e2mr0ui3e8a215n4g", Label: "user"}},
		},
		"secret-remove": {
			[]string{"JUJU_SECRET_ID=secret://0ccda9b6/9m4e2mr0ui3e8a215n4g", "JUJU_SECRET_LABEL=", "JUJU_SECRET_REVISION=3"},
			hook.Event{Kind: hook.SecretRemove, Secret: &hook.SecretEvent{URI: "secret://0ccda9b6/9m4e2mr0ui3e8a215n4g", Revision: 3}},
		},
		"web-pebble-custom-notice": {
			[]string{"JUJU_WORKLOAD_NAME=web", "JUJU_NOTICE_ID=5", "JUJU_NOTICE_TYPE=custom", "JUJU_NOTICE_KEY=example.com/a=b"},
			hook.Event{Kind: hook.PebbleNotice, Workload: &hook.WorkloadEvent{
				Container: "web", Notice: hook.Notice{ID: "5", Type: "custom", Key: "example.com/a=b"},
			}},
		},
		"web-pebble-check-failed": {
			[]string{"JUJU_WORKLOAD_NAME=web", "JUJU_PEBBLE_CHECK_NAME=up"},
			hook.Event{Kind: hook.PebbleFailed, Workload: &hook.WorkloadEvent{Container: "web", Check: "up"}},
		},
		"data-storage-attached": {
			[]string{"JUJU_STORAGE_ID=data/0", "JUJU_STORAGE_KIND=filesystem", "JUJU_STORAGE_LOCATION=/srv/data"},
			hook.Event{Kind: hook.StorageAttached, Storage: &hook.StorageEvent{ID: "data/0", Kind: "filesystem", Location: "/srv/data"}},
		},
	} {
		c.want.Name, c.want.Unit = name, "app/0"
		got := parse(t, append(c.environ, "JUJU_DISPATCH_PATH=hooks/"+name)...)
		got.APIAddresses = nil
		assert.Equal(t, c.want, got, name)
	}
	action := parse(t, "JUJU_DISPATCH_PATH=actions/backup", "JUJU_ACTION_NAME=backup", "JUJU_ACTION_UUID=4", "JUJU_ACTION_TAG=action-4")
	assert.Equal(t, &hook.ActionEvent{Name: "backup", UUID: "4", Tag: "action-4"}, action.Action)
}

func TestADispatchIsNamedByItsPathElseByTheHooksName(t *testing.T) {
	t.Parallel()
	assert.Equal(t, hook.Start, parse(t, "JUJU_HOOK_NAME=start").Kind)
	assert.Equal(t, hook.Start, parse(t, "JUJU_DISPATCH_PATH=", "JUJU_HOOK_NAME=start").Kind)
	assert.Equal(t, hook.Stop, parse(t, "JUJU_DISPATCH_PATH=hooks/stop", "JUJU_HOOK_NAME=start").Kind)
	assert.Equal(t, hook.Action, parse(t, "JUJU_DISPATCH_PATH=actions/stop", "JUJU_HOOK_NAME=").Kind)
}

func TestOutsideOfAHookThereIsNoEvent(t *testing.T) {
	t.Parallel()
	for _, environ := range [][]string{
		nil,
		{"HOME=/root"},
		{"JUJU_UNIT_NAME=app/0"},
		{"JUJU_UNIT_NAME=app/0", "JUJU_DISPATCH_PATH=", "JUJU_HOOK_NAME="}, // juju exec
		{"JUJU_UNIT_NAME=", "JUJU_DISPATCH_PATH=hooks/start"},
		{"JUJU_UNIT_NAME", "JUJU_DISPATCH_PATH=hooks/start"},
	} {
		_, err := hook.ParseEvent(environ)
		require.ErrorIs(t, err, hook.ErrNotInHook)
		_, err = hook.New(environ, &tools{})
		require.ErrorIs(t, err, hook.ErrNotInHook)
	}
}

func TestAHostileEnvironmentIsRefusedByName(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"JUJU_RELATION_ID=db":         `JUJU_RELATION_ID: relation id "db" is not`,
		"JUJU_RELATION_ID=db:":        "JUJU_RELATION_ID",
		"JUJU_RELATION_ID=db:-1":      "JUJU_RELATION_ID",
		"JUJU_RELATION_ID=db:+1":      "JUJU_RELATION_ID",
		"JUJU_RELATION_ID=7 ":         "JUJU_RELATION_ID",
		"JUJU_RELATION_ID=0x7":        "JUJU_RELATION_ID",
		"JUJU_RELATION_ID=7:db":       "JUJU_RELATION_ID",
		"JUJU_UNIT_NAME=app":          "JUJU_UNIT_NAME",
		"JUJU_UNIT_NAME=app/":         "JUJU_UNIT_NAME",
		"JUJU_UNIT_NAME=/0":           "JUJU_UNIT_NAME",
		"JUJU_UNIT_NAME=app/0/1":      "JUJU_UNIT_NAME",
		"JUJU_UNIT_NAME=../../0":      "JUJU_UNIT_NAME",
		"JUJU_UNIT_NAME=app\n/0":      "JUJU_UNIT_NAME",
		"JUJU_RELATION_ID=" + big:     "JUJU_RELATION_ID",
		"JUJU_SECRET_REVISION=x":      `JUJU_SECRET_REVISION "x" is not a number`,
		"JUJU_SECRET_REVISION=-1":     "JUJU_SECRET_REVISION",
		"JUJU_SECRET_REVISION=1.5":    "JUJU_SECRET_REVISION",
		"JUJU_SECRET_REVISION=" + big: "JUJU_SECRET_REVISION",
	} {
		_, err := hook.ParseEvent([]string{"JUJU_UNIT_NAME=app/0", "JUJU_DISPATCH_PATH=hooks/start", "JUJU_SECRET_ID=secret:a", entry})
		require.ErrorContains(t, err, "read the hook's environment: "+want, entry)
		require.NotErrorIs(t, err, hook.ErrNotInHook)
	}
}

const big = "99999999999999999999999"

func TestTheRootIsWhatStandsBeforeJujusAgents(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]string{
		"/var/lib/juju/agents/unit-app-0/charm":                       "/",
		"/tmp/m/3/var/lib/juju/agents/unit-app-0/charm":               "/tmp/m/3",
		"/var/lib/juju/agents/x/var/lib/juju/agents/unit-app-0/charm": "/var/lib/juju/agents/x",
		"": "/", "/charm": "/", "var/lib/juju/agents/unit-app-0/charm": "/",
	} {
		assert.Equal(t, want, hook.Event{CharmDir: dir}.Root(), dir)
	}
}

func TestAUnitKnowsItsOwnDeparture(t *testing.T) {
	t.Parallel()
	departing := func(kind, unit string) hook.Event {
		return parse(t, "JUJU_DISPATCH_PATH=hooks/db-"+kind, "JUJU_RELATION_ID=db:1", "JUJU_DEPARTING_UNIT="+unit)
	}
	assert.True(t, departing("relation-departed", "app/0").IsSelfDeparting())
	assert.False(t, departing("relation-departed", "app/1").IsSelfDeparting())
	assert.False(t, departing("relation-departed", "").IsSelfDeparting())
	assert.False(t, departing("relation-broken", "app/0").IsSelfDeparting())
	assert.False(t, parse(t, "JUJU_DISPATCH_PATH=hooks/db-relation-departed").IsSelfDeparting())
}

func TestARelationEndsInItsOwnBrokenHook(t *testing.T) {
	ends := func(dispatch, relation string) bool {
		return parse(t, "JUJU_DISPATCH_PATH=hooks/db-"+dispatch, "JUJU_RELATION_ID="+relation).IsEndOf(1)
	}
	assert.True(t, ends("relation-broken", "db:1"))
	assert.False(t, ends("relation-broken", "db:10"))
	assert.False(t, ends("relation-departed", "db:1"))
	assert.False(t, ends("relation-broken", ""))
}

func FuzzParseEvent(f *testing.F) {
	f.Add("JUJU_UNIT_NAME=app/0\x00JUJU_DISPATCH_PATH=hooks/db-relation-changed\x00JUJU_RELATION_ID=db:7\x00JUJU_RELATION=db")
	f.Add("JUJU_UNIT_NAME=app/0\x00JUJU_DISPATCH_PATH=actions/x\x00JUJU_ACTION_NAME=x\x00JUJU_SECRET_ID=a\x00JUJU_SECRET_REVISION=1")
	f.Add("JUJU_UNIT_NAME=app/0\x00JUJU_HOOK_NAME=a-pebble-ready\x00JUJU_WORKLOAD_NAME=a\x00JUJU_CHARM_DIR=/x/var/lib/juju/agents/y")
	f.Fuzz(func(t *testing.T, text string) {
		event, err := hook.ParseEvent(strings.Split(text, "\x00"))
		if err != nil {
			assert.Zero(t, event)
			return
		}
		assert.NotEmpty(t, event.Kind)
		assert.NotEmpty(t, event.Name)
		assert.NotEmpty(t, event.Application())
		assert.NotEmpty(t, event.Root())
		assert.True(t, event.Relation == nil || event.Relation.ID >= 0)
		assert.True(t, event.Secret == nil || event.Secret.Revision >= 0)
	})
}

func FuzzRelationID(f *testing.F) {
	for _, id := range []string{"db:7", "7", "", ":", "-1", "db:99999999999999999999", "a:b:3"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, text string) {
		event, err := hook.ParseEvent([]string{"JUJU_UNIT_NAME=app/0", "JUJU_DISPATCH_PATH=hooks/start", "JUJU_RELATION_ID=" + text})
		if err != nil || event.Relation == nil {
			return
		}
		number := text[strings.LastIndex(text, ":")+1:]
		if trimmed := strings.TrimLeft(number, "0"); trimmed != "" {
			number = trimmed
		} else {
			number = "0"
		}
		assert.Equal(t, number, event.Relation.ID.String())
	})
}
