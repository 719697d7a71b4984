// Package connect is a typed client of the Kafka Connect REST API, whole, as
// workers of 3.9 to 4.3 have it. It does not decide what connectors there should
// be, and it knows nothing of Juju.
//
// Several endpoints: it goes on to the next one when one does not serve, and
// sends changes to the one that leads the group, which is faster by up to ten
// times (leader.go).
//
// What passes is waited out, up to the context's end or Config.Patience: a
// rebalance, whichever of the statuses 409 and 500 tells of it, no connection,
// too many requests (policy.go). A request whose outcome nobody knows is sent
// again, and is safe to be: of a connector's name there is only one.
//
// What a client has just written it reads: for five seconds, an answer that does
// not show it yet is asked for again (recent.go).
//
// Many connectors: Each, eight at a time.
//
// Secrets: TLS is always verified. Errors and logs show neither the client's
// password nor values that go by a secret's name, and what comes from a worker
// hides them when it is printed (Settings). Answers are read up to 64 MiB.
//
// API: https://kafka.apache.org/documentation/#connect_rest
package connect
