// Package settings reads Connect Manager's configuration: one YAML file, and environment variables that win over what it
// says of the current context. It opens no connection and reads no password: package cluster does, for one context.
//
// The file is strict. A field that nobody reads, a key twice, a wrong type: all problems are told at once, each with its
// line. None of them quotes a value.
package settings
