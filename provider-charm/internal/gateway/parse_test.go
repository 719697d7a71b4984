package gateway

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is accepted is plain, is read back as itself, and names the connector that was checked.
func FuzzRoute(f *testing.F) {
	for _, path := range []string{
		"/", "/connectors", "/connectors/a/config", "/connectors/%61/tasks/0/status/", "/connectors/a%2f..", "//", "/connectors/../a",
		"/connector-plugins/a$b/config/validate", "/admin/loggers/a.b", "/connectors/x;y", "/connectors/%2e%2e", "/connectors/%252e", "*", "",
	} {
		f.Add("GET", path)
		f.Add("PUT", path)
	}
	plain := regexp.MustCompile(`^(/|(/[A-Za-z0-9._$-]+)+)$`)
	f.Fuzz(func(t *testing.T, method, escaped string) {
		found, refused := parseRoute(method, escaped)
		if refused != nil {
			assert.GreaterOrEqual(t, refused.status, 400)
			assert.Zero(t, found)
			return
		}
		assert.Regexp(t, plain, found.path)
		parsed, err := url.Parse("http://worker" + found.path)
		require.NoError(t, err)
		assert.Equal(t, found.path, parsed.EscapedPath())
		assert.Equal(t, found.path, parsed.JoinPath().Path, "there is nothing to tidy up")
		again, refused := parseRoute(method, found.path)
		require.Nil(t, refused)
		assert.Equal(t, found, again)
		segments := strings.Split(found.path, "/")
		if len(segments) > 2 && segments[1] == "connectors" {
			assert.Equal(t, segments[2], found.connector)
		} else {
			assert.Empty(t, found.connector)
		}
	})
}

// The gateway takes the name that every other reader of JSON takes.
func FuzzConnectorToCreate(f *testing.F) {
	for _, body := range []string{
		`{"name":"a","config":{"name":"a"}}`, `{"name":"a","name":"b"}`, `{"name":"a","config":{"name":"b"}}`,
		`{"n\u0061me":"a"}`, `{"name":"a"} {}`, `{"name":"a","config":[{"b":{}}]}`, `{"name":"a","config":null}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		name, _, refused := connectorToCreate(body)
		if refused != nil {
			return
		}
		assert.True(t, plainName(name))
		var document map[string]any
		require.NoError(t, json.Unmarshal(body, &document))
		assert.Equal(t, name, document["name"])
		if config, ok := document["config"].(map[string]any); ok {
			if inside, given := config["name"]; given {
				assert.Equal(t, name, inside)
			}
		}
	})
}

func TestFailuresAreAllowedAgainAfterAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := newFailureLimiter()
		address, other := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
		assert.False(t, limiter.exhausted(address))
		for range failureBurst {
			require.True(t, limiter.allow(address))
		}
		assert.True(t, limiter.exhausted(address))
		assert.False(t, limiter.allow(address))
		assert.True(t, limiter.allow(other))

		time.Sleep(time.Second) // of the bubble's clock
		for range int(failureRate) {
			require.True(t, limiter.allow(address))
		}
		assert.False(t, limiter.allow(address))

		time.Sleep(time.Hour)
		for range failureBurst {
			require.True(t, limiter.allow(address))
		}
		assert.False(t, limiter.allow(address), "no more is saved up than the burst")
	})
}

func TestTheMemoryOfTheLimiterIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := newFailureLimiter()
		address := netip.MustParseAddr("10.0.0.0")
		refused := 0
		for range 3 * maxAddresses {
			address = address.Next()
			if !limiter.allow(address) {
				refused++
			}
		}
		assert.LessOrEqual(t, len(limiter.buckets), maxAddresses+1)
		assert.Equal(t, 2*maxAddresses-failureBurst, refused, "addresses without room share one allowance")

		time.Sleep(time.Minute)
		assert.True(t, limiter.allow(address.Next()))
		assert.Len(t, limiter.buckets, 1, "who has kept quiet is forgotten")
	})
}

func TestAddressesOfOneSenderAreOne(t *testing.T) {
	t.Parallel()
	limiter := newFailureLimiter()
	for _, text := range []string{"2001:db8::1", "2001:db8::2", "10.0.0.1", "::ffff:10.0.0.1"} {
		limiter.allow(netip.MustParseAddr(text))
	}
	assert.Len(t, limiter.buckets, 2)
}
