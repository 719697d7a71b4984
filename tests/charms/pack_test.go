package charms

import (
	"archive/zip"
	"context"
	"debug/elf"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/cache"
)

// packOnce packs the charms in the cache, where Go need not link again what it has linked.
var packOnce = map[string]func() ([]Archive, error){
	"amd64": sync.OnceValues(func() ([]Archive, error) { return packInCache("amd64") }),
	"arm64": sync.OnceValues(func() ([]Archive, error) { return packInCache("arm64") }),
}

func packInCache(arch string) ([]Archive, error) {
	kept, err := cache.Dir()
	if err != nil {
		return nil, err
	}
	return Pack(context.Background(), filepath.Join(kept, "packed"), arch)
}

// packed is the packed charms by name.
func packed(t *testing.T, arch string) map[string]Archive {
	t.Helper()
	archives, err := packOnce[arch]()
	require.NoError(t, err)
	byName := map[string]Archive{}
	for _, archive := range archives {
		byName[archive.Charm] = archive
	}
	return byName
}

func TestPackedCharmsAreNamedAsCharmcraftNamesThem(t *testing.T) {
	archives := packed(t, "amd64")
	assert.Equal(t, "kafka-connect_ubuntu@24.04-amd64.charm", filepath.Base(archives["kafka-connect"].Path))
	assert.Equal(t, "connect-integrator_ubuntu@24.04-amd64.charm", filepath.Base(archives["connect-integrator"].Path))
	assert.Equal(t, "kafka-connect-k8s_ubuntu@24.04-amd64.charm", filepath.Base(archives["kafka-connect-k8s"].Path))
	assert.Len(t, archives, 3)
}

func TestAnArchitectureWithoutPlatformIsRefused(t *testing.T) {
	_, err := Pack(t.Context(), t.TempDir(), "s390x")
	assert.ErrorContains(t, err, `no platform of architecture "s390x"`)
}

// The second time, another copy of the source is packed into another directory, by somebody who builds for newer
// processors otherwise.
func TestTheSameSourceGivesTheSameBytes(t *testing.T) {
	first := packed(t, "amd64")
	copied := copyOfTheSource(t)
	t.Setenv("GOAMD64", "v3")
	archives, err := packFrom(t.Context(), copied, t.TempDir(), "amd64")
	require.NoError(t, err)
	require.Len(t, archives, len(first))
	for _, second := range archives {
		assert.Equal(t, first[second.Charm].SHA256, second.SHA256, second.Charm)
		assert.NotEqual(t, first[second.Charm].Path, second.Path)
	}
}

// copyOfTheSource copies what charms are built from.
func copyOfTheSource(t *testing.T) string {
	t.Helper()
	root, err := Repository()
	require.NoError(t, err)
	to := filepath.Join(t.TempDir(), "another", "checkout")
	for _, folder := range []string{"schemas", "requirer-lib", "provider-charm", "integrator-charm"} {
		require.NoError(t, os.CopyFS(filepath.Join(to, folder), os.DirFS(filepath.Join(root, folder))))
	}
	for _, name := range []string{"charmcraft.yaml", "dispatch", "icon.svg", "LICENSE"} {
		content, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(to, name), content, 0o600))
	}
	return to
}

func TestProgramsRunOnTheArchitectureWithoutLibraries(t *testing.T) {
	for arch, processor := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		for _, archive := range packed(t, arch) {
			charm, err := zip.OpenReader(archive.Path)
			require.NoError(t, err)
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(dir, charm))
			require.NoError(t, charm.Close())
			programs, err := filepath.Glob(filepath.Join(dir, "bin", "*"))
			require.NoError(t, err)
			require.NotEmpty(t, programs)
			for _, path := range programs {
				program, err := elf.Open(path)
				require.NoError(t, err)
				assert.Equal(t, processor, program.Machine, path)
				assert.Nil(t, program.Section(".interp"), "%s is linked dynamically", path)
				assert.Nil(t, program.Section(".symtab"), "%s is not stripped", path)
				require.NoError(t, program.Close())
			}
		}
	}
}

