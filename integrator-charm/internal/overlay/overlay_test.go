package overlay_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/secret"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// known is shared, as by all connectors of a cluster.
var known = &overlay.Bases{}

var place = overlay.Place{Provider: "secrets", Path: "/run/secrets"}

// declared is what a state file says.
func declared(config map[string]string) connectors.Connector {
	return connectors.Connector{Config: config, State: connect.Running}
}

func terms(of connectors.Connector) overlay.Terms {
	return overlay.Terms{
		Cluster: "main", Declared: of, Bases: known, Reference: place.Reference,
		IsSecret: func(key string) bool { return key == "pin" },
	}
}

// message is one that was emitted so many seconds after noon; a value of "-" removes.
func message(seconds int, config map[string]string) overlay.Message {
	m := overlay.Message{EmittedAt: noon.Add(time.Duration(seconds) * time.Second), TakenAt: noon, By: "ada", Digest: fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, seconds, config)))}
	m.Set = map[string]secret.Value{}
	for key, value := range config {
		if value == "-" {
			m.Remove = append(m.Remove, key)
		} else {
			m.Set[key] = secret.New(value)
		}
	}
	slices.Sort(m.Remove)
	return m
}

// take is the way of a message, as package manager goes it.
func take(o overlay.Overlay, m overlay.Message, of connectors.Connector) overlay.Overlay {
	if _, is := o.Knows(m.Digest); is {
		return o
	}
	if m = o.Newer(m); len(m.Keys()) == 0 {
		return o
	}
	taken, _ := o.Take(m, terms(of))
	return taken
}

func TestTheProtocolsExampleIsMerged(t *testing.T) {
	t.Parallel()
	stored := declared(map[string]string{"api_key": "123", "start_date": "01-01-2022"})
	o := take(overlay.Overlay{}, message(0, map[string]string{"api_key": "456"}), stored)
	assert.Equal(t, map[string]string{"api_key": "456", "start_date": "01-01-2022"}, o.InForce(stored, &overlay.Bases{}))
}

// TestAnyOrderAndAnyRepetitionGiveTheSame: messages get lost, and come late and twice; what holds is what was said last of each key.
func TestAnyOrderAndAnyRepetitionGiveTheSame(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		of := declared(map[string]string{"a": "0", "b": "1", "pin": "2"})
		var messages []overlay.Message
		for i := range 1 + random.IntN(8) {
			config := map[string]string{}
			for _, key := range []string{"a", "b", "c", "pin"} {
				if random.IntN(2) == 0 {
					config[key] = []string{"0", "1", "2", "x", "-"}[random.IntN(5)]
				}
			}
			config["d"] = fmt.Sprint(i)
			messages = append(messages, message(i, config))
		}
		inOrder := overlay.Overlay{}
		for _, m := range messages {
			inOrder = take(inOrder, m, of)
		}
		shuffled := append(slices.Clone(messages), messages[:random.IntN(len(messages)+1)]...)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		other := overlay.Overlay{}
		for _, m := range shuffled {
			before := other
			other = take(other, m, of)
			require.GreaterOrEqual(t, other.Version, before.Version)
		}
		require.Equal(t, inOrder.InForce(of, known), other.InForce(of, known), "seed %d", seed)
		require.Equal(t, slices.Sorted(maps.Keys(inOrder.Keys)), slices.Sorted(maps.Keys(other.Keys)), "seed %d", seed)
	}
}

func TestTheFileWinsByChangingLaterAndByNothingElse(t *testing.T) {
	t.Parallel()
	bases := &overlay.Bases{}
	of := declared(map[string]string{"a": "1", "pin": "hunter1", "b": "1"})
	o := take(overlay.Overlay{}, message(1, map[string]string{"a": "2", "pin": "hunter2", "new": "3", "b": "-"}), of)
	assert.Empty(t, o.Superseded(of, bases))
	for key, value := range map[string]string{"a": "9", "pin": "hunter9", "new": "", "b": "2"} {
		changed := declared(maps.Clone(map[string]string(of.Config)))
		changed.Config[key] = value
		assert.Equal(t, []string{key}, o.Superseded(changed, bases))
		assert.Equal(t, value, o.Lay(changed, bases).Config[key])
		settled := o.Settle(o.Superseded(changed, bases))
		assert.Empty(t, settled.Superseded(changed, bases))
		assert.Equal(t, o.Version+1, settled.Version)
		assert.Empty(t, settled.Newer(message(1, map[string]string{key: "late"})).Keys(), "a message from before does not win it back")
		assert.NotEmpty(t, settled.Newer(message(2, map[string]string{key: "later"})).Keys())
	}
	changed := declared(map[string]string{"a": "1", "pin": "hunter1", "b": "1", "other": "x"})
	assert.Empty(t, o.Superseded(changed, bases), "another key is none of its business")
	missing := declared(map[string]string{"pin": "hunter1", "b": "1"})
	assert.Equal(t, []string{"a"}, o.Superseded(missing, bases), "a key that is taken out of the file has changed")
}

