package cli_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/tests/charms"
)

var update = flag.Bool("update", false, "write what the tutorial's commands say into docs/tutorial.md")

// block is a block of the tutorial: a file that the reader writes, or commands with what they say.
var block = regexp.MustCompile("(?s)```(yaml|console)\n(?:# (\\S+)\n)?(.*?)```\n")

// tutorial follows docs/tutorial.md from its first block to its last, as its reader does, and holds what is said to what is
// shown.
func (s *stage) tutorial() {
	root, err := charms.Repository()
	require.NoError(s, err)
	s.write("config.yaml", "contexts: {demo: {endpoints: ['"+s.worker.URL()+"']}}\n") // as the demo writes it
	path := filepath.Join(root, "docs", "tutorial.md")
	text, err := os.ReadFile(path)
	require.NoError(s, err)
	_, steps, found := strings.Cut(string(text), "\n## ")
	require.True(s, found)
	played := block.ReplaceAllStringFunc(steps, func(whole string) string {
		parts := block.FindStringSubmatch(whole)
		if parts[1] == "yaml" {
			s.write(parts[2], s.here(parts[3]))
			return whole
		}
		return "```console\n" + s.follow(parts[3]) + "```\n"
	})
	if *update {
		require.NoError(s, os.WriteFile(path, []byte(strings.Replace(string(text), steps, played, 1)), 0o644))
	}
}

// readers is the directory that the tutorial's reader works in.
const readers = "/tmp/hello"

func (s *stage) here(text string) string { return strings.ReplaceAll(text, readers, s.dir) }

// follow carries out a block's commands and gives the block as it should be.
func (s *stage) follow(shown string) string {
	s.Helper()
	var played strings.Builder
	for _, step := range strings.Split("\n"+shown, "\n$ ")[1:] {
		line, want, _ := strings.Cut(strings.TrimSuffix(step, "\n"), "\n")
		said := s.say(line)
		// What is only looked at may still be on its way.
		for deadline := time.Now().Add(time.Minute); looks.MatchString(line) && !*update && said != want && time.Now().Before(deadline); {
			time.Sleep(100 * time.Millisecond)
			said = s.say(line)
		}
		if !*update {
			assert.Equal(s, want, said, "$ %s: run go test ./cli -run Program -update", line)
		}
		fmt.Fprintf(&played, "$ %s\n%s", line, said)
		if said != "" {
			played.WriteString("\n")
		}
	}
	return played.String()
}

// looks is a command that changes nothing.
var looks = regexp.MustCompile(`^(cat |connect-manager (list|status) |connect-manager plan state\.yaml$)`)

// say runs a line in the reader's shell, and gives what is to be seen, as it is with every reader.
func (s *stage) say(line string) string {
	s.Helper()
	command := exec.CommandContext(s.Context(), "bash", "-c", s.here(line))
	command.Dir = s.dir
	command.Env = []string{
		"HOME=" + s.dir, "PATH=" + filepath.Dir(s.program) + ":" + os.Getenv("PATH"),
		"CONNECT_MANAGER_CONFIG=" + filepath.Join(s.dir, "config.yaml"),
	}
	out, _ := command.CombinedOutput() // a line that fails says so
	said := strings.ReplaceAll(string(out), s.dir, readers)
	said = strings.ReplaceAll(said, strings.TrimPrefix(s.worker.URL(), "http://"), "127.0.0.1:8083")
	return strings.TrimRight(said, "\n ")
}
