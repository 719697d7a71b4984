package plugins

import (
	"cmp"
	"time"
)

// Limits bounds what one installation may cost its unit. A field that is zero takes the value of DefaultLimits.
type Limits struct {
	// Download is the most bytes of the answer's body that are read.
	Download int64
	// Unpacked is the most bytes the archive may have once decompressed, and the most bytes its files may have together.
	Unpacked int64
	// Files is the most files and directories the archive may make, directories that it only implies included.
	Files int
	// Total is the longest that asking, downloading and unpacking may take together.
	Total time.Duration
	// Stall is the longest wait for the next byte: for the connection, for the answer's headers, for more of the body.
	Stall time.Duration
	// Reserve is how many bytes of the store's disk stay free; a negative value keeps none.
	Reserve int64
	// Resumes is how often a download that broke off goes on, where the server can; a negative value is never.
	Resumes int
	// Redirects is how many redirects are followed; a negative value follows none.
	Redirects int
}

// DefaultLimits returns limits that every plugin seen so far passes with room to spare, and that a hostile or broken
// server cannot turn into a full disk or a hook that never ends.
func DefaultLimits() Limits {
	return Limits{
		// Debezium's largest plugin has 29 MB, the largest vendor bundles some 300 MB.
		Download: 1 << 30,
		// Jars are compressed already, so a tarball of jars hardly grows: twice the download is generous.
		Unpacked: 2 << 30,
		// A plugin is some dozen to some hundred jars, plus notes and licences.
		Files: 10_000,
		// A hook holds up its unit. 300 MB in five minutes needs 1 MB/s, less than any network that can run Kafka.
		Total: 5 * time.Minute,
		// Longer than a lost packet's retries and a server that packs the tarball only when asked.
		Stall: 30 * time.Second,
		// A full disk stops more than this charm: Kafka Connect's own logs, apt, the machine's Juju agent.
		Reserve: 256 << 20,
		// A server that breaks off more often than that is not worth a hook's time.
		Resumes: 3,
		// A trailing slash, a mirror, a presigned URL and one more of each kind: nobody needs ten.
		Redirects: 5,
	}
}

// orDefault fills the fields that are zero.
func (l Limits) orDefault() Limits {
	standard := DefaultLimits()
	return Limits{
		Download:  cmp.Or(l.Download, standard.Download),
		Unpacked:  cmp.Or(l.Unpacked, standard.Unpacked),
		Files:     cmp.Or(l.Files, standard.Files),
		Total:     cmp.Or(l.Total, standard.Total),
		Stall:     cmp.Or(l.Stall, standard.Stall),
		Reserve:   cmp.Or(l.Reserve, standard.Reserve),
		Resumes:   cmp.Or(l.Resumes, standard.Resumes),
		Redirects: cmp.Or(l.Redirects, standard.Redirects),
	}
}
