package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// attempt asks a source once.
type attempt func(ctx context.Context, have Revision) (Document, error)

// fetch is what every Fetch does around its attempts: the time limit, repeats, what holds for any document, the source's name in errors.
func (o Options) fetch(ctx context.Context, name string, have Revision, try attempt) (Document, error) {
	ctx, end := context.WithTimeoutCause(ctx, o.Limits.Total, errOvertime)
	defer end()
	document, err := o.repeated(ctx, have, try)
	switch {
	case err != nil:
	case document.Revision == have && have != "":
		err = ErrUnchanged
	case len(document.Data) == 0:
		err = failed(Empty, "the file is empty, which would mean to remove every connector; for that, write connectors: []")
	}
	if err != nil {
		return Document{}, named(ctx, o.Limits, name, err)
	}
	return document, nil
}

// longestPause is how long one Fetch does as the server asks, instead of handing its wish on (Error.Later).
const longestPause = 5 * time.Second

func (o Options) repeated(ctx context.Context, have Revision, try attempt) (Document, error) {
	pause := o.Limits.Pause
	for left := o.Limits.Attempts; ; left-- {
		document, err := try(ctx, have)
		var failure *Error
		if !errors.As(err, &failure) || left <= 1 || !mayPass(failure) {
			return document, err
		}
		if wait(ctx, max(pause, failure.Later)) != nil {
			return Document{}, err
		}
		pause *= 2
	}
}

// mayPass says whether the same question may have another answer in a moment.
func mayPass(failure *Error) bool {
	switch failure.Reason {
	case Unreachable, Unfinished:
		return true
	case Busy:
		return failure.Later <= longestPause
	default:
		return false
	}
}

// digest is the revision of documents whose source has no name for it.
func digest(data []byte) Revision {
	sum := sha256.Sum256(data)
	return Revision("sha256:" + hex.EncodeToString(sum[:]))
}
