package control_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/control"
	"connectcharms/requirer-lib/secret"
)

const password = "hunter2"

// The example of the protocol's own document, in the older form that it has there.
func TestTheProtocolsExampleIsMergedKeyByKey(t *testing.T) {
	t.Parallel()
	message, err := control.Parse([]byte(`{"type": "ORCHESTRATOR", "connectorConfig": {"config": {"api_key": 456}, "emitted_at": 1665532800000}}`))
	require.NoError(t, err)
	assert.Equal(t, control.ConnectorConfig, message.Type)
	assert.Equal(t, time.Date(2022, 10, 12, 0, 0, 0, 0, time.UTC), message.EmittedAt)
	stored := map[string]string{"api_key": "123", "start_date": "01-01-2022"}
	assert.Equal(t, map[string]string{"api_key": "456", "start_date": "01-01-2022"}, message.Config.Merge(stored))
	assert.Equal(t, "123", stored["api_key"], "what was stored is left as it is")
}

func TestAMessageStandsAloneOrInTheEnvelope(t *testing.T) {
	t.Parallel()
	const alone = `{"type": "CONNECTOR_CONFIG", "emitted_at": 1665532800000.25, "connectorConfig": {"config": {"api_key": "456"}}}`
	for _, text := range []string{alone, `{"type": "CONTROL", "control": ` + alone + `}`, " \t" + alone + "\r\n"} {
		message, err := control.Parse([]byte(text))
		require.NoError(t, err, text)
		assert.True(t, message.IsKnown())
		assert.Equal(t, time.UnixMicro(1665532800000250).UTC(), message.EmittedAt)
		assert.Equal(t, control.Update{Set: map[string]secret.Value{"api_key": secret.New("456")}}, message.Config)
	}
}

func TestValuesAreTextAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	message := parsed(t, `{"a": 456, "b": 1.10, "c": 1E400, "d": true, "e": false, "f": null, "g": "", "h": "null", "i": "é\"\n", "j": -0}`)
	merged := message.Config.Merge(map[string]string{"f": "gone", "k": "stays"})
	assert.Equal(t, map[string]string{"a": "456", "b": "1.10", "c": "1E400", "d": "true", "e": "false", "g": "", "h": "null", "i": "é\"\n", "j": "-0", "k": "stays"}, merged)
	assert.Equal(t, []string{"f"}, message.Config.Remove)
	assert.Equal(t, []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}, message.Config.Keys())
}

func TestAMessageOfAnUnknownTypeIsReadAndToldApart(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"type": "STREAM_RESET", "emitted_at": 1, "stream": {"name": "orders"}}`,
		`{"type": "CONTROL", "control": {"type": "STREAM_RESET", "emitted_at": 1, "stream": {"name": "orders"}}}`,
	} {
		message, err := control.Parse([]byte(text))
		require.NoError(t, err)
		assert.False(t, message.IsKnown())
		assert.Equal(t, control.Type("STREAM_RESET"), message.Type)
		assert.Empty(t, message.Config.Keys())
		again, err := control.Marshal(message)
		require.NoError(t, err)
		assert.JSONEq(t, text, string(again))
	}
}

func TestMarshalGivesBackWhatCame(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"type":"CONNECTOR_CONFIG","emitted_at":1.5,"connectorConfig":{"config":{"a":1.10,"b":"<1>","c":true,"d":null,"e":"2"},"more":[1,{"x":"y"}]},"trace":{"id":7}}`,
		`{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1,"connectorConfig":{"config":{}},"beside":"x"},"namespace":"public"}`,
		`{"type":"ORCHESTRATOR","connectorConfig":{"config":{"api_key":456},"emitted_at":1665532800000,"more":null},"beside":1e5}`,
	} {
		message, err := control.Parse([]byte(text))
		require.NoError(t, err)
		again, err := control.Marshal(message)
		require.NoError(t, err)
		var want, is map[string]any
		for place, into := range map[string]*map[string]any{text: &want, string(again): &is} {
			decoder := json.NewDecoder(bytes.NewReader([]byte(place)))
			decoder.UseNumber() // 1.10 is not 1.1
			require.NoError(t, decoder.Decode(into))
		}
		assert.Equal(t, want, is)
	}
}

func TestAMessageThatIsMadeStandsInTheEnvelope(t *testing.T) {
	t.Parallel()
	made := control.Message{
		Type:      control.ConnectorConfig,
		EmittedAt: time.UnixMilli(1665532800000),
		Config:    control.Update{Set: map[string]secret.Value{"token": secret.New("1.10")}, Remove: []string{"old.token"}},
	}
	text, err := control.Marshal(made)
	require.NoError(t, err)
	assert.JSONEq(t, `{"type": "CONTROL", "control": {"type": "CONNECTOR_CONFIG", "emitted_at": 1665532800000,
		"connectorConfig": {"config": {"token": "1.10", "old.token": null}}}}`, string(text))
	assert.NotContains(t, string(text), "\n", "it is one line of a stream")
	again, err := control.Parse(text)
	require.NoError(t, err)
	assert.Equal(t, made.Config, again.Config)

	for _, lacking := range []control.Message{{}, {Type: control.ConnectorConfig}, {EmittedAt: time.Now()}} {
		_, err := control.Marshal(lacking)
		assert.Error(t, err)
	}
}

// A value that is changed after it was read is written as text, if it cannot be written as it was.
func TestAChangedValueIsWrittenWell(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"7": `7`, "x": `"x"`, "": `""`, "null": `"null"`, "[1]": `"[1]"`, `"`: `"\""`, "NaN": `"NaN"`} {
		message := parsed(t, `{"a": 1}`)
		message.Config.Set["a"] = secret.New(value)
		text, err := control.Marshal(message)
		require.NoError(t, err)
		assert.Contains(t, string(text), `"config":{"a":`+want+`}`)
	}
}

func TestAMessageShowsNoValueOfItself(t *testing.T) {
	t.Parallel()
	message, err := control.Parse([]byte(`{"type": "CONTROL", "x": "hunter2", "control": {"type": "CONNECTOR_CONFIG", "emitted_at": 1, "y": ["hunter2"],
		"connectorConfig": {"z": {"a": "hunter2"}, "config": {"password": "hunter2", "pin": 4711}}}}`))
	require.NoError(t, err)
	var out bytes.Buffer
	for _, thing := range []any{message, &message, message.Config, []control.Message{message}} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q", thing, thing, thing, thing, thing)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("message", "it", thing)
		slog.New(slog.NewTextHandler(&out, nil)).Info("message", "it", thing)
	}
	text, err := json.Marshal(message)
	require.NoError(t, err)
	out.Write(text)
	assert.NotContains(t, out.String(), password)
	assert.NotContains(t, out.String(), "4711")
}

// parsed is a message with this configuration.
func parsed(t testing.TB, config string) control.Message {
	t.Helper()
	message, err := control.Parse([]byte(`{"type": "CONNECTOR_CONFIG", "emitted_at": 1, "connectorConfig": {"config": ` + config + `}}`))
	require.NoError(t, err)
	return message
}
