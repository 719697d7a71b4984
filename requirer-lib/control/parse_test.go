package control_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/control"
	"connectcharms/schemas"
)

// What is wrong, and what is said of it. Every value is the password, or has it in it: no error says it.
var wrong = []struct {
	text     string
	problems control.Problems
	// beyond says that a schema cannot judge it.
	beyond bool
}{
	{text: ``, problems: whole("is not JSON, from byte 0 on"), beyond: true},
	{text: `hunter2`, problems: whole("is not JSON, from byte 1 on"), beyond: true},
	{text: `{"type": "CONTROL", "control": {"type": "hunter2`, problems: whole("is not JSON, from byte 48 on"), beyond: true},
	{text: `{"type": "CONTROL"} hunter2`, problems: whole("is not JSON, from byte 21 on"), beyond: true},
	{text: "{\"type\": \"CONTROL\", \"x\": \"hunter2\xff\"}", problems: whole("is not UTF-8, from byte 34 on"), beyond: true},
	{text: `["hunter2"]`, problems: whole("has to be an object")},
	{text: `null`, problems: whole("has to be an object")},
	{text: `{}`, problems: control.Problems{{"type", "has to be text: CONNECTOR_CONFIG"}, {"emitted_at", "has to be there: the time in milliseconds since 1970"}}},
	{text: `{"type": 7, "emitted_at": 1}`, problems: one("type", "has to be text: CONNECTOR_CONFIG")},
	{text: `{"type": "CONTROL", "type": "CONTROL", "control": {}}`, problems: one("type", "is there twice"), beyond: true},
	{text: `{"type": "CONTROL"}`, problems: one("control", "has to be there")},
	{text: `{"type": "CONTROL", "control": "hunter2"}`, problems: one("control", "has to be an object")},
	{text: `{"type": "CONTROL", "control": {"type": "CONNECTOR_CONFIG"}}`, problems: control.Problems{
		{"control.emitted_at", "has to be there: the time in milliseconds since 1970"}, {"control.connectorConfig", "has to be there"},
	}},
	{text: `{"type": "ORCHESTRATOR", "emitted_at": 1, "connectorConfig": {"config": {}}}`, problems: one("connectorConfig.emitted_at", "has to be there: the time in milliseconds since 1970")},
	{text: config(`"hunter2"`), problems: one("connectorConfig.config", "has to be an object")},
	{text: config(`{"": "hunter2"}`), problems: one(`connectorConfig.config.""`, "is no name of a key")},
	{text: config(`{"a": ["hunter2"]}`), problems: one("connectorConfig.config.a", "is a list; a connector's configuration has only text, numbers, true and false")},
	{text: config(`{"a": {"b": "hunter2"}}`), problems: one("connectorConfig.config.a", "is an object; a connector's configuration has only text, numbers, true and false")},
	{text: config(`{"a": "hunter2", "a": "hunter2"}`), problems: one("connectorConfig.config.a", "is there twice"), beyond: true},
	{text: config(`{"a\u0000\n": "hunter2", "a\u0000\n": 1}`), problems: one(`connectorConfig.config."a\x00\n"`, "is there twice"), beyond: true},
	{text: config(`{"a": "hunter2\ud800"}`), problems: one("connectorConfig.config.a", `is text with half a character (an escape such as \ud800)`), beyond: true},
	{text: at(`"1665532800000"`), problems: one("emitted_at", "has to be a number of milliseconds since 1970")},
	{text: at(`null`), problems: one("emitted_at", "has to be a number of milliseconds since 1970")},
	{text: at(`-1`), problems: one("emitted_at", "has to be a number of milliseconds since 1970")},
	{text: at(`1e300`), problems: one("emitted_at", "has to be a number of milliseconds since 1970")},
	{text: at(`1e999999999`), problems: one("emitted_at", "has to be a number of milliseconds since 1970"), beyond: true},
	{text: at(`NaN`), problems: whole("is not JSON, from byte 44 on"), beyond: true},
	{text: at(`253402300799999`), problems: one("emitted_at", "is more than 5 minutes ahead of this machine's time"), beyond: true},
	{text: `{"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, problems: whole("has objects or lists deeper in one another than 32"), beyond: true},
	{text: strings.Repeat(`{"a":`, 10_000_000), problems: whole("is longer than 1 MiB"), beyond: true},
	{text: config(`{"a": "` + strings.Repeat("hunter2", 150_000) + `"}`), problems: whole("is longer than 1 MiB"), beyond: true},
}

func TestWhatIsWrongIsToldWithFieldAndReasonAndNoValue(t *testing.T) {
	t.Parallel()
	for _, c := range wrong {
		_, err := control.Parse([]byte(c.text))
		assert.Equal(t, c.problems, err, "%.100s", c.text)
		assert.NotContains(t, fmt.Sprint(err), password)
	}
}

func TestAllThatIsWrongIsToldUpToALimit(t *testing.T) {
	t.Parallel()
	var keys []string
	for i := range 500 {
		keys = append(keys, fmt.Sprintf(`"key%s%d": []`, strings.Repeat("é", 500), i))
	}
	_, err := control.Parse([]byte(config("{" + strings.Join(keys, ",") + "}")))
	problems := control.Problems{}
	require.ErrorAs(t, err, &problems)
	assert.Len(t, problems, 51)
	assert.Equal(t, "the message has more that is wrong: the first 50 are told", problems[50].Error())
	assert.Less(t, len(err.Error()), 20_000, "keys are cut")
}

func TestOtherMessagesOfTheProtocolAreNoneOfOurs(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"RECORD", "STATE", "LOG", "SPEC", "CONNECTION_STATUS", "CATALOG", "TRACE", "SOMETHING_NEW"} {
		_, err := control.Parse([]byte(`{"x": 1, "type": "` + kind + `", "` + strings.ToLower(kind) + `": {"emitted_at": 1}}`))
		assert.ErrorIs(t, err, control.ErrOther, kind)
	}
}

func TestAClockMayBeAheadByFiveMinutes(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]bool{4 * time.Minute: true, 10 * time.Minute: false} {
		_, err := control.Parse([]byte(at(fmt.Sprint(time.Now().Add(ahead).UnixMilli()))))
		assert.Equal(t, want, err == nil, ahead)
	}
}

// What Parse takes, the schema takes; and what the schema can judge to be wrong, Parse refuses.
func TestTheSchemaAgreesWithParse(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	for _, c := range wrong {
		instance, err := decoded([]byte(c.text))
		if c.beyond {
			continue
		}
		require.NoError(t, err)
		assert.Error(t, schema.Validate(instance), c.text)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range wrong {
		if len(c.text) < 1000 {
			f.Add([]byte(c.text))
		}
	}
	for _, text := range streamed {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{"type":"CONTROL","n":1,"control":{"type":"CONNECTOR_CONFIG","emitted_at":1.5,"connectorConfig":{"m":[],"config":{"a":1,"b":null,"c":"\ufffd"}}}}`))
	schema := compiled(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		message, err := control.Parse(data)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		if instance, err := decoded(data); err == nil { // not so of 1e999: it is no float64
			require.NoError(t, schema.Validate(instance))
		}
		written, err := control.Marshal(message)
		require.NoError(t, err)
		again, err := control.Parse(written)
		require.NoError(t, err, "%s", written)
		require.Equal(t, message, again)
	})
}

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemas.ControlMessage()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("control.json", document))
	schema, err := compiler.Compile("control.json")
	require.NoError(t, err)
	return schema
}

// decoded has numbers as float64: the validator cannot take 1e9999999 as text.
func decoded(text []byte) (instance any, err error) {
	err = json.Unmarshal(text, &instance)
	return instance, err
}

func TestTheSchemaNamesTheProtocolsVersion(t *testing.T) {
	t.Parallel()
	var schema struct{ Version string }
	require.NoError(t, json.Unmarshal(schemas.ControlMessage(), &schema))
	assert.Equal(t, control.Protocol, schema.Version)
	assert.Equal(t, "0.3.1", control.Protocol)
}

func whole(reason string) control.Problems { return control.Problems{{Reason: reason}} }

func one(field, reason string) control.Problems {
	return control.Problems{{Field: field, Reason: reason}}
}

func config(value string) string {
	return `{"type": "CONNECTOR_CONFIG", "emitted_at": 1, "connectorConfig": {"config": ` + value + `}}`
}

func at(value string) string {
	return `{"type": "CONNECTOR_CONFIG", "emitted_at": ` + value + `, "connectorConfig": {"config": {}}}`
}
