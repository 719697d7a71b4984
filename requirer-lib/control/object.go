package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"unicode/utf8"
)

// fields is an object of JSON whose values are as they were written.
type fields map[string]json.RawMessage

func keysOf(object fields) []string { return slices.Sorted(maps.Keys(object)) }

// objectOf reads an object of valid JSON, one level of it, and tells which keys it has twice.
func objectOf(data []byte) (object fields, twice []string, is bool) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return nil, nil, false
	}
	object = fields{}
	for decoder.More() {
		key, err := decoder.Token()
		name, isText := key.(string)
		if err != nil || !isText {
			return nil, nil, false
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, nil, false
		}
		if _, known := object[name]; known {
			twice = append(twice, name)
		}
		object[name] = value
	}
	return object, twice, true
}

// notText finds the first byte that is not UTF-8, from 1.
func notText(data []byte) (at int, is bool) {
	for at < len(data) {
		letter, size := utf8.DecodeRune(data[at:])
		if letter == utf8.RuneError && size == 1 {
			return at + 1, true
		}
		at += size
	}
	return 0, false
}

// notJSON finds the byte, from 1, with which a text ceases to be JSON. What stands there is not told: it may be a value.
func notJSON(data []byte) (at int64, is bool) {
	err := json.Unmarshal(data, new(json.RawMessage))
	if told := new(json.SyntaxError); errors.As(err, &told) {
		return told.Offset, true
	}
	return 0, err != nil
}

// isDeeperThan counts braces and brackets outside of texts.
func isDeeperThan(limit int, data []byte) bool {
	depth, inText := 0, false
	for i := 0; i < len(data); i++ {
		switch letter := data[i]; {
		case inText && letter == '\\':
			i++
		case letter == '"':
			inText = !inText
		case inText:
		case letter == '{' || letter == '[':
			if depth++; depth > limit {
				return true
			}
		case letter == '}' || letter == ']':
			depth--
		}
	}
	return false
}
