// Package source fetches a state file from where it is kept: a local file, GitHub, S3, any git remote, any HTTPS URL. One text names any
// of them (Parse); each is a Source, and what holds for one holds for all: one conformance suite runs over them.
//
//   - A document is whole or it is an error: not cut short, not empty, not over the limit. What a connector's entry is missing from, that
//     connector is removed from the cluster; so a document that is gone is an error as well, and never one without connectors.
//   - A document that has not changed costs a question, not a transfer (ErrUnchanged).
//   - Errors say which source, what was seen, and what a person can do; secrets are in none of them.
//   - What was fetched last is the caller's to keep while a source fails. Follow does so, and says since when.
//
// The package does not know what a state file looks like: whoever follows a source brings the parser's word (Following.Check).
package source