func TestOnlyWhatIsRunIsExecutable(t *testing.T) {
	for name, want := range map[string][]string{
		"kafka-connect":      {"bin/kafka-connect", "bin/pebble", "dispatch"},
		"kafka-connect-k8s":  {"bin/kafka-connect", "dispatch"},
		"connect-integrator": {"bin/connect-integrator", "bin/connect-manager", "bin/pebble", "dispatch"},
	} {
		charm, err := zip.OpenReader(packed(t, "amd64")[name].Path)
		require.NoError(t, err)
		modes := map[string]fs.FileMode{}
		for _, file := range charm.File {
			modes[file.Name] = file.Mode()
		}
		require.NoError(t, charm.Close())
		for _, program := range want {
			assert.Equal(t, fs.FileMode(0o755), modes[program], program)
			delete(modes, program)
		}
		for file, mode := range modes {
			assert.Equal(t, fs.FileMode(0o644), mode, file)
		}
		for _, needed := range []string{"metadata.yaml", "config.yaml", "manifest.yaml", "icon.svg", "LICENSE", "NOTICE"} {
			assert.Contains(t, modes, needed)
		}
		assert.NotContains(t, modes, "charmcraft.yaml")
	}
}

// Pebble is GPL-3.0: who gets the charm gets that licence, is told where the source is, and what else is in the programs.
func TestTheCharmCarriesTheLicencesOfWhatIsInIt(t *testing.T) {
	for charm, programs := range map[string]string{
		"kafka-connect":      "is in\n\n  bin/kafka-connect\n  bin/pebble\n\n",
		"kafka-connect-k8s":  "is in\n\n  bin/kafka-connect\n\n",
		"connect-integrator": "is in\n\n  bin/connect-integrator\n  bin/pebble\n\n",
	} {
		texts := licenceTexts(t, charm)
		gpl := regexp.MustCompile(`licenses/github\.com/canonical/pebble@v[0-9.]+/COPYING`).FindString(texts["NOTICE"])
		assert.Contains(t, texts[gpl], "GNU GENERAL PUBLIC LICENSE")
		assert.Contains(t, texts["NOTICE"], programs)
		assert.Contains(t, texts["NOTICE"], "Their complete source is")
		assert.Contains(t, texts["NOTICE"], "github.com/go-resty/resty/v2@")
		assert.Contains(t, texts["licenses/go/LICENSE"], "The Go Authors")
	}
}

// licenceTexts is what a packed charm says about licences, by file.
func licenceTexts(t *testing.T, name string) map[string]string {
	t.Helper()
	charm, err := zip.OpenReader(packed(t, "amd64")[name].Path)
	require.NoError(t, err)
	defer charm.Close()
	texts := map[string]string{}
	for _, file := range charm.File {
		if strings.HasPrefix(file.Name, "licenses/") || file.Name == "NOTICE" {
			text, err := fs.ReadFile(charm, file.Name)
			require.NoError(t, err)
			texts[file.Name] = string(text)
		}
	}
	return texts
}

// What is packed starts, and says what it waits for.
func TestPackedCharmsRun(t *testing.T) {
	if runtime.GOOS != "linux" || !slices.Contains(Arches, runtime.GOARCH) {
		t.Skip("packed charms hold programs for Linux")
	}
	archives := packed(t, runtime.GOARCH)
	unpacked := filepath.Join(filepath.Dir(archives["kafka-connect"].Path), "unpacked", runtime.GOARCH)
	model, err := jujutest.New(jujutest.Options{PebbleBinary: filepath.Join(unpacked, "kafka-connect/bin/pebble")})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, model.Close()) })
	for name, archive := range archives {
		require.NoError(t, model.Deploy(name, jujutest.FromArchive(archive.Path), jujutest.DeployOptions{}))
	}
	require.NoError(t, model.Settle(t.Context()))
	for unit, want := range map[string]string{
		"kafka-connect/0":      "no Kafka: integrate with a charm that provides kafka_client",
		"kafka-connect-k8s/0":  "no Kafka: integrate with a charm that provides kafka_client",
		"connect-integrator/0": "integrate connect-client with Kafka Connect",
	} {
		status, found := model.StatusOf(unit)
		require.True(t, found, unit)
		assert.Equal(t, "blocked", status.Current, unit)
		assert.Contains(t, status.Message, want, unit)
	}
}
