// Package manager keeps the connectors of clusters as their state files have them.
package manager
