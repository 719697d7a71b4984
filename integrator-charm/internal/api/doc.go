// Package api is Connect Manager's HTTP interface: the routes, who may use them, and how errors are told. It decides
// nothing about connectors: that is package manager's, which it sees through the interface [Manager].
//
//	request ──► limits ──► who is it (token, session or socket) ──► route ──► Manager ──► JSON, text or events
//
// What each route takes and answers is in openapi.yaml, and the tests hold the routes to it.
package api
