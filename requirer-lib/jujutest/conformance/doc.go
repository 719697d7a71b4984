// Package conformance holds jujutest to Juju: the same scenarios run on both, and what units met there is compared.
//
// A scenario (testdata/SUBSTRATE/*.scenario) is a list of steps, such as a relation or a new unit, and of the hook-tool
// command lines that units run in their hooks. All units are of one small charm (the probe directory), whose dispatch records
// each hook with its subject, and each command line with what it printed and its exit code. [Run] takes the steps on a
// [Backend], lets the model come to rest after each, and gives the transcript: what every unit recorded in every step.
//
// The recordings of a real controller are testdata/SUBSTRATE/*.golden. Package connectcharms/tests/juju/conformance makes
// them; the tests here compare jujutest with them, without Juju. What the two may differ in, and why, is in
// docs/conformance.md.
//
// # What is compared
//
// Everything, in its order, but for what must differ from run to run: see normalise. Juju gives no order between events of
// different relations or secrets of one unit. A scenario therefore makes one change at a time; where one change still leads to
// several such events, its step is marked with "~" and the hooks of a unit in it are compared without regard to their order.
package conformance