func TestOfTwoThatWereEmittedAtTheSameTimeTheLaterToComeCounts(t *testing.T) {
	t.Parallel()
	of := declared(nil)
	a, b := message(1, map[string]string{"k": "a"}), message(1, map[string]string{"k": "b"})
	o := take(take(take(overlay.Overlay{}, a, of), b, of), a, of)
	assert.Equal(t, "b", o.InForce(of, &overlay.Bases{})["k"], "the first came again, which says nothing")
	assert.Equal(t, int64(2), o.Version)
}

func TestTheSameValueAgainIsNoNewVersionAndNoNewFile(t *testing.T) {
	t.Parallel()
	of := declared(nil)
	o := take(overlay.Overlay{}, message(1, map[string]string{"pin": "hunter2", "a": "1"}), of)
	again := take(o, message(2, map[string]string{"pin": "hunter2", "a": "1"}), of)
	assert.Equal(t, o.Version, again.Version)
	assert.Equal(t, o.Keys["pin"].Reference, again.Keys["pin"].Reference, "so its connector is not restarted")
	assert.Equal(t, noon.Add(2*time.Second), again.Keys["pin"].EmittedAt)
	other := take(again, message(3, map[string]string{"pin": "hunter3"}), of)
	assert.NotEqual(t, o.Keys["pin"].Reference, other.Keys["pin"].Reference)
	assert.Len(t, other.Files, 2, "who still reads the old one finds it")
	assert.Len(t, other.Prune().Files, 1)
}

func TestSayingWhatTheFileSaysTakesAKeyOut(t *testing.T) {
	t.Parallel()
	of := declared(map[string]string{"a": "1"})
	o := take(overlay.Overlay{}, message(1, map[string]string{"a": "2", "b": "2"}), of)
	o = take(o, message(2, map[string]string{"a": "1", "b": "-"}), of)
	assert.Empty(t, o.Keys)
	assert.Equal(t, int64(2), o.Version)
	assert.Empty(t, o.Newer(message(1, map[string]string{"a": "3"})).Keys())
}

func TestAnImportIsAMergeAndTheSameAgainChangesNothing(t *testing.T) {
	t.Parallel()
	of := declared(map[string]string{"a": "0"})
	mine := take(take(overlay.Overlay{Connector: "c"}, message(1, map[string]string{"a": "1", "b": "1"}), of), message(4, map[string]string{"pin": "hunter4"}), of)
	theirs := take(take(overlay.Overlay{Connector: "c"}, message(2, map[string]string{"a": "2"}), of), message(3, map[string]string{"pin": "hunter3", "c": "3"}), of)
	mine.Sequence, theirs.Sequence = 5, 7
	document := overlay.NewDocument([]overlay.Overlay{theirs})
	assert.Equal(t, int64(7), document.Version)
	text, err := json.Marshal(document)
	require.NoError(t, err)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", document, document, document), "hunter")
	var read overlay.Document
	require.NoError(t, json.Unmarshal(text, &read))
	all, err := read.All()
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.True(t, all[0].Says(theirs))

	merged := mine.Import(all[0])
	assert.Equal(t, map[string]string{"a": "2", "b": "1", "c": "3", "pin": "hunter4"}, merged.InForce(of, &overlay.Bases{}))
	assert.Greater(t, merged.Version, theirs.Version)
	assert.True(t, merged.Says(merged.Import(all[0])), "again")
	assert.Equal(t, merged.InForce(of, &overlay.Bases{}), all[0].Import(mine).InForce(of, &overlay.Bases{}), "either way")
	fresh := overlay.Overlay{Connector: "c"}.Import(all[0])
	assert.True(t, fresh.Says(theirs))
	cleared, _ := merged.Clear(nil)
	assert.Empty(t, cleared.Import(all[0]).Keys, "what was cleared does not come back")
}

func TestWhatIsWrittenDownIsReadAgain(t *testing.T) {
	t.Parallel()
	of := declared(map[string]string{"a": "0"})
	o := take(overlay.Overlay{Connector: "c"}, message(1, map[string]string{"a": "-", "pin": "hunter2"}), of)
	o = o.Refuse(message(2, nil), []overlay.Problem{{Field: "a", Reason: "is wrong"}}, of).By("ada", []string{"a"})
	text, err := o.Encode()
	require.NoError(t, err)
	read, err := overlay.Decode(text)
	require.NoError(t, err)
	assert.Equal(t, o, read)
	assert.NotContains(t, fmt.Sprintf("%v %+v", o, o), "hunter")
	_, err = overlay.Decode([]byte("{"))
	require.Error(t, err)
}

