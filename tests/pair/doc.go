// Package pair is the pair of charms in a model of package jujutest, on a real broker, for whoever tests or measures it: the
// built charms, what they live on, and the clients and plugins that they are given. It is not a test: it knows no testing.T.
package pair
