// Package controltopic reads connectors' control messages from Kafka and hands them to whoever keeps them. It is a member of a
// consumer group: an offset is committed when its message, and all before it in its partition, are kept or given up for good. So
// after any crash a message comes again rather than never; whoever keeps them knows one that it has.
//
// Messages of one connector are taken in their order, those of several at the same time. One that cannot be taken now, for the cluster
// does not answer, is tried again and again, and holds up only its own connector: the partition is read on until it has as
// much waiting as a window holds (see partition.go). One that never can be taken goes to the dead-letter topic as a whole, with headers that
// say where it was and why, and holds up nobody.
//
// It judges no message, and knows no overlay: package manager does.
package controltopic
