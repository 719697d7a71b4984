package controltopic

import "time"

// RetryAfter has messages tried again earlier, and topics be found earlier.
func (r *Reader) RetryAfter(first, most time.Duration) { r.retry = backoff{first, most} }

// What a partition may have waiting.
const (
	WindowRecords = windowRecords
	WindowBytes   = windowBytes
)
