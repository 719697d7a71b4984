package plugins

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// javaClass is a class file as javac writes it, as far as the store reads it.
type javaClass struct {
	name, super string
	interfaces  []string
	access      uint16
	constructor string // its descriptor; none when empty
	private     bool   // the constructor
}

const publicClass = 0x0021 // ACC_PUBLIC and ACC_SUPER

func (c javaClass) bytes() []byte {
	pool, count := []byte{}, uint16(1)
	text := func(s string) uint16 {
		pool = append(binary.BigEndian.AppendUint16(append(pool, 1), uint16(len(s))), s...)
		count++
		return count - 1
	}
	class := func(name string) uint16 {
		at := text(name)
		pool = binary.BigEndian.AppendUint16(append(pool, 7), at)
		count++
		return count - 1
	}
	pool = append(pool, 5, 0, 0, 0, 0, 0, 0, 0, 9) // a Long, which takes two places
	count += 2
	text(strings.Repeat("long text", 500))
	body := binary.BigEndian.AppendUint16(nil, c.access)
	body = binary.BigEndian.AppendUint16(body, class(c.name))
	body = binary.BigEndian.AppendUint16(body, class(c.super))
	body = binary.BigEndian.AppendUint16(body, uint16(len(c.interfaces)))
	for _, name := range c.interfaces {
		body = binary.BigEndian.AppendUint16(body, class(name))
	}
	member := func(access uint16, name, descriptor string) []byte {
		m := binary.BigEndian.AppendUint16(nil, access)
		m = binary.BigEndian.AppendUint16(m, text(name))
		m = binary.BigEndian.AppendUint16(m, text(descriptor))
		m = binary.BigEndian.AppendUint16(m, 1) // one attribute of 4 bytes
		m = binary.BigEndian.AppendUint16(m, text("Code"))
		return append(m, 0, 0, 0, 4, 1, 2, 3, 4)
	}
	body = append(binary.BigEndian.AppendUint16(body, 1), member(1, "field", "I")...)
	methods := [][]byte{member(1, "start", "()V")}
	if c.constructor != "" {
		access := uint16(accPublic)
		if c.private {
			access = 2
		}
		methods = append(methods, member(access, "<init>", c.constructor))
	}
	body = append(binary.BigEndian.AppendUint16(body, uint16(len(methods))), bytes.Join(methods, nil)...)
	head := binary.BigEndian.AppendUint16([]byte{0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61}, count)
	return append(append(head, pool...), append(body, 0, 0)...)
}

// jarOf is a jar of classes, without manifests.
func jarOf(t testing.TB, classes ...javaClass) string {
	t.Helper()
	var files []string
	for _, class := range classes {
		files = append(files, class.name+".class", string(class.bytes()))
	}
	return string(zipOf(t, files...))
}

func plain(name, super string, interfaces ...string) javaClass {
	return javaClass{name: name, super: super, interfaces: interfaces, access: publicClass, constructor: "()V"}
}

const (
	sourceAPI = "org/apache/kafka/connect/source/SourceConnector"
	object    = "java/lang/Object"
)

func TestClassesWithoutAManifestAreFound(t *testing.T) {
	t.Parallel()
	abstract, hidden, closed, needy := plain("a/Abstract", "b/Base"), plain("a/Hidden", "b/Base"), plain("a/Closed", "b/Base"), plain("a/Needy", "b/Base")
	abstract.access |= accAbstract
	hidden.access = 0x20
	closed.private = true
	needy.constructor = "(Ljava/lang/String;)V"
	got, err := install(t, openStore(t), serveBytes(t, zipOf(
		t,
		"p/a.jar", jarOf(t, plain("a/Source", "b/Base"), abstract, hidden, closed, needy, plain("a/Other", object),
			plain("a/Outer$Smt", object, "c/Smt"), plain("org/apache/kafka/connect/json/JsonConverter", object, "org/apache/kafka/connect/storage/Converter")),
		"p/b.jar", jarOf(t, javaClass{name: "b/Base", super: sourceAPI, access: publicClass | accAbstract, constructor: "()V"},
			plain("b/Extension", object, "org/apache/kafka/connect/rest/ConnectRestExtension"),
			plain("org/apache/kafka/connect/runtime/Own", sourceAPI)),
		"p/c.jar", jarOf(t, javaClass{
			name: "c/Smt", super: object, access: publicClass | accInterface | accAbstract,
			interfaces: []string{"org/apache/kafka/connect/transforms/Transformation"},
		},
			plain("c/Json", "org/apache/kafka/connect/json/JsonConverter")),
	)))
	require.NoError(t, err)
	assert.Empty(t, got.Classes)
	assert.Equal(t, []string{"a.Outer$Smt", "a.Source", "c.Json", "org.apache.kafka.connect.json.JsonConverter"}, got.Found)
	added := manifestsIn(t, filepath.Join(got.Dir, servicesJar))
	assert.Equal(t, map[string][]string{
		"org.apache.kafka.connect.source.SourceConnector":    {"a.Source"},
		"org.apache.kafka.connect.transforms.Transformation": {"a.Outer$Smt"},
		"org.apache.kafka.connect.storage.Converter":         {"c.Json", "org.apache.kafka.connect.json.JsonConverter"},
		"org.apache.kafka.connect.storage.HeaderConverter":   {"c.Json"},
		"org.apache.kafka.connect.rest.ConnectRestExtension": {"b.Extension"},
	}, added)
}

func manifestsIn(t *testing.T, jar string) map[string][]string {
	t.Helper()
	content, err := os.ReadFile(jar)
	require.NoError(t, err)
	offered, err := manifestsOf(t, content)
	require.NoError(t, err)
	return offered.named
}

