package state

import (
	"encoding/json"
	"slices"

	"connectcharms/requirer-lib/connect"
)

var offsetFields = []string{"partition", "offset"}

// offsets reads where a connector begins. What a partition and an offset are is the plugin's own.
func (r reader) offsets(n *node) ([]connect.Offset, bool) {
	if !r.is(n, inOffsets, list) {
		return nil, false
	}
	offsets, whole := []connect.Offset{}, true
	for _, item := range n.items {
		offset, ok := r.offset(item)
		whole = whole && ok
		offsets = append(offsets, offset)
	}
	return offsets, whole
}

func (r reader) offset(n *node) (offset connect.Offset, ok bool) {
	parts := map[string]map[string]any{}
	for _, e := range n.entries {
		if !slices.Contains(offsetFields, e.key) {
			r.unknown(e, inOffsets, "offsets", offsetFields)
			return offset, false
		}
		if !r.is(e.value, "offsets."+e.key, mapping) {
			return offset, false
		}
		value, ok := r.plain(e.value, "offsets."+e.key)
		if !ok {
			return offset, false
		}
		parts[e.key] = value.(map[string]any)
	}
	if parts["partition"] == nil || parts["offset"] == nil {
		r.wrong(n.place, inOffsets, "must have partition and offset each")
		return offset, false
	}
	return connect.Offset{Partition: parts["partition"], Offset: parts["offset"]}, true
}

// plain is a value as JSON has it, numbers as they are written.
func (r reader) plain(n *node, about string) (any, bool) {
	switch n.kind {
	case mapping:
		values, whole := map[string]any{}, true
		for _, e := range n.entries {
			value, ok := r.plain(e.value, about+"."+e.key)
			values[e.key], whole = value, whole && ok
		}
		return values, whole
	case list:
		values, whole := []any{}, true
		for _, item := range n.items {
			value, ok := r.plain(item, about)
			values, whole = append(values, value), whole && ok
		}
		return values, whole
	case number:
		if !json.Valid([]byte(n.value)) {
			r.wrong(n.place, about, "must be a number as JSON has it, or be in quotes")
			return nil, false
		}
		return json.Number(n.value), true
	case boolean:
		return isTrue(n), true
	case null:
		return nil, true
	}
	return n.value, true
}
