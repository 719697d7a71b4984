package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"time"

	"connectcharms/requirer-lib/secret"
)

// Type is what a control message is about.
type Type string

// ConnectorConfig is a connector's update of its own configuration, and so far the only type there is.
const ConnectorConfig Type = "CONNECTOR_CONFIG"

// Message is a control message. What it has beside the fields of the protocol is kept, so that Marshal gives back what came.
// One that is printed, logged or encoded by any other way shows no value.
type Message struct {
	Type Type
	// EmittedAt is the connector's own word on when it said this, to the microsecond.
	EmittedAt time.Time
	Config    Update // empty in a message of another type

	form  form
	bare  map[string]bool // keys of Config whose value came without quotes: numbers, true and false
	extra struct{ envelope, message, config hidden }
}

// form is how a message is written.
type form int

const (
	enveloped form = iota // {type: CONTROL, control: {…}}, as in a stream
	alone                 // {type: CONNECTOR_CONFIG, …}
	older                 // {type: ORCHESTRATOR, connectorConfig: {config: {…}, emitted_at: …}}
)

// What stands in messages.
const (
	envelopeType = "CONTROL"
	olderType    = "ORCHESTRATOR"

	fieldType    = "type"
	fieldControl = "control"
	fieldEmitted = "emitted_at"
	fieldUpdate  = "connectorConfig"
	fieldConfig  = "config"
)

// IsKnown says whether the message's type is one that this version of the protocol has. Of another one, nothing is done;
// that is worth a warning and no error, as newer connectors may say more.
func (m Message) IsKnown() bool { return m.Type == ConnectorConfig }

// hidden is what a message has beside the fields that are known. It may be secret as well.
type hidden map[string]secret.Value

// hide keeps what nobody took.
func hide(rest fields) hidden {
	if len(rest) == 0 {
		return nil
	}
	kept := make(hidden, len(rest))
	for key, value := range rest {
		var text bytes.Buffer
		_ = json.Compact(&text, value) // cannot fail: it is JSON that was read
		kept[key] = secret.New(text.String())
	}
	return kept
}

// with gives the hidden fields and the others of an object.
func (h hidden) with(others fields) fields {
	for key, value := range h {
		others[key] = json.RawMessage(value.Reveal())
	}
	return others
}

// Marshal writes a message as JSON, in one line without its end, with all its values: it is for whoever sends it. One that was
// parsed is written in the form in which it came; one that was made is put in the protocol's envelope.
//
//	control.Marshal(control.Message{
//		Type:      control.ConnectorConfig,
//		EmittedAt: time.Now(),
//		Config:    control.Update{Set: map[string]secret.Value{"refresh.token": token}},
//	})
func Marshal(m Message) ([]byte, error) {
	switch {
	case m.Type == "":
		return nil, errors.New("a control message needs a type")
	case m.EmittedAt.Before(time.UnixMilli(0)) || m.EmittedAt.UnixMilli() > latest:
		return nil, errors.New("a control message needs the time at which it was emitted")
	}
	emitted := json.RawMessage(milliseconds(m.EmittedAt))
	if m.form == older {
		update := m.update(fields{fieldEmitted: emitted})
		return encode(m.extra.message.with(fields{fieldType: quoted(olderType), fieldUpdate: update}))
	}
	message := fields{fieldType: quoted(string(m.Type)), fieldEmitted: emitted}
	if m.IsKnown() {
		message[fieldUpdate] = m.update(fields{})
	}
	message = m.extra.message.with(message)
	if m.form == alone {
		return encode(message)
	}
	inner, err := encode(message)
	if err != nil {
		return nil, err
	}
	return encode(m.extra.envelope.with(fields{fieldType: quoted(envelopeType), fieldControl: inner}))
}

// update is the object connectorConfig, with what stands beside config.
func (m Message) update(beside fields) json.RawMessage {
	config := fields{}
	for key, value := range m.Config.Set {
		config[key] = m.value(key, value)
	}
	for _, key := range m.Config.Remove {
		config[key] = json.RawMessage("null")
	}
	beside[fieldConfig] = mustEncode(config)
	return mustEncode(m.extra.config.with(beside))
}

// value is a value as it came: without quotes where it had none, and still can be without.
func (m Message) value(key string, value secret.Value) json.RawMessage {
	text := value.Reveal()
	if m.bare[key] && isBare(text) {
		return json.RawMessage(text)
	}
	return quoted(text)
}

func isBare(text string) bool {
	return text == "true" || text == "false" || text != "null" && json.Valid([]byte(text)) && !slices.Contains([]byte(`"[{`), text[0])
}

// milliseconds are written without a fraction where there is none.
func milliseconds(at time.Time) string {
	micros := at.UnixMicro()
	if micros%1000 == 0 {
		return strconv.FormatInt(micros/1000, 10)
	}
	return strconv.FormatFloat(float64(micros)/1000, 'f', -1, 64)
}

// timeOf is the time that a number of milliseconds is.
func timeOf(milliseconds float64) time.Time {
	whole, part := math.Modf(milliseconds)
	return time.UnixMilli(int64(whole)).Add(time.Duration(math.Round(part*1000)) * time.Microsecond).UTC()
}

func quoted(text string) json.RawMessage { return mustEncode(text) }

// encode leaves <, > and & as they are.
func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// mustEncode is for text, and for values that were JSON when they came.
func mustEncode(value any) json.RawMessage {
	text, err := encode(value)
	if err != nil {
		panic("control: encoding what was decoded: " + err.Error())
	}
	return text
}