func TestOnlyWhatNoManifestNamesIsAdded(t *testing.T) {
	t.Parallel()
	smt := "org.apache.kafka.connect.transforms.Transformation"
	jar := zipOf(
		t, manifestDir+smt, "a.Named\n",
		"a/Named.class", string(plain("a/Named", object, strings.ReplaceAll(smt, ".", "/")).bytes()),
		"a/Forgotten.class", string(plain("a/Forgotten", sourceAPI).bytes()),
	)
	got, err := install(t, openStore(t), serveBytes(t, tarOf(t, file("a.jar", jar))))
	require.NoError(t, err)
	assert.Equal(t, []string{"a.Named"}, got.Classes)
	assert.Equal(t, []string{"a.Forgotten"}, got.Found)
	assert.Equal(t, map[string][]string{"org.apache.kafka.connect.source.SourceConnector": {"a.Forgotten"}}, manifestsIn(t, filepath.Join(got.Dir, servicesJar)))
	kept, err := os.ReadFile(filepath.Join(got.Dir, "a.jar"))
	require.NoError(t, err)
	assert.Equal(t, jar, kept, "the vendor's bytes stay")
}

func TestAPluginThatNamesAConnectorIsTakenAtItsWord(t *testing.T) {
	t.Parallel()
	jar := zipOf(t, sourceService, "a.Named\n", "a/Other.class", string(plain("a/Other", sourceAPI).bytes()))
	got, err := install(t, openStore(t), serveBytes(t, tarOf(t, file("a.jar", jar))))
	require.NoError(t, err)
	assert.Equal(t, []string{"a.Named"}, got.Classes)
	assert.Empty(t, got.Found)
	assert.NoFileExists(t, filepath.Join(got.Dir, servicesJar))
}

func TestClassFilesThatCannotBeReadArePassedOver(t *testing.T) {
	t.Parallel()
	sound := plain("a/Sound", sourceAPI).bytes()
	cut := plain("a/Cut", sourceAPI).bytes()
	loop := plain("a/Loop", "a/Pool")
	pool := plain("a/Pool", "a/Loop")
	jar := zipOf(
		t, "a/Sound.class", string(sound), "a/Cut.class", string(cut[:len(cut)/2]), "a/Empty.class", "", "a/Noise.class", "\xca\xfe\xba\xbe\xff\xff\xff\xff\xff\xff",
		"b/Elsewhere.class", string(plain("a/Elsewhere", sourceAPI).bytes()), "META-INF/versions/21/a/New.class", string(plain("a/New", sourceAPI).bytes()),
		"a/Loop.class", string(loop.bytes()), "a/Pool.class", string(pool.bytes()), "a/Line\nbreak.class", string(plain("a/Line\nbreak", sourceAPI).bytes()),
	)
	got, err := install(t, openStore(t), serveBytes(t, tarOf(t, file("a.jar", jar))))
	require.NoError(t, err)
	assert.Equal(t, []string{"a.Sound"}, got.Found)
}

func TestAJarThatUnpacksToMoreThanTheLimitIsNotSearched(t *testing.T) {
	t.Parallel()
	var files []string
	for _, name := range []string{"a", "b", "c", "d"} {
		files = append(files, name+".class", "\xca\xfe\xba\xbe\x00\x00\x00\x3d\xff\xff"+strings.Repeat("\x01\xff\xff"+strings.Repeat("x", 65535), 100))
	}
	store := openStore(t)
	_, err := store.Install(t.Context(), Source{URL: serveBytes(t, tarOf(t, file("a.jar", zipOf(t, files...))))}, Limits{Unpacked: 10 << 20})
	requireFailure(t, store, err, TooLarge)
}

func TestAPluginIsLoadedByAWorkerThatListsWhatItsVendorNamesOrAnyThatWasFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		classes, found, listed []string
		loaded                 bool
	}{
		{[]string{"A", "B"}, nil, []string{"A", "B", "C"}, true},
		{[]string{"A", "B"}, nil, []string{"A"}, false},
		{[]string{"A"}, []string{"F"}, []string{"A"}, true},
		{[]string{"A"}, []string{"F"}, []string{"F"}, false},
		{nil, []string{"F", "G"}, []string{"G"}, true},
		{nil, []string{"F"}, []string{"A"}, false},
	} {
		listed := map[string]bool{}
		for _, class := range c.listed {
			listed[class] = true
		}
		assert.Equal(t, c.loaded, Installed{Classes: c.classes, Found: c.found}.LoadedBy(listed), "%+v", c)
	}
}

func FuzzClassFile(f *testing.F) {
	f.Add(plain("a/B", sourceAPI, "a/I", "a/J").bytes())
	f.Add([]byte("\xca\xfe\xba\xbe\xff\xff\xff\xff\xff\xff"))
	// An attribute says that it has 4 MiB, and has 4 bytes.
	f.Add(bytes.Replace(plain("a/B", sourceAPI).bytes(), []byte{0, 0, 0, 4, 1, 2, 3, 4}, []byte{0, 0x40, 0, 0, 1, 2, 3, 4}, 1))
	f.Fuzz(func(t *testing.T, content []byte) {
		reader := newClassReader()
		for range 2 { // what one file left must not matter to the next
			class, err := reader.head(bytes.NewReader(content))
			if err != nil {
				require.ErrorIs(t, err, errBadClass)
				continue
			}
			require.NotEmpty(t, class.name)
			require.LessOrEqual(t, len(class.parents), 65536)
			reader.hasPublicConstructor()
			require.LessOrEqual(t, reader.taken(), int64(len(content)), "what is announced and is not there was not read")
		}
	})
}
