package gateway

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheAuditFileIsTurnedOverAndBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	require.NoError(t, os.WriteFile(path, []byte("{}\n"), 0o640))
	a, err := openAudit(path, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	a.most = 1000
	for i := range 100 {
		a.write(&record{Event: "request", Status: 100 + i})
	}
	a.close()

	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1+keptAudits)
	last := 200
	for age := range 1 + keptAudits {
		name := path
		if age > 0 {
			name += "." + string(rune('0'+age))
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(text), 1000)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		for i := len(lines) - 1; i >= 0; i-- {
			var one record
			require.NoError(t, json.Unmarshal([]byte(lines[i]), &one))
			last--
			require.Equal(t, last, one.Status, "no record is lost between the files")
		}
	}
}

func TestARecordThatCannotBeWrittenGoesToTheLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	var log strings.Builder
	a, err := openAudit(path, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	require.NoError(t, a.file.Close()) // as a disk that is gone
	a.write(&record{Event: "request", Account: "relation-1", Time: time.Now()})
	assert.Contains(t, log.String(), "msg=audit event=request who=relation-1")
	_, err = openAudit(filepath.Join(path, "below-a-file"), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, path)
}
