// Package faults strikes the pair of charms while it works, and looks whether it holds.
//
// A [Stage] is the pair in a model, with a real broker, real workers and a real Pebble, and a cast: clients that stay, one that
// comes and goes, a connector of somebody else's, lines that are counted. A [Fault] does it harm. A [Campaign] draws faults
// from a seed and has them fall at random moments while hooks run: a strike. The seed alone says which, when and how, so
// that a strike that was too much can be repeated. All the while a [Checker] holds the pair to what must be so at any moment,
// and after each strike it has to come to rest within some rounds, and to be as it is wanted ([Stage.Judge]).
//
// docs/faults.md says what is struck, what is held, and what was found.
package faults
