package alerts

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/stretchr/testify/require"
)

var promQL = parser.NewParser(parser.Options{})

// epoch is where the series of a test begin; they have a value a minute.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// memory is series in promtool's notation: `up{job="a"} 1x5 0x10`. Each gets the labels of a unit.
func memory(t *testing.T, described ...string) storage.Queryable {
	t.Helper()
	var all []promql.Series
	for _, text := range described {
		of, values, err := promQL.ParseSeriesDesc(text)
		require.NoError(t, err, text)
		of = labels.NewBuilder(of).
			Set("juju_model", "m").Set("juju_model_uuid", "u").Set("juju_application", "connect").Labels()
		if of.Get("juju_unit") == "" {
			of = labels.NewBuilder(of).Set("juju_unit", "connect/0").Labels()
		}
		series := promql.Series{Metric: of}
		for i, value := range values {
			if !value.Omitted {
				at := epoch.Add(time.Duration(i) * time.Minute)
				series.Floats = append(series.Floats, promql.FPoint{T: at.UnixMilli(), F: value.Value})
			}
		}
		all = append(all, series)
	}
	return storage.QueryableFunc(func(int64, int64) (storage.Querier, error) {
		return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
			return selected(all, matchers)
		}}, nil
	})
}

func selected(all []promql.Series, matchers []*labels.Matcher) storage.SeriesSet {
	found := &seriesSet{}
	for _, series := range all {
		matches := true
		for _, matcher := range matchers {
			matches = matches && matcher.Matches(series.Metric.Get(matcher.Name))
		}
		if matches {
			found.left = append(found.left, promql.NewStorageSeries(series))
		}
	}
	return found
}

type seriesSet struct {
	current storage.Series
	left    []storage.Series
}

func (s *seriesSet) Next() bool {
	if len(s.left) == 0 {
		return false
	}
	s.current, s.left = s.left[0], s.left[1:]
	return true
}
func (s *seriesSet) At() storage.Series                { return s.current }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// firing evaluates an alert every minute, as Prometheus would, and gives the label sets for which it fires in the end:
// those for which it was true for long enough without a break.
func firing(t *testing.T, series storage.Queryable, expression string, patience time.Duration, minutes int) []labels.Labels {
	t.Helper()
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: promQL})
	since := map[string]time.Time{}
	var fires []labels.Labels
	for minute := range minutes + 1 {
		now := epoch.Add(time.Duration(minute) * time.Minute)
		query, err := engine.NewInstantQuery(context.Background(), series, nil, expression, now)
		require.NoError(t, err)
		vector, err := query.Exec(context.Background()).Vector()
		require.NoError(t, err)
		active := map[string]time.Time{}
		fires = nil
		for _, sample := range vector {
			key := sample.Metric.String()
			active[key] = now
			if began, was := since[key]; was {
				active[key] = began
			}
			if now.Sub(active[key]) >= patience {
				fires = append(fires, sample.Metric)
			}
		}
		since = active
		query.Close()
	}
	return fires
}
