// Package report is what benchmarks say: how samples are summed up, how tables and curves are written, and how results are
// kept, so that one section can be measured anew without the others. It measures nothing itself.
package report
