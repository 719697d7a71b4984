package connect_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
)

// leads and follows answer as workers of a group do; a follower sends on what it may. Asked for the connector, they show
// another configuration than what is put.
func leads(out http.ResponseWriter, in *http.Request) {
	says(200, `{"name":"a","config":{"x":"before"}}`)(out, in)
}

func follows(out http.ResponseWriter, in *http.Request) {
	if in.URL.Query().Get("forward") == "false" {
		fails(409, noLeader)(out, in)
		return
	}
	leads(out, in)
}

func put(t *testing.T, client *connect.Client) {
	t.Helper()
	_, _, err := client.PutConfig(t.Context(), "a", nil)
	require.NoError(t, err)
}

const (
	directly = "PUT /connectors/a/config?forward=false {}"
	plainly  = "PUT /connectors/a/config {}"
)

func TestTheLeaderIsFoundAndRemembered(t *testing.T) {
	t.Parallel()
	one, two, three := startWorker(t, follows), startWorker(t, follows), startWorker(t, leads)
	client, waited := newClient(t, connect.Config{Endpoints: []string{one.URL, two.URL, three.URL}})
	put(t, client)
	put(t, client)
	assert.Equal(t, []string{directly}, one.asked())
	assert.Equal(t, []string{directly}, two.asked())
	assert.Equal(t, []string{directly, directly}, three.asked())
	assert.Zero(t, waited.count())

	_, err := client.Status(t.Context(), "a")
	require.NoError(t, err)
	assert.Len(t, three.asked(), 3, "who has made a change knows of it first")
}

func TestTheLeadersSuccessorIsFound(t *testing.T) {
	t.Parallel()
	one, two := startWorker(t, leads, follows), startWorker(t, leads)
	client, _ := clientOf(t, one.URL, two.URL)
	for range 3 {
		put(t, client)
	}
	assert.Equal(t, []string{directly, directly}, one.asked())
	assert.Equal(t, []string{directly, directly}, two.asked())
}

func TestWhereNoEndpointLeadsTheRequestIsSentOn(t *testing.T) {
	t.Parallel()
	one, two := startWorker(t, follows), startWorker(t, follows)
	client, waited := clientOf(t, one.URL, two.URL)
	put(t, client)
	assert.Equal(t, []string{directly, plainly}, one.asked())
	assert.Equal(t, []string{directly}, two.asked())
	assert.Zero(t, waited.count())

	put(t, client)
	assert.Equal(t, []string{directly, plainly, plainly}, one.asked(), "nobody is asked in vain again")
	waited.pass(31 * time.Second)
	put(t, client)
	assert.Len(t, two.asked(), 2, "but for a while")
}

func TestADeadLeaderIsPassedOver(t *testing.T) {
	t.Parallel()
	follower := startWorker(t, func(out http.ResponseWriter, in *http.Request) {
		if in.URL.RawQuery == "" {
			says(200, `{}`)(out, in)
			return
		}
		follows(out, in)
	})
	client, waited := clientOf(t, dead, follower.URL)
	put(t, client)
	assert.Zero(t, waited.count())
	assert.Equal(t, []string{directly, plainly}, follower.asked())
	put(t, client)
	assert.Equal(t, []string{directly, plainly, directly, plainly}, follower.asked(), "one may come back and lead")
}

