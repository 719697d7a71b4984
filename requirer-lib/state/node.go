package state

import "cmp"

// kind is what a node is, in the words that messages have for it.
type kind string

const (
	text    kind = "a text"
	number  kind = "a number"
	boolean kind = "true or false"
	null    kind = "no value"
	list    kind = "a list"
	mapping kind = "a mapping"
	broken  kind = "broken" // fault has been found with it already
)

// node is one value of the document, as YAML and JSON have it alike.
type node struct {
	place
	kind    kind
	value   string // of a scalar: as it is written, without its quotes
	entries []entry
	items   []*node
	inline  bool // it is written on one line
	partial bool // fault has been found with entries, which are left out
}

// entry is one key of a mapping and its value.
type entry struct {
	place
	key   string
	value *node
}

// place is where something stands: line and column, in characters, from 1.
type place struct{ line, column int }

func (p place) compare(other place) int {
	return cmp.Or(cmp.Compare(p.line, other.line), cmp.Compare(p.column, other.column))
}

func (n *node) isScalar() bool { return n.kind == text || n.kind == number || n.kind == boolean }
