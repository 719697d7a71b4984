// Package certificates is how a unit comes by the certificate that clients see: a key and a request for it, the requirer's
// end of the interface tls-certificates (v1 of its format: one request per unit, in the unit's databag; all answers in
// the provider's application databag), or a secret of the operator. What comes in is checked before anything serves
// it: a Certificate belongs to its key, is valid now, leads to its CA and names the unit.
//
// It writes no files and talks to nobody. What workers show each other is package identity.
package certificates
