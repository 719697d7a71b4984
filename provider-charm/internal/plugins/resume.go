package plugins

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// resumePause is the wait before a broken download goes on for the first time. It doubles with each further time.
const resumePause = 200 * time.Millisecond

// resume goes on with a body that broke off, where the server can: with the bytes that are missing, and only if the file
// is still the same (RFC 9110, 14.2 and 13.1.5). It returns nil when there is more to be read. A file that changed meanwhile
// is an error: what came of the old one is unpacked already, and the next installation starts anew.
func (d *download) resume(broken error) *InstallError {
	failure := d.broken(broken)
	for failure.Reason == CutShort && d.validator != "" && d.resumed < d.limits.Resumes {
		if !d.pause() {
			return networkError(d.ctx, d.limits, d.ctx.Err())
		}
		d.resumed++
		response, err := d.ask(http.Header{"Range": {fmt.Sprintf("bytes=%d-", d.size)}, "If-Range": {d.validator}})
		d.watch.Stop()
		if err != nil {
			var refused *InstallError
			if errors.As(err, &refused) && refused.Reason != Unreachable && refused.Reason != CutShort {
				return refused
			}
			continue
		}
		if !d.continues(response) {
			_ = response.Body.Close() // it is of no use
			return failed(CutShort, "the download broke off, and the server does not go on with it")
		}
		_ = d.response.Body.Close() // it has ended
		d.response = response
		return nil
	}
	return failure
}

// pause waits, and says whether there is still time.
func (d *download) pause() bool {
	timer := time.NewTimer(resumePause << d.resumed)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-d.ctx.Done():
		return false
	}
}

// validatorOf is what tells the server which file is gone on with; empty when its answer has nothing that is sure. A time
// is sure when the file was not written in the second of the answer.
func validatorOf(header http.Header) string {
	if !strings.EqualFold(header.Get("Accept-Ranges"), "bytes") || header.Get("Content-Encoding") != "" {
		return ""
	}
	if tag := header.Get("Etag"); strings.HasPrefix(tag, `"`) { // a weak one begins with W/
		return tag
	}
	modified, err := http.ParseTime(header.Get("Last-Modified"))
	sent, sentErr := http.ParseTime(header.Get("Date"))
	if err != nil || sentErr != nil || sent.Sub(modified) < time.Second {
		return ""
	}
	return header.Get("Last-Modified")
}

// continues says whether an answer is what is missing, of the same file.
func (d *download) continues(answer *http.Response) bool {
	var first, last, size int64
	_, err := fmt.Sscanf(answer.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &size)
	tag := answer.Header.Get("Etag")
	return answer.StatusCode == http.StatusPartialContent && err == nil && first == d.size && last == size-1 &&
		size <= d.limits.Download && (tag == "" || !strings.HasPrefix(d.validator, `"`) || tag == d.validator)
}
