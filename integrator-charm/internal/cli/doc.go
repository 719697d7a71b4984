// Package cli is the command line of connect-manager: one command in each cmd_ file. It reads flags, asks packages
// cluster, state and connectors, and writes what came of it. What a person asked for goes to Out; notes, questions and
// progress go to Err. It holds no rule of what is to be done to connectors.
package cli
