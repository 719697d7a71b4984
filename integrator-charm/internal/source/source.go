package source

import (
	"context"
	"errors"
)

// Source is one place that a state file comes from. It may be used by many goroutines at once.
type Source interface {
	// Fetch reads the document, unless it is as it was at the revision that the caller has: then the error is ErrUnchanged. The zero
	// Revision always fetches. Every other error is an *Error. Fetch ends soon after its context, and in any case after Limits.Total.
	Fetch(ctx context.Context, have Revision) (Document, error)
	// String names the source to people, without what is secret in its address.
	String() string
}

// Watcher is a Source that can tell by itself when its document may have changed.
type Watcher interface {
	Source
	// Watch calls changed whenever the document may be another one, until the context ends (then it returns nil), or until it cannot
	// watch any longer. It calls changed once at its beginning, when it is sure to miss nothing from there on.
	Watch(ctx context.Context, changed func()) error
}

// Revision tells one document of a source from the next: a commit, an ETag, a digest. It means something to the source only that gave it.
type Revision string

// Document is what a source had, whole.
type Document struct {
	Data     []byte
	Revision Revision
	// Name is what problems in the document are reported under: the file's name, without secrets.
	Name string
}

// ErrUnchanged says that a document is still the one that the caller has.
var ErrUnchanged = errors.New("the state file has not changed")
