package connect_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/secret"
)

func TestEachErrorHasItsKind(t *testing.T) {
	t.Parallel()
	kinds := []error{
		connect.ErrUnauthorized, connect.ErrForbidden, connect.ErrNotFound, connect.ErrAlreadyExists,
		connect.ErrRebalancing, connect.ErrUnavailable, connect.ErrUnknownPlugin,
	}
	long := strings.Repeat("n", 400)
	cases := []struct {
		status  int
		message string
		want    error
	}{
		{401, "", connect.ErrUnauthorized},
		{403, "no", connect.ErrForbidden},
		{404, "Connector a not found", connect.ErrNotFound},
		{409, "Connector a already exists", connect.ErrAlreadyExists},
		{409, "Connector " + long + " already exists", connect.ErrAlreadyExists},
		{409, stale, connect.ErrRebalancing},
		{409, "already exists, maybe", connect.ErrRebalancing},
		{500, expected, connect.ErrRebalancing},
		{503, "", connect.ErrUnavailable},
		{400, "Failed to find any class that implements Connector and which name matches x", connect.ErrUnknownPlugin},
		{500, "org.apache.kafka.connect.runtime.rest.errors.BadRequestException: Failed to find any class that implements Connector and which name matches x, available connectors are: " + long, connect.ErrUnknownPlugin},
		{500, "boom", nil},
		{400, "bad", nil},
	}
	for _, c := range cases {
		worker := startWorker(t, fails(c.status, c.message))
		client, _ := newClient(t, connect.Config{Endpoints: []string{worker.URL}, Backoff: tooLong})
		err := client.Delete(t.Context(), "a")
		for _, kind := range kinds {
			if kind == c.want {
				assert.ErrorIs(t, err, kind, "%d %s", c.status, c.message)
			} else {
				assert.NotErrorIs(t, err, kind, "%d %s", c.status, c.message)
			}
		}
	}
}

func TestErrorTellsRequestStatusAndMessage(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, fails(404, "Connector a\n not found"))
	client, _ := clientOf(t, worker.URL)
	err := client.Delete(t.Context(), "a")
	assert.Equal(t, &connect.APIError{Method: "DELETE", Path: "/connectors/a", Status: 404, Message: "Connector a not found"}, err)
	assert.EqualError(t, err, "DELETE /connectors/a: 404 Not Found: Connector a not found")
}

func TestMessagesAreCutAndKeepBothEnds(t *testing.T) {
	t.Parallel()
	for _, filling := range []string{strings.Repeat("x", 5000), strings.Repeat("ü", 5000)} {
		worker := startWorker(t, fails(400, "begin "+filling+" end"))
		client, _ := clientOf(t, worker.URL)
		err := client.Delete(t.Context(), "a").(*connect.APIError)
		assert.Len(t, []rune(err.Message), 300)
		assert.True(t, strings.HasPrefix(err.Message, "begin ") && strings.HasSuffix(err.Message, " end"))
	}
}

func TestErrorsAndLogsNeverShowSecrets(t *testing.T) {
	t.Parallel()
	const secretText, longer = "hunter2", "hunter2-and-more"
	config := map[string]string{
		"connector.class": "C", "database.password": secretText, "connection.token": longer,
		"sasl.jaas.config": `x password="hunter2";`,
	}
	echo := func(out http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		fails(400, "bad: "+secretText+" "+longer+" http://joe:hunter2x@db/ "+in.Header.Get("X")+string(body))(out, in)
	}
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	worker := startWorker(t, fails(409, "retry "+secretText), echo)
	client, _ := newClient(t, connect.Config{
		Endpoints: []string{worker.URL}, Username: "u", Password: secret.New("hunter2"), Log: log,
	})
	_, createErr := client.Create(t.Context(), "a", config, "")
	_, _, putErr := client.PutConfig(t.Context(), "a", config)
	_, validateErr := client.Validate(t.Context(), "C", config)
	for _, err := range []error{createErr, putErr, validateErr} {
		require.Error(t, err)
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "hunter2")
		assert.NotContains(t, err.Error(), "and-more")
	}
	assert.Contains(t, logged.String(), "the cluster is rebalancing")
	assert.NotContains(t, logged.String(), "hunter2")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		assert.Equal(t, client.String(), fmt.Sprintf(verb, client))
	}
}

func TestCredentialsAreSent(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, func(out http.ResponseWriter, in *http.Request) {
		user, password, _ := in.BasicAuth()
		if user != "relation-7" || password != "p:ss" {
			out.WriteHeader(http.StatusUnauthorized)
			return
		}
		says(200, `[]`)(out, in)
	})
	client, _ := newClient(t, connect.Config{Endpoints: []string{worker.URL}, Username: "relation-7", Password: secret.New("p:ss")})
	_, err := client.Connectors(t.Context())
	require.NoError(t, err)

	wrong, _ := newClient(t, connect.Config{Endpoints: []string{worker.URL}, Username: "relation-7", Password: secret.New("old")})
	_, err = wrong.Connectors(t.Context())
	require.ErrorIs(t, err, connect.ErrUnauthorized)
	assert.Contains(t, err.Error(), "check username and password")
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := startWorker(t, says(200, `[]`))
	worker := startWorker(t, func(out http.ResponseWriter, in *http.Request) {
		http.Redirect(out, in, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	client, _ := clientOf(t, worker.URL)
	_, err := client.Connectors(t.Context())
	require.Error(t, err)
	assert.Empty(t, elsewhere.asked())
}

func TestAnswerThatIsNotJSONIsTold(t *testing.T) {
	t.Parallel()
	worker := startWorker(t, says(200, "<html>hunter2</html>"))
	client, _ := clientOf(t, worker.URL)
	_, err := client.Connectors(t.Context())
	require.ErrorContains(t, err, "is this the REST API of Kafka Connect?")
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestAnswerWithoutEndIsCutOff(t *testing.T) {
	t.Parallel()
	chunk := bytes.Repeat([]byte{' '}, 1<<20)
	worker := startWorker(t, func(out http.ResponseWriter, in *http.Request) {
		for in.Context().Err() == nil {
			if _, err := out.Write(chunk); err != nil {
				return
			}
		}
	})
	client, waited := unhurriedOf(t, worker.URL)
	_, err := client.Connectors(t.Context())
	require.ErrorContains(t, err, "larger than 64 MiB")
	assert.Zero(t, waited.count())
}