func TestWhatAConnectorMayChange(t *testing.T) {
	t.Parallel()
	inForce := map[string]string{"connector.class": "X", "tasks.max": "1", "a": "1", "transforms": "t"}
	for _, test := range []struct {
		patterns []string
		key      string
		value    string
		reason   string
	}{
		{nil, "a", "2", ""},
		{nil, "declared", "2", ""},
		{nil, "strange", "2", "is no key that its plugin knows"},
		{nil, "strange", "-", "is no key that its plugin knows"},
		{nil, "name", "c", ""},
		{nil, "name", "d", "is not for a connector to change"},
		{nil, "connector.class", "X", ""},
		{nil, "connector.class", "Y", "is not for a connector to change"},
		{[]string{"*"}, "connector.class", "Y", "is not for a connector to change"},
		{[]string{"*"}, "connect.manager", "me", "is not for a connector to change"},
		{nil, "tasks.max", "9", "is Kafka Connect's own: control.keys of the state file may name it for this connector to change"},
		{nil, "tasks.max", "1", ""},
		{[]string{"tasks.*"}, "tasks.max", "9", ""},
		{nil, "transforms", "u", "is Kafka Connect's own: control.keys of the state file may name it for this connector to change"},
		{nil, "producer.override.sasl.jaas.config", "u", "is Kafka Connect's own: control.keys of the state file may name it for this connector to change"},
		{[]string{}, "a", "2", "is not for this connector to change, says control.keys of the state file"},
		{[]string{"b", "strang?"}, "strange", "2", ""},
		{nil, "a", "x${file:/etc/passwd:root}", "has a value that refers to a configuration provider: what that would give is not the connector's to ask for"},
		{nil, "a", "${topic}", ""},
		{nil, "a", strings.Repeat("x", 64<<10), ""},
		{nil, "a", strings.Repeat("x", 64<<10+1), "has a value of more than 65536 bytes"},
		{[]string{"*"}, strings.Repeat("x", 256), "1", "is longer than 255 bytes"},
	} {
		permit := overlay.Permit{Patterns: test.patterns, Connector: "c", Declares: func(key string) bool { return key == "declared" }}
		m := permit.Trim(message(1, map[string]string{test.key: test.value}), inForce)
		var reasons []string
		for _, problem := range permit.Check(m, inForce) {
			reasons = append(reasons, problem.Reason)
		}
		if test.reason == "" {
			assert.Empty(t, reasons, "%.100s", test.key)
		} else {
			assert.Equal(t, []string{test.reason}, reasons, "%.100s", test.key)
		}
	}
}

func TestAnOverlayHasLimits(t *testing.T) {
	t.Parallel()
	of := declared(nil)
	many := map[string]string{}
	for i := range 201 {
		many[fmt.Sprint(i)] = "x"
	}
	assert.Len(t, take(overlay.Overlay{}, message(1, many), of).IsTooMuch(), 1)
	large := map[string]string{}
	for i := range 5 {
		large[fmt.Sprint(i)] = strings.Repeat("x", 60<<10)
	}
	assert.Len(t, take(overlay.Overlay{}, message(1, large), of).IsTooMuch(), 1)
	o := overlay.Overlay{}
	for i := range 450 {
		o = take(o, message(i, map[string]string{fmt.Sprint(i): "-"}), of)
	}
	assert.LessOrEqual(t, len(o.Left), 400, "what has left is not remembered without end")
	assert.LessOrEqual(t, len(o.Recent), 64)
}

func TestAMessageIsBlamedForWhatItChangesAndForWhatIsNew(t *testing.T) {
	t.Parallel()
	before := map[string][]string{"host": {"unreachable"}, "a": {"wrong"}}
	after := map[string][]string{"host": {"unreachable"}, "a": {"wrong"}, "b": {"needs a"}}
	hide := func(text string) string { return text }
	assert.Equal(t, []overlay.Problem{{Field: "a", Reason: "wrong"}, {Field: "b", Reason: "needs a"}}, overlay.Blame([]string{"a"}, after, before, hide))
	assert.Empty(t, overlay.Blame([]string{"c"}, before, before, hide), "what was wrong before is not the message's doing")
}

func TestWhatIsSecret(t *testing.T) {
	t.Parallel()
	is := overlay.IsSecret(map[string]connect.FieldDefinition{
		"declared": {Type: "PASSWORD"}, "auth.retries": {Type: "INT"}, "auth.mode": {Type: "STRING"}, "plain": {Type: "STRING"},
	}, []string{"plain.named"})
	for key, want := range map[string]bool{
		"declared": true, "auth.retries": false, "auth.mode": true, "plain": false, "plain.named": true, "my.password": true, "unknown": false,
	} {
		assert.Equal(t, want, is(key), key)
	}
}

