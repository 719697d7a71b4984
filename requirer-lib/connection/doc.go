// Package connection says what a connection is, and how it is: the spec that a person gives (which systems, with which
// credentials) and the status that a machine finds (of each system whether it is reached, as whom, and if not why).
// docs/connections.md is the reference, schemas/connection.json the JSON Schema.
//
//	text ──► [Parse]: all that is wrong, at once ──► [Spec]
//	                                                  │
//	          [New] ──► NONE ──► [Status.Begin] ──► ATTEMPTING ──► [Status.After] a [Result] ──► SUCCESS, EXPIRED, FAILED
//	                                                                                              │
//	                                     the older `authentication`, derived ◄── [Status.WithAuthentication]
//
// It opens no connection and reads no secret: a spec has references in place of secrets, and package probe of a module of its
// own asks the systems. Everything here is pure.
package connection
