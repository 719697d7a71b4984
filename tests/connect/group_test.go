package connect_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

// inAGroup has what depends on there being several workers: stories in turn, for each needs a group at rest.
func inAGroup(t *testing.T, c *cluster) {
	record := &recorder{}
	var urls []string
	for i, worker := range c.workers {
		urls = append(urls, record.before(t, i, worker.URL()))
	}
	for _, story := range []struct {
		name string
		run  func(*testing.T, *cluster, *recorder, []string)
	}{
		{"writes go to the leader", writesGoToTheLeader},
		{"what was written is read", whatWasWrittenIsRead},
		{"no call fails while workers come and go", noCallFailsWhileWorkersComeAndGo},
		{"the leader's death fails no call", theLeadersDeathFailsNoCall},
	} {
		t.Run(story.name, func(t *testing.T) { story.run(t, c, record, urls) })
	}
}

// writesGoToTheLeader sees that a client finds the leader once, and that nobody has to send on anything then.
func writesGoToTheLeader(t *testing.T, c *cluster, record *recorder, urls []string) {
	client, ctx := c.client(t, urls...), t.Context()
	file := lines(t, 1)
	names := numbered("leader", 6)
	require.NoError(t, connect.Each(ctx, 1, names, func(ctx context.Context, name string) error {
		_, err := client.Create(ctx, name, source("leader", file), connect.InitialStopped)
		return err
	}).Err())
	writes := writesOf(record.taken())
	leader := writes[len(writes)-1].endpoint
	for i, write := range writes {
		assert.True(t, write.direct, "%+v", write)
		if i >= len(writes)-len(names) {
			assert.Equal(t, leader, write.endpoint)
			assert.Equal(t, http.StatusCreated, write.status, "%+v", write)
		} else {
			assert.Equal(t, http.StatusConflict, write.status, "%+v", write)
		}
	}
	assert.LessOrEqual(t, len(writes), len(names)+2, "others are asked once each at most")

	require.NoError(t, connect.Each(ctx, 0, names, client.Delete).Err())
	for _, write := range writesOf(record.taken()) {
		assert.Equal(t, request{endpoint: leader, method: "DELETE", path: write.path, direct: true, status: http.StatusNoContent}, write)
	}
	_, _, err := c.client(t, urls[(leader+1)%3]).PutConfig(ctx, "sent-on", source("leader", file))
	require.NoError(t, err, "a client that knows a follower alone")
	require.NoError(t, c.client(t, urls[(leader+1)%3], urls[(leader+2)%3]).Delete(ctx, "sent-on"), "and one that knows followers alone")
}

func writesOf(requests []request) (writes []request) {
	for _, one := range requests {
		if one.method != http.MethodGet {
			writes = append(writes, one)
		}
	}
	return writes
}

// whatWasWrittenIsRead reads at once, on every worker, with a client that writes through one in particular.
func whatWasWrittenIsRead(t *testing.T, c *cluster, record *recorder, urls []string) {
	ctx, file := t.Context(), lines(t, 1)
	for i := range urls {
		name := fmt.Sprintf("read%d", i)
		client := c.client(t, urls[i:]...)
		_, err := client.Create(ctx, name, source("read", file), "")
		require.NoError(t, err)
		_, err = client.Status(ctx, name)
		require.NoError(t, err)
		listed, err := client.ListConnectors(ctx)
		require.NoError(t, err)
		assert.Contains(t, listed, name)

		require.NoError(t, client.Delete(ctx, name))
		_, err = client.Status(ctx, name)
		require.ErrorIs(t, err, connect.ErrNotFound)
		listed, err = client.ListConnectors(ctx)
		require.NoError(t, err)
		assert.NotContains(t, listed, name)
	}
	t.Log(tally(record.taken()))
}

// noCallFailsWhileWorkersComeAndGo makes all kinds of calls, eight at a time, while the group rebalances.
func noCallFailsWhileWorkersComeAndGo(t *testing.T, c *cluster, record *recorder, urls []string) {
	client, file := c.client(t, urls...), lines(t, 1)
	ended := make(chan connect.Failures, 1)
	go func() {
		ended <- connect.Each(t.Context(), 0, numbered("churn", 10), func(ctx context.Context, name string) error {
			return liveAndDie(ctx, client, name, file)
		})
	}()
	joined := c.start(t)
	require.NotNil(t, joined)
	assert.NoError(t, joined.Stop())
	require.NoError(t, (<-ended).Err())
	t.Log(tally(record.taken()))
	names, err := client.Connectors(t.Context())
	require.NoError(t, err)
	assert.NotContains(t, strings.Join(names, " "), "churn")
}

// liveAndDie is the life of one connector.
func liveAndDie(ctx context.Context, client *connect.Client, name, file string) error {
	if _, err := client.Create(ctx, name, source("churn", file), ""); err != nil {
		return err
	}
	if _, err := await(ctx, client, name, connect.Status.AllRunning); err != nil {
		return err
	}
	changed := source("churn-more", file)
	if _, _, err := client.PutConfig(ctx, name, changed); err != nil {
		return err
	}
	config, err := client.Config(ctx, name)
	if err != nil || config["topic"] != changed["topic"] {
		return fmt.Errorf("config of %s is %v after the change: %w", name, config, err)
	}
	if _, err := client.Restart(ctx, name, connect.RestartOptions{IncludeTasks: true}); err != nil {
		return err
	}
	if _, err := client.Tasks(ctx, name); err != nil {
		return err
	}
	if err := client.Stop(ctx, name); err != nil {
		return err
	}
	if _, err := client.ResetOffsets(ctx, name); err != nil {
		return err
	}
	return client.Delete(ctx, name)
}

// theLeadersDeathFailsNoCall has connectors created when the leader was killed and nobody in the group knows: by a client that
// knows all workers, and by one that knows a follower alone, which cannot reach the leader then.
func theLeadersDeathFailsNoCall(t *testing.T, c *cluster, record *recorder, urls []string) {
	client, file := c.client(t, urls...), lines(t, 1)
	record.taken()
	create(t, client, "death", source("death", file))
	writes := writesOf(record.taken())
	leader := writes[len(writes)-1].endpoint
	for _, url := range urls { // a worker that rebalances does not answer this
		_, err := c.client(t, url).Tasks(t.Context(), "death")
		require.NoError(t, err)
	}
	require.NoError(t, c.workers[leader].Kill())

	names := numbered("death", 6)
	clients := map[string]*connect.Client{names[0]: c.client(t, urls[(leader+1)%3])}
	require.NoError(t, connect.Each(t.Context(), 2, names, func(ctx context.Context, name string) error {
		_, err := cmp.Or(clients[name], client).Create(ctx, name, source("death", file), connect.InitialStopped)
		return err
	}).Err())
	requests := record.taken()
	t.Log(tally(requests))
	assert.True(t, slices.ContainsFunc(requests, func(one request) bool {
		return one.status == http.StatusInternalServerError && strings.HasPrefix(one.message, "IO Error trying to forward")
	}), "what a follower says that cannot reach the leader")
	there, err := client.Connectors(t.Context())
	require.NoError(t, err)
	assert.Subset(t, there, names)
	record.taken()
	require.NoError(t, connect.Each(t.Context(), 0, names, client.Delete).Err())
	for _, write := range writesOf(record.taken()) {
		assert.True(t, write.direct, "the successor is known: %+v", write)
	}
}
