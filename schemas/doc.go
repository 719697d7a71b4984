// Package schemas holds the documents that cross a process border, each as a
// JSON Schema (draft 2020-12) and as a Go type. The schema is the one place
// where a rule is written; the Go types decode, encode and explain.
//
// It does no I/O and knows no Juju: a databag is a map of text.
package schemas
