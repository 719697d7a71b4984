// Package serve is connect-manager serve: it reads the settings, opens what they name, puts the parts together (manager, api,
// page, store), and takes another configuration without letting go of what has not changed. It decides nothing else.
package serve
