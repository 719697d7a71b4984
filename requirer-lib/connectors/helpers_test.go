package connectors_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/connectors/internal/standin"
)

const (
	uuid    = "0123456789abcdef0123456789abcdef"
	ownMark = "_r1_" + uuid
)

// marked names connectors as a connection does.
type marked struct{}

func (marked) ConnectorName(name string) string { return name + ownMark }

func (marked) ShortName(connector string) (string, bool) {
	return strings.CutSuffix(connector, ownMark)
}

func newCluster(t *testing.T) (*standin.Cluster, connectors.Owned) {
	t.Helper()
	cluster := standin.Start()
	t.Cleanup(cluster.Close)
	return cluster, ownedAt(t, cluster.URL)
}

func ownedAt(t *testing.T, endpoint string) connectors.Owned {
	t.Helper()
	client, err := connect.New(connect.Config{Endpoints: []string{endpoint}, Patience: time.Second})
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return connectors.Owned{Client: client, Names: marked{}}
}
