package connectprovider_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/connectprovider"
)

func TestAKeyNamesARequestItsAccountAndItsSecret(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key                   connectprovider.Key
		text, username, label string
	}{
		{connectprovider.Key{Relation: 7}, "7", "relation-7", "connect-client.7.user.secret"},
		{connectprovider.Key{Relation: 12, Request: idA}, "12/" + idA, "relation-12-" + idA, "connect-client.12." + idA + ".user.secret"},
	} {
		assert.Equal(t, c.text, c.key.String())
		assert.Equal(t, c.username, c.key.Username())
		assert.Equal(t, c.label, c.key.Label("connect-client"))
		document, err := json.Marshal(map[connectprovider.Key]int{c.key: 1})
		require.NoError(t, err)
		assert.JSONEq(t, `{"`+c.text+`":1}`, string(document))
		var read map[connectprovider.Key]int
		require.NoError(t, json.Unmarshal(document, &read))
		assert.Equal(t, map[connectprovider.Key]int{c.key: 1}, read)
	}
	for _, wrong := range []string{"", "x", "-1", "/" + idA} {
		assert.Error(t, new(connectprovider.Key).UnmarshalText([]byte(wrong)), wrong)
	}
}

func TestKeysAreOrderedByNumber(t *testing.T) {
	t.Parallel()
	keys := []connectprovider.Key{{Relation: 10}, {Relation: 9, Request: "b"}, {Relation: 9, Request: "a"}, {Relation: 9}}
	slices.SortFunc(keys, connectprovider.Key.Compare)
	assert.Equal(t, []connectprovider.Key{{Relation: 9}, {Relation: 9, Request: "a"}, {Relation: 9, Request: "b"}, {Relation: 10}}, keys)
}
