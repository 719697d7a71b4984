// Package page tests Connect Manager's web page in Chromium: the built program serves it, and a Kafka Connect in memory is behind
// it.
package page
