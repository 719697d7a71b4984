package permissions

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const document = `
### On a unit of other

| ` + "`gateway/`" + ` | 0777 | all | another's |

### On a unit of kafka-connect

| path | mode | for | what |
|---|---|---|---|
| ` + "`bin/`" + ` | 0755 | all | the program |
| ` + "`gateway/`" + ` | 2770 | services | which the gateway writes |
| ` + "`gateway/<unit>.json`" + ` | 0640 | services | metrics |
| ` + "`gateway/control.socket`" + ` | 0660 | services | by which it is reloaded |
| ` + "`worker/`" + ` | 2750 | services | what the worker runs in |
| ` + "`worker/properties`" + ` | 0640 | services | secret: a password |
| ` + "`pebble/…`" + ` | 0644 | root | its files |
| ` + "`<note>`" + ` | 0600 | root | notes |

### On a unit of what comes after
`

// sound is a unit that is as it should be.
const sound = `d 755 root root bin
d 2770 root kafka-connect gateway
f 640 root kafka-connect gateway/a unit.json
s 660 kafka-connect kafka-connect gateway/control.socket
d 2750 root kafka-connect worker
f 600 root kafka-connect worker/properties
f 644 root root pebble/state
f 600 root root wait.json
`

func TestAUnitIsHeldToItsTable(t *testing.T) {
	t.Parallel()
	table := read(document, "kafka-connect")
	require.Len(t, table, 8)
	for wrong, line := range map[string]string{
		"":                               "",
		"is not in docs/files.md":        "f 600 root root worker/of nobody\n",
		"is more open than 0600":         "f 640 root root other.json\n",
		"is more open than 2750":         "d 2770 root kafka-connect worker\n",
		"does not pass on its group":     "d 750 root kafka-connect worker\n",
		"does not belong to root":        "f 640 kafka-connect kafka-connect worker/properties\n",
		"open to the group users":        "f 640 root users worker/properties\n",
		"open to the group kafka-conn":   "f 644 root kafka-connect pebble/other\n",
		"(s 4660 root:kafka-connect) is": "s 4660 root kafka-connect gateway/control.socket\n",
	} {
		found, err := Parse(sound + line)
		require.NoError(t, err)
		is := table.Wrong(found, "kafka-connect")
		if wrong == "" {
			assert.Empty(t, is)
		} else if assert.Len(t, is, 1, line) {
			assert.Contains(t, is[0], wrong)
		}
	}
}

func TestWhatServicesMayNotWriteIsNotTheirs(t *testing.T) {
	t.Parallel()
	found, err := Parse("d 2750 root kafka-connect gateway\ns 660 kafka-connect kafka-connect gateway/control.socket\n")
	require.NoError(t, err)
	assert.Equal(t, []string{"gateway/control.socket (s 0660 kafka-connect:kafka-connect) does not belong to root"},
		read(document, "kafka-connect").Wrong(found, "kafka-connect"))
}

func TestWhatIsListedCanBeRead(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", Command(".")).Output()
	require.NoError(t, err)
	found, err := Parse(string(out))
	require.NoError(t, err)
	assert.NotEmpty(t, found)
	_, err = Parse("find: no\n")
	require.Error(t, err)
}

func TestBothCharmsHaveATable(t *testing.T) {
	t.Parallel()
	for _, charm := range []string{"kafka-connect", "connect-integrator"} {
		table, err := Of(charm)
		require.NoError(t, err)
		row, is := table.At("pebble/.pebble.socket")
		assert.True(t, is)
		assert.Equal(t, Root, row.For)
	}
	_, err := Of("none")
	require.Error(t, err)
}
