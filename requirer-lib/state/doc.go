// Package state reads state files: which connectors there are to be on a Kafka Connect cluster, whose they are, and what
// is done about them when they fail. docs/state-file.md is their reference, schemas/state.json their JSON Schema.
//
//	text ──► nodes with places ──► what each part says ──► merged for one environment ──► File
//	          YAML or JSON          fields, types, names     defaults, environments         │ Desired: references become values
//	                                                                                        ▼
//	                                                                              connectors.Desired
//
// [Parse] is strict, and tells all that is wrong at once, each [Problem] with its place in the text. [File.Check] has a
// cluster judge the configurations, and says what it finds in the same way. [Existing] makes a file of the connectors
// that a cluster has.
//
// What a file, the environment or a secret holds for a value is in no message: it may be a password.
package state
