package report

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNumbersAreReadable(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0 s": Seconds.Text(0), "250 ns": Seconds.Text(2.5e-7), "12.3 µs": Seconds.Text(1.234e-5), "1.23 ms": Seconds.Text(1.234e-3),
		"59.5 s": Seconds.Text(59.5), "2.50 min": Seconds.Text(150), "512 B": Bytes.Text(512), "1.50 KiB": Bytes.Text(1536),
		"2 MiB": Bytes.Text(2 << 20), "3 GiB": Bytes.Text(3 << 30), "12,346/s": PerSecond.Text(12345.6), "0.50/s": PerSecond.Text(.5),
		"1,234,567": Count.Text(1234567), "7": Count.Text(7),
	} {
		assert.Equal(t, want, got)
	}
}

func TestASampleIsItsMedianAndItsSpread(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "2 s (1 s to 9 s)", Sample{9, 1, 2}.Text(Seconds))
	assert.Equal(t, "1.50 s (1 s to 2 s)", Sample{2, 1}.Text(Seconds))
	assert.Equal(t, "3 s", Sample{3}.Text(Seconds))
	assert.Equal(t, "–", Sample{}.Text(Seconds))
}

func TestMoreIsBetterInASecondAndLessOtherwise(t *testing.T) {
	t.Parallel()
	slower, known := Row{Ours: Sample{1, 2}, Peer: Sample{4, 2}, Unit: Seconds}.Better()
	require.True(t, known)
	assert.Equal(t, Ratio{Median: 2, Min: 1, Max: 4}, slower)
	faster, known := Row{Ours: Sample{200}, Peer: Sample{100}, Unit: PerSecond}.Better()
	require.True(t, known)
	assert.Equal(t, "2 ×", faster.String())
	for _, row := range []Row{{Ours: Sample{1}}, {Peer: Sample{1}}, {Ours: Sample{0}, Peer: Sample{0}}, {Ours: Sample{0}, Peer: Sample{1}}, {Ours: Sample{1}, Peer: Sample{0}}} {
		_, known := row.Better()
		assert.False(t, known, "%v", row)
	}
}

func TestGrowthIsSaidInWords(t *testing.T) {
	t.Parallel()
	series := func(cost func(x float64) float64) Series {
		var s Series
		for _, x := range []float64{1, 10, 100, 200} {
			s.Points = append(s.Points, Point{x, Sample{cost(x)}})
		}
		return s
	}
	assert.Equal(t, "it never doubles; from 1 to 200 it grows by 1 ×, with the power 0.0.", series(func(float64) float64 { return 3 }).Growth(Axis{}))
	assert.Equal(t, "at 200 it has doubled; from 1 to 200 it grows by 2.97 ×, with the power 0.6.",
		series(func(x float64) float64 { return 100 + x }).Growth(Axis{}))
	assert.Equal(t, "at 10 it has doubled; from 1 to 200 it grows by 40000 ×, with the power 2.0.",
		series(func(x float64) float64 { return x * x }).Growth(Axis{}))
	assert.Empty(t, Series{Points: []Point{{1, Sample{1}}, {2, Sample{2}}}}.Growth(Axis{}), "of two points nothing can be said")
}

// whole is a report with all that one can have.
func whole() Report {
	return Report{Sections: []Section{
		{
			Name: "hooks", Title: "Hooks", Question: "What does one cost?", Notes: []string{"A note."},
			Tables: []Table{{Title: "CPU", Method: "By rusage.", Rows: []Row{
				{What: "update-status", Ours: Sample{.01}, Peer: Sample{.3}, PeerName: "ops", Unit: Seconds},
				{What: "relation-changed", Ours: Sample{.02}, Peer: Sample{.01}, PeerName: "ops", Unit: Seconds},
				{What: "a | b", Ours: Sample{1}, PeerName: "nginx", Unit: Seconds, Note: "nginx is not there"},
			}}},
			Curves: []Curve{{
				Name: "by-clients", Title: "Clients", X: Axis{Label: "clients", Log: true}, Y: Axis{Label: "CPU", Unit: Seconds},
				Series: []Series{
					{"leader", []Point{{1, Sample{.01, .02}}, {10, Sample{.03}}}},
					{"other", []Point{{1, Sample{.01}}, {100, Sample{.02}}, {200, nil}}},
				},
				Knee: "None.",
			}},
		},
		{Name: "size", Title: "Size"},
	}}
}

func TestAReportShowsBestAndWorstRows(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `## Best and worst

Furthest ahead of a peer:

| section |  | ours | peer |  | ours is better by |
|---|---|--:|---|--:|--:|
| Hooks, CPU | update-status | 10 ms | ops | 300 ms | 30 × |

Furthest behind, or least ahead:

| section |  | ours | peer |  | ours is better by |
|---|---|--:|---|--:|--:|
| Hooks, CPU | relation-changed | 20 ms | ops | 10 ms | 0.50 × |

## Hooks

What does one cost?

### CPU

|  | ours | peer |  | ours is better by |  |
|---|--:|---|--:|--:|---|
| update-status | 10 ms | ops | 300 ms | 30 × |  |
| relation-changed | 20 ms | ops | 10 ms | 0.50 × |  |
| a \| b | 1 s | nginx | – | – | nginx is not there |

By rusage.

### Clients

![Clients](benchmarks/by-clients.svg)

| clients | leader | other |
|--:|--:|--:|
| 1 | 15 ms (10 ms to 20 ms) | 10 ms |
| 10 | 30 ms | – |
| 100 | – | 20 ms |
| 200 | – | – |

None.

- A note.

## Size
`, whole().Markdown())
}

func TestASectionIsMeasuredAnewWithoutTheOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	head := "# Benchmarks\n\nWords of a person.\n\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, Document), []byte(head), 0o600))
	require.NoError(t, whole().Save(dir))
	picture, err := os.ReadFile(filepath.Join(dir, "benchmarks", "by-clients.svg"))
	require.NoError(t, err)
	assert.Contains(t, string(picture), "<svg")

	kept, err := Load(dir)
	require.NoError(t, err)
	assert.Equal(t, whole(), kept)
	kept.Put(Section{Name: "size", Title: "Size of it"})
	kept.Put(Section{Name: "hooks", Failure: "it took\ntoo long"})
	kept.Put(Section{Name: "first", Title: "First"})
	kept.Order([]string{"first", "hooks", "size"})
	require.NoError(t, kept.Save(dir))
	written, err := os.ReadFile(filepath.Join(dir, Document))
	require.NoError(t, err)
	text := string(written)
	assert.Contains(t, text, head+below+"\n## Best and worst")
	assert.Contains(t, text, "## First")
	assert.Contains(t, text, "## Size of it")
	assert.Contains(t, text, "**The last run of this section failed:** it took too long\n\n### CPU", "what it had measured stays")
}
