package connectclient_test

import (
	"encoding/pem"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectclient"
)

const plainUUID = "11111111222243338444555555555555"

func TestConnectorNamesCarryTheMarkOfTheirRelation(t *testing.T) {
	t.Parallel()
	connection, err := connectclient.New(ready().hook(t, "start"), connectclient.Options{}).Connection(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "lines_r7_"+plainUUID, connection.ConnectorName("lines"))
	for full, want := range map[string]string{
		"lines_r7_" + plainUUID:                           "lines",
		"a_r11_x_r7_" + plainUUID:                         "a_r11_x",
		"_r7_" + plainUUID:                                "",
		"lines_r17_" + plainUUID:                          "",
		"linesr7_" + plainUUID:                            "",
		"lines_r7_" + plainUUID[:31] + "6":                "",
		"lines_r7_" + plainUUID + "x":                     "",
		"lines":                                           "",
		"lines_r11_r7_" + plainUUID + "_r11_" + plainUUID: "",
	} {
		short, owned := connection.ShortName(full)
		assert.Equal(t, want != "", owned, full)
		assert.Equal(t, owned, connection.Owns(full))
		if owned {
			assert.Equal(t, want, short)
			assert.Equal(t, full, connection.ConnectorName(short))
		}
	}
}

func TestAcrossModelsTheProviderCounts(t *testing.T) {
	t.Parallel()
	for username, mark := range map[string]string{
		"relation-42": "_r42_", "relation-042": "_r7_", "relation-x": "_r7_", "relation-": "_r7_", "someone": "_r7_",
	} {
		f := ready()
		f.secrets[userURI]["username"] = username
		connection, err := connectclient.New(f.hook(t, "start"), connectclient.Options{}).Connection(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "lines"+mark+plainUUID, connection.ConnectorName("lines"), username)
	}
}

func pemOf(server *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}
