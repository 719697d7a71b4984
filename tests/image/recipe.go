package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"connectcharms/tests/charms"
)

// folder has the image's recipe; it is relative to the repository.
const folder = "provider-charm/image"

// recipe is what the image is made of.
type recipe struct {
	repository string
	dir        string
	version    string // of Kafka
	container  string // the Containerfile
}

func readRecipe() (recipe, error) {
	repository, err := charms.Repository()
	if err != nil {
		return recipe{}, err
	}
	r := recipe{repository: repository, dir: filepath.Join(repository, folder)}
	container, err := os.ReadFile(filepath.Join(r.dir, "Containerfile"))
	if err != nil {
		return recipe{}, fmt.Errorf("read the image's recipe: %w", err)
	}
	r.container = string(container)
	r.version, err = r.find(`image\.version=(\S+)`)
	return r, err
}

// find is what an expression's group finds in the Containerfile.
func (r recipe) find(expression string) (string, error) {
	found := regexp.MustCompile(`(?m)` + expression).FindStringSubmatch(r.container)
	if found == nil {
		return "", fmt.Errorf("the Containerfile has no %s", expression)
	}
	return found[1], nil
}

// reference names the image. The host "localhost" has clusters not look for it elsewhere.
func (r recipe) reference() string {
	return fmt.Sprintf("localhost/kafka-connect:%s-%s", r.version, r.digest())
}

// builder is the script that makes the system's layer.
func (r recipe) builder() string { return filepath.Join(r.repository, "tests/image/debian.sh") }

func (r recipe) digest() string {
	return digestOf(r.systemDigest(), r.kafkaDigest(), r.container)
}

func (r recipe) systemDigest() string {
	return digestOf(r.text("system.sh"), r.text("account.sh"), r.text("../../tests/image/debian.sh"), r.text("../../tests/juju/pins.sh"))
}

func (r recipe) kafkaDigest() string {
	return digestOf(r.text("kafka.sh"), r.text("pom.xml"), r.text("jars.sha256"), r.text("bin"), r.text("config"))
}

// text is all that a file has, or the files in a folder. What cannot be read fails where it is used.
func (r recipe) text(name string) string {
	var all string
	_ = filepath.WalkDir(filepath.Join(r.dir, name), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			content, _ := os.ReadFile(path)
			all += fmt.Sprintf("%s %d %s", entry.Name(), len(content), content)
		}
		return nil
	})
	return all
}

func digestOf(texts ...string) string {
	sum := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(sum, "%d %s", len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

// tail is how much of what a failed script printed belongs to its error.
const tail = 4096

// run runs a script of the recipe, which puts what is temporary below dir.
func run(ctx context.Context, dir, script string, arguments ...string) error {
	command := exec.CommandContext(ctx, script, arguments...)
	command.Env = append(os.Environ(), "TMPDIR="+dir)
	command.WaitDelay = 5 * time.Second
	said, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(script), err, said[max(0, len(said)-tail):])
	}
	return nil
}
