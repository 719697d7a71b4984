package control

import (
	"bytes"
	"encoding/json"
	"slices"
)

// kind is whose a message of a stream is.
type kind int

const (
	unclear kind = iota // it does not say, or is no message at all
	ours
	others
)

// otherTypes are the messages of the protocol that are not for control.
var otherTypes = []string{"RECORD", "STATE", "LOG", "SPEC", "CONNECTION_STATUS", "CATALOG", "TRACE"}

// ourTypes are those that are, in any form.
var ourTypes = []string{envelopeType, olderType, string(ConnectorConfig)}

// kindOf looks at the beginning of a message, which may be broken further on. The first type counts. Where none is known, it goes
// by the fields: those of a control message are no other's, and a new type with the time beside it is taken for a control
// message of a newer version.
func kindOf(start []byte) kind {
	decoder := json.NewDecoder(bytes.NewReader(start))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return unclear
	}
	var typed, emitted, control bool
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			break
		}
		emitted = emitted || key == fieldEmitted
		control = control || key == fieldControl || key == fieldUpdate
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			break
		}
		if said := textOf(value); key == fieldType && said != "" && !typed {
			switch {
			case slices.Contains(ourTypes, said):
				return ours
			case slices.Contains(otherTypes, said):
				return others
			}
			typed = true
		}
	}
	switch {
	case control, typed && emitted:
		return ours
	case typed:
		return others
	}
	return unclear
}

// textOf is the text that a value of JSON is; empty where it is none.
func textOf(value json.RawMessage) (text string) {
	if len(value) == 0 || value[0] != '"' || json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}
