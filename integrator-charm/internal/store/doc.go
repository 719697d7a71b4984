// Package store keeps what Connect Manager must not forget: its history, the back-off of connectors that fail, what owners are
// still to be told and have been told, plans that wait for approval and who approved them, silences, what connectors have
// changed of their configuration.
//
// It is one SQLite file. A call that returned without an error is on disk, also through kill -9 and a loss of power. One
// process at a time has it open. The package has no rules of its own: what a run, a plan or a notice means is known to those who
// write it, and their documents are kept as they are, so that history stays readable when a document gets another shape.
//
// No secret is written here in clear: what a delivery needs of an address, and what connectors have changed, is sealed by its owner
// (package seal).
package store
