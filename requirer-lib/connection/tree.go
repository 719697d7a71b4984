package connection

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// What is read at most.
const (
	MaxSize  = 64 << 10 // bytes: certificates are some thousands each
	maxDepth = 16       // nested objects and lists; a spec has five
)

var (
	errTooLong = fmt.Errorf("is longer than %d bytes", MaxSize)
	errTooDeep = fmt.Errorf("is nested more than %d deep", maxDepth)
	errNotJSON = errors.New("is not JSON")
	errNotUTF8 = errors.New("is not UTF-8 text")
)

// twice is what stands in the tree for a field that is there more than once: neither counts.
type twice struct{}

// tree reads one document of JSON into maps, lists and scalars.
func tree(data []byte) (any, error) {
	switch {
	case len(data) > MaxSize:
		return nil, errTooLong
	case !utf8.Valid(data):
		return nil, errNotUTF8
	case !json.Valid(data):
		return nil, errNotJSON
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return branch(decoder, 0)
}

func branch(decoder *json.Decoder, depth int) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, errNotJSON // not reached: the text is valid
	}
	delim, is := token.(json.Delim)
	if !is {
		return token, nil
	}
	if depth == maxDepth {
		return nil, errTooDeep
	}
	var grown any
	if delim == '{' {
		grown, err = object(decoder, depth)
	} else {
		grown, err = list(decoder, depth)
	}
	if err == nil {
		_, err = decoder.Token() // the end
	}
	return grown, err
}

func object(decoder *json.Decoder, depth int) (map[string]any, error) {
	fields := map[string]any{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, errNotJSON
		}
		value, err := branch(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		if _, is := fields[name]; is {
			value = twice{}
		}
		fields[name] = value
	}
	return fields, nil
}

func list(decoder *json.Decoder, depth int) ([]any, error) {
	items := []any{}
	for decoder.More() {
		item, err := branch(decoder, depth+1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}