func TestADirectoryHasTheFilesOfAConnectorAndNoOthersOfIt(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "vault")
	vault := overlay.Directory{Place: place, Dir: dir}
	one, other := overlay.FileName("main", "a", "k", 1), overlay.FileName("main", "b", "k", 1)
	files := func(names ...string) map[string]secret.Value {
		all := map[string]secret.Value{}
		for _, name := range names {
			all[name] = secret.New("hunter " + name)
		}
		return all
	}
	require.NoError(t, vault.Put(t.Context(), nil))
	require.NoError(t, vault.Prune(t.Context(), overlay.Prefix("main", "a"), nil))
	assert.NoDirExists(t, dir, "nothing is made for nothing")
	require.NoError(t, vault.Put(t.Context(), files(one)))
	require.NoError(t, vault.Put(t.Context(), files(other)))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "somebody.else"), nil, 0o600))
	later := overlay.FileName("main", "a", "k", 2)
	require.NoError(t, os.WriteFile(filepath.Join(dir, later), []byte("half"), 0o600))
	require.NoError(t, vault.Put(t.Context(), files(later)))
	assert.FileExists(t, filepath.Join(dir, one), "a configuration refers to it still")
	require.NoError(t, vault.Prune(t.Context(), overlay.Prefix("main", "a"), []string{later}))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	want := []string{later, other, "somebody.else"}
	slices.Sort(want)
	assert.Equal(t, want, names)
	content, err := os.ReadFile(filepath.Join(dir, later))
	require.NoError(t, err)
	assert.Equal(t, "hunter "+later, string(content))
	for _, name := range []string{one, later} {
		assert.Regexp(t, `^[0-9a-f-]{35,60}$`, name)
	}
	blocked := overlay.Directory{Place: place, Dir: filepath.Join(dir, later, "x")}
	require.Error(t, blocked.Put(t.Context(), files(one)))
	courier := overlay.Courier{Place: place}
	require.ErrorIs(t, courier.Put(t.Context(), files(one)), overlay.ErrUndelivered)
	require.NoError(t, courier.Put(t.Context(), nil))
	assert.Equal(t, "${secrets:/run/secrets:"+one+"}", courier.Reference(one))
}

func TestAVersionIsMatchedAsIfMatchHasIt(t *testing.T) {
	t.Parallel()
	o := overlay.Overlay{Version: 7}
	for text, want := range map[string]bool{"": true, "*": true, `"7"`: true, "7": true, `"8"`: false, "x": false, `W/"7"`: false, "07": false} {
		assert.Equal(t, want, o.MatchesVersion(text), text)
	}
	assert.False(t, overlay.Overlay{}.MatchesVersion("*"))
	assert.True(t, overlay.Overlay{}.MatchesVersion("0"))
}

// FuzzMessage: whatever keys and values are, nothing breaks, and what is written down is read again.
func FuzzMessage(f *testing.F) {
	f.Add("api_key", "456", "a")
	f.Add("\x00", "${a:b}", strings.Repeat("k", 300))
	f.Add("", "\xff", "connect.manager")
	f.Fuzz(func(t *testing.T, key, value, removed string) {
		of := declared(map[string]string{"a": "1"})
		m := overlay.Message{EmittedAt: noon, TakenAt: noon, Digest: "d", Update: control.Update{Set: map[string]secret.Value{key: secret.New(value)}}}
		if removed != key {
			m.Remove = []string{removed}
		}
		permit := overlay.Permit{Patterns: []string{"*"}, Connector: "c"}
		permit.Check(permit.Trim(m, of.Config), of.Config)
		o, _ := overlay.Overlay{Connector: "c"}.Take(m, terms(of))
		text, err := o.Encode()
		require.NoError(t, err)
		read, err := overlay.Decode(text)
		require.NoError(t, err)
		assert.Len(t, read.Keys, len(o.Keys))
		o.Show(nil)
	})
}

// Whatever was kept of an overlay, by Juju or another version, it is refused, or read and written without loss.
func FuzzKept(f *testing.F) {
	f.Add([]byte(`{"connector":"c","version":3,"keys":{"a":{"value":"1","emitted_at":"2026-01-01T00:00:00Z"}},"files":{"a.v1":"x"}}`))
	f.Add([]byte(`{"keys":null,"files":{"":""}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := overlay.Decode(text)
		if err != nil {
			return
		}
		written, err := o.Encode()
		if err != nil {
			return // a time that JSON has no form for
		}
		again, err := overlay.Decode(written)
		require.NoError(t, err)
		assert.True(t, again.Says(o))
		assert.True(t, o.Import(o).Says(o), "merging the same changes nothing")
	})
}
