// Package notify tells owners about their connectors: by webhook, in a chat, by mail.
//
// What is to be told goes through stages, in this order:
//
//	match owner ─► silence ─► dedup, repeat interval ─► [events] ─► group ─► [outbox] ─► deliver, with back-off ─► mark delivered
//
// What stands in brackets is on disk (package store), and each step from one to the next is one transaction: a crash at any
// moment loses nothing that was accepted. A message that was sent, and not yet marked, is sent again with the same ID. The stages are pure
// functions. Why something is not told has a name, and is counted.
//
// Addresses with tokens in them are sealed before they reach the disk, and are in no error, log or status: a receiver has a name
// that gives nothing away.
package notify
