package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/store"
)

func TestOnlyItsOwnerMayReadTheStore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "manager.db")
	require.NoError(t, os.WriteFile(path, nil, 0o666)) // what a crash in the first start leaves
	s := openAt(t, path, store.Options{})
	_, err := s.AddRun(t.Context(), store.Run{})
	require.NoError(t, err)
	for _, file := range []string{path, path + "-wal"} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
	}
	_, err = os.Stat(path + "-shm")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAnyPathWillDo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?mode=ro#%41&ä.db")
	s, err := store.Open(t.Context(), path, store.Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, err = os.Stat(path)
	require.NoError(t, err)
	_, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "none", "manager.db"), store.Options{})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// raw writes into a store, or another database, past this package.
func raw(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
}

// written gives the path of a store that is closed and has some pages.
func written(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "manager.db")
	s, err := store.Open(t.Context(), path, store.Options{})
	require.NoError(t, err)
	for range 50 {
		_, err = s.AddRun(t.Context(), store.Run{Cluster: "east", Summary: json.RawMessage(`"` + strings.Repeat("x", 2000) + `"`)})
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	return path
}

// refused opens what cannot be used, and sees that it is left as it is.
func refused(t *testing.T, path string, why error) string {
	t.Helper()
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	for range 2 {
		_, err = store.Open(t.Context(), path, store.Options{})
		require.ErrorIs(t, err, why)
		require.ErrorContains(t, err, path)
	}
	after, readErr := os.ReadFile(path)
	require.NoError(t, readErr)
	assert.Equal(t, before, after, "the file is left as it is")
	return err.Error()
}

func TestAStoreFromANewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	path := written(t)
	raw(t, path, "PRAGMA user_version = 4711")
	assert.Contains(t, refused(t, path, store.ErrNewer), "version 4711")
}

func TestAnotherProgramsFileIsRefused(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(t *testing.T, path string){
		"a database": func(t *testing.T, path string) {
			raw(t, path, "CREATE TABLE theirs (a)", "PRAGMA journal_mode = delete")
		},
		"a marked database": func(t *testing.T, path string) {
			raw(t, path, "PRAGMA application_id = 7", "CREATE TABLE theirs (a)", "DROP TABLE theirs")
		},
		"no database": func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("manager: payments\n", 100)), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "manager.db")
			write(t, path)
			assert.Contains(t, refused(t, path, store.ErrForeign), "left as it is")
		})
	}
}

func TestADamagedStoreIsRefusedAndLeftAsItIs(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(content []byte) []byte{
		"a page is overwritten": func(content []byte) []byte {
			for i := range 4096 {
				content[len(content)/2/4096*4096+i] = 0xaa
			}
			return content
		},
		"cut off":             func(content []byte) []byte { return content[:len(content)/2] },
		"cut off in its head": func(content []byte) []byte { return content[:3000] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := written(t)
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, spoil(content), 0o600))
			message := refused(t, path, store.ErrDamaged)
			assert.Contains(t, message, "move it away")
		})
	}
}

func TestOneProcessHasTheStore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "manager.db")
	s := openAt(t, path, store.Options{})
	_, err := store.Open(t.Context(), path, store.Options{})
	require.ErrorIs(t, err, store.ErrInUse)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	other := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	other.Env = append(os.Environ(), writerVariable+"="+path)
	output, err := other.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(output), store.ErrInUse.Error())
	require.NoError(t, s.Check())
}

func TestOpeningWaitsForTheOneThatEnds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "manager.db")
	ending, err := store.Open(t.Context(), path, store.Options{})
	require.NoError(t, err)
	time.AfterFunc(50*time.Millisecond, func() { assert.NoError(t, ending.Close()) })
	openAt(t, path, store.Options{})
}

func TestMigrationsAreRunOnce(t *testing.T) {
	t.Parallel()
	path := written(t)
	s := openAt(t, path, store.Options{})
	runs, err := s.Runs(t.Context(), store.Page{})
	require.NoError(t, err)
	assert.Len(t, runs, 50)
}
