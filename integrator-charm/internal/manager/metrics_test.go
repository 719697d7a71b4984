package manager_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMetricsTellHowClustersAreKept(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.keep(lines)
	s.until(func() bool { return s.status().Connectors["running"] == 1 }) // the look after the sync
	families, err := s.metrics.Gather()
	require.NoError(t, err)
	values := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var labels []string
			for _, label := range metric.GetLabel() {
				labels = append(labels, label.GetName()+"="+label.GetValue())
			}
			values[family.GetName()+" "+strings.Join(labels, ",")] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"connect_manager_syncs_total cluster=main,result=ok":      1,
		"connect_manager_changes_total change=added,cluster=main": 1,
		"connect_manager_cluster_up cluster=main":                 1,
		"connect_manager_active cluster=main":                     1,
		"connect_manager_connectors cluster=main,state=running":   1,
		"connect_manager_connectors cluster=main,state=failed":    0,
		"connect_manager_drifted_connectors cluster=main":         0,
		"connect_manager_given_up_connectors cluster=main":        0,
		"connect_manager_state_file_problems cluster=main":        0,
	} {
		found, is := values[name]
		assert.True(t, is, name)
		assert.InDelta(t, want, found, 0, name)
	}
	assert.Positive(t, values["connect_manager_source_read_timestamp_seconds cluster=main"])
}
