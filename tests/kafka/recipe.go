package kafka

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// distribution holds bin/ (commands of every version) and, for each version, pom.xml (what to download), jars.sha256 (what must arrive,
// in the format of sha256sum) and config/.
//
//go:embed distribution
var distribution embed.FS

// layoutVersion goes up when the code that lays out a distribution changes what it writes, so that old caches are not used.
const layoutVersion = 1

// recipe is all that decides the bytes of one runtime.
type recipe struct {
	what    string // for who waits
	version string
	// files of the distribution that are ours, by path below its folder.
	files map[string][]byte
	pom   []byte
	// jars maps the name of each jar to its SHA-256 in hex.
	jars map[string]string
}

// Versions lists the Kafka versions that Fetch knows, oldest first.
func Versions() []string {
	poms, err := fs.Glob(distribution, "distribution/*/pom.xml")
	if err != nil {
		panic(err) // The pattern is a constant.
	}
	versions := make([]string, 0, len(poms))
	for _, pom := range poms {
		versions = append(versions, path.Base(path.Dir(pom)))
	}
	slices.Sort(versions)
	return versions
}

func recipeFor(version string) (recipe, error) {
	if !slices.Contains(Versions(), version) {
		return recipe{}, fmt.Errorf("version %q of Kafka is not known here: take one of %s", version, strings.Join(Versions(), ", "))
	}
	found := recipe{what: "the jars of Kafka (about 55 MB)", version: version, files: map[string][]byte{}}
	var err error
	if found.pom, err = distribution.ReadFile("distribution/" + version + "/pom.xml"); err != nil {
		return recipe{}, err
	}
	sums, err := distribution.ReadFile("distribution/" + version + "/jars.sha256")
	if err != nil {
		return recipe{}, err
	}
	if found.jars, err = parseSums(sums); err != nil {
		return recipe{}, fmt.Errorf("read the recorded jars of Kafka %s: %w", version, err)
	}
	for folder, from := range map[string]string{"bin": "distribution/bin", "config": "distribution/" + version + "/config"} {
		if err := found.addFiles(folder, from); err != nil {
			return recipe{}, err
		}
	}
	return found, nil
}

func (r recipe) addFiles(folder, from string) error {
	entries, err := distribution.ReadDir(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		content, err := distribution.ReadFile(path.Join(from, entry.Name()))
		if err != nil {
			return err
		}
		r.files[path.Join(folder, entry.Name())] = content
	}
	return nil
}

// key names the recipe's runtime: two recipes that differ in anything have different keys.
func (r recipe) key() string { return "kafka-" + r.version + "-" + r.digest() }

func (r recipe) digest() string {
	digest := sha256.New()
	fmt.Fprintf(digest, "%d\n%x\n", layoutVersion, sha256.Sum256(r.pom))
	for _, name := range sortedKeys(r.files) {
		fmt.Fprintf(digest, "%s %x\n", name, sha256.Sum256(r.files[name]))
	}
	for _, name := range sortedKeys(r.jars) {
		fmt.Fprintf(digest, "%s %s\n", name, r.jars[name])
	}
	return hex.EncodeToString(digest.Sum(nil))[:12]
}

// parseSums reads the output of sha256sum: digest, two spaces, name.
func parseSums(sums []byte) (map[string]string, error) {
	found := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(sums))
	for lines.Scan() {
		digest, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok || len(digest) != hex.EncodedLen(sha256.Size) {
			return nil, fmt.Errorf("line %q is not a digest and a name", lines.Text())
		}
		found[name] = digest
	}
	return found, lines.Err()
}
