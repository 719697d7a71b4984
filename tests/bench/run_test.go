package bench_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/bench"
	"connectcharms/tests/bench/report"
)

// measured is a benchmark that measures one thing at once.
func measured(name string, value float64) bench.Benchmark {
	return bench.Benchmark{Name: name, Run: func(context.Context, *bench.Stage) (report.Section, error) {
		return report.Section{Title: name, Tables: []report.Table{{Rows: []report.Row{{What: "it", Ours: report.Sample{value}}}}}}, nil
	}}
}

func TestABenchmarkThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := func(only []string, all ...bench.Benchmark) error {
		return bench.Run(t.Context(), all, bench.RunOptions{Only: only, Out: dir, Log: t.Output()})
	}
	require.NoError(t, run(nil, measured("first", 1), measured("second", 2)))
	var left string
	failing := bench.Benchmark{Name: "first", Run: func(_ context.Context, s *bench.Stage) (report.Section, error) {
		left = s.Dir
		return report.Section{}, fmt.Errorf("%s: no broker", filepath.Join(s.Dir, "broker"))
	}}
	require.ErrorContains(t, run(nil, failing, measured("second", 22)), "broker: no broker")
	kept, err := report.Load(dir)
	require.NoError(t, err)
	require.Len(t, kept.Sections, 2)
	assert.Equal(t, "broker: no broker", kept.Sections[0].Failure, "without a directory that is gone")
	assert.Equal(t, report.Sample{1}, kept.Sections[0].Rows()[0].Ours, "what it had measured stays")
	assert.Equal(t, report.Sample{22}, kept.Sections[1].Rows()[0].Ours)
	assert.NotEmpty(t, kept.Sections[1].Taken.Versions)
	assert.NoDirExists(t, left)
}

func TestOneSectionIsMeasuredWithoutTheOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	options := bench.RunOptions{Out: dir, Log: t.Output()}
	require.NoError(t, bench.Run(t.Context(), []bench.Benchmark{measured("first", 1), measured("second", 2)}, options))
	options.Only = []string{"second"}
	require.NoError(t, bench.Run(t.Context(), []bench.Benchmark{measured("first", 11), measured("second", 22)}, options))
	kept, err := report.Load(dir)
	require.NoError(t, err)
	assert.Equal(t, report.Sample{1}, kept.Sections[0].Rows()[0].Ours)
	assert.Equal(t, report.Sample{22}, kept.Sections[1].Rows()[0].Ours)
	options.Only = []string{"third"}
	require.ErrorContains(t, bench.Run(t.Context(), []bench.Benchmark{measured("first", 1)}, options), `no benchmark "third"; there are first`)
}

func TestABenchmarkHasItsTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	endless := bench.Benchmark{Name: "endless", Limit: time.Millisecond, Run: func(ctx context.Context, _ *bench.Stage) (report.Section, error) {
		<-ctx.Done()
		return report.Section{}, ctx.Err()
	}}
	require.ErrorContains(t, bench.Run(t.Context(), []bench.Benchmark{endless}, bench.RunOptions{Out: dir, Log: t.Output()}), "it took longer than 1ms")
	require.FileExists(t, filepath.Join(dir, report.Document))
	_, err := os.Stat(filepath.Join(dir, report.Pictures))
	require.NoError(t, err)
}