// What else goes wrong in a direct request goes wrong as it ever did, and no other endpoint gets the request beside.
func TestADirectRequestThatFailsIsAnOrdinaryFailure(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer http.HandlerFunc
		waits  int
		want   error
		second []string
	}{
		"refused":            {fails(400, "bad"), 0, errAny, nil},
		"exists":             {fails(409, "Connector a already exists"), 0, connect.ErrAlreadyExists, nil},
		"rebalancing":        {fails(409, stale), 1, nil, []string{directly}},
		"connection broken":  {breaks, 0, nil, []string{directly}},
		"nobody behind":      {says(502, ""), 0, nil, []string{directly}},
		"cannot reach it":    {fails(500, forwardFail), 1, nil, []string{directly}},
		"too many requests":  {says(429, ""), 1, nil, []string{directly}},
		"not Kafka Connect":  {says(200, "<html>"), 0, errAny, nil},
		"no such connector":  {fails(404, "not found"), 0, connect.ErrNotFound, nil},
		"account of no help": {says(401, ""), 0, connect.ErrUnauthorized, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := startWorker(t, c.answer, leads), startWorker(t, leads)
			client, waited := clientOf(t, one.URL, two.URL)
			_, _, err := client.PutConfig(t.Context(), "a", nil)
			switch c.want {
			case nil:
				require.NoError(t, err)
			case errAny:
				require.Error(t, err)
			default:
				require.ErrorIs(t, err, c.want)
			}
			assert.Equal(t, []string{directly}, withoutLooks(one.asked()))
			assert.Equal(t, c.second, withoutLooks(two.asked()))
			assert.Equal(t, c.waits, waited.count())
		})
	}
}

// withoutLooks leaves out the looks whether a request that broke was carried out.
func withoutLooks(requests []string) (changes []string) {
	for _, request := range requests {
		if !strings.HasPrefix(request, "GET") {
			changes = append(changes, request)
		}
	}
	return changes
}

var errAny = errors.New("any")

func TestOneEndpointIsNeverAskedWhetherItLeads(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, leads)
	client, _ := clientOf(t, worker.URL)
	put(t, client)
	assert.Equal(t, []string{plainly}, worker.asked())
}

// The others are for any worker, or for the one that has the connector.
func TestWhatIsTheLeadersToDo(t *testing.T) {
	t.Parallel()
	type client = *connect.Client
	restart := func(options connect.RestartOptions) func(context.Context, client) error {
		return func(ctx context.Context, c client) error { _, err := c.Restart(ctx, "a", options); return err }
	}
	cases := map[string]struct {
		do     func(context.Context, client) error
		direct bool
	}{
		"create":        {func(ctx context.Context, c client) error { _, err := c.Create(ctx, "a", nil, ""); return err }, true},
		"put":           {func(ctx context.Context, c client) error { _, _, err := c.PutConfig(ctx, "a", nil); return err }, true},
		"patch":         {func(ctx context.Context, c client) error { _, err := c.PatchConfig(ctx, "a", nil); return err }, true},
		"delete":        {func(ctx context.Context, c client) error { return c.Delete(ctx, "a") }, true},
		"stop":          {func(ctx context.Context, c client) error { return c.Stop(ctx, "a") }, true},
		"alter offsets": {func(ctx context.Context, c client) error { _, err := c.AlterOffsets(ctx, "a", nil); return err }, true},
		"reset offsets": {func(ctx context.Context, c client) error { _, err := c.ResetOffsets(ctx, "a"); return err }, true},
		"restart tasks": {restart(connect.RestartOptions{IncludeTasks: true}), true},
		"restart":       {restart(connect.RestartOptions{}), false},
		"restart task":  {func(ctx context.Context, c client) error { return c.RestartTask(ctx, "a", 0) }, false},
		"pause":         {func(ctx context.Context, c client) error { return c.Pause(ctx, "a") }, false},
		"resume":        {func(ctx context.Context, c client) error { return c.Resume(ctx, "a") }, false},
		"status":        {func(ctx context.Context, c client) error { _, err := c.Status(ctx, "a"); return err }, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := startWorker(t, says(204, "")), startWorker(t, says(204, ""))
			client, _ := clientOf(t, one.URL, two.URL)
			require.NoError(t, c.do(t.Context(), client))
			require.Len(t, one.asked(), 1)
			assert.Equal(t, c.direct, strings.Contains(one.asked()[0], "forward=false"), one.asked()[0])
			assert.Empty(t, two.asked())
		})
	}
}
