// Package alerts holds the charm's alert rules and its dashboard against Prometheus' own language: every expression is
// parsed, every alert fires when it should and does not when it should not, and every metric that they name is one that
// docs/observability.md lists. That the list is what is really exposed is tested where the metrics are made.
package alerts
