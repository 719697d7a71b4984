// Package jmxexporter has Prometheus' JMX exporter, a Java agent that an operator attaches or that the image brings, tell
// of the worker's JVM and tasks. The agent listens on loopback; the gateway's metrics listener passes on what it says.
package jmxexporter

import (
	"archive/zip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"connectcharms/requirer-lib/atomicfile"
)

// Port is where the agent listens, on loopback.
const Port = 8086

// maxJar bounds the agent's size: it is some 3 MB.
const maxJar = 64 << 20

// rules choose what is told. docs/observability.md lists it.
//
//go:embed rules.yaml
var rules []byte

// notAnAgent is why an attached file is not used.
type notAnAgent string

func (n notAnAgent) Error() string {
	return "the resource jmx-exporter " + string(n) + ": attach jmx_prometheus_javaagent-*.jar, or an empty file for none"
}

// Install puts the attached jar and the rules into the directory, where the worker can read them. "" or an empty file is
// no agent. A file that is no Java agent, with which no JVM would start, changes nothing but what Problem says.
func Install(dir, attached string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	jar, err := readJar(attached)
	var wrong notAnAgent
	if errors.As(err, &wrong) {
		return atomicfile.Write(problemFile(dir), []byte(wrong.Error()), 0o644)
	}
	if err == nil {
		err = os.RemoveAll(problemFile(dir))
	}
	if err != nil {
		return err
	}
	if len(jar) == 0 {
		return Use(dir, "")
	}
	name := "agent-" + digest(jar) + ".jar"
	return errors.Join(atomicfile.Write(filepath.Join(dir, name), jar, 0o644), Use(dir, name))
}

// Use has the worker take a jar: by its name in the directory, or by the path at which the worker finds it. "" is none.
func Use(dir, jar string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if jar == "" {
		return atomicfile.Write(currentFile(dir), nil, 0o644)
	}
	names := with(jar)
	return errors.Join(
		atomicfile.Write(filepath.Join(dir, names.Rules), rules, 0o644),
		atomicfile.Write(currentFile(dir), []byte(names.String()), 0o644),
	)
}

// Uses says whether the worker takes this jar, with the rules of now.
func Uses(dir, jar string) bool {
	text, err := os.ReadFile(currentFile(dir))
	if jar == "" {
		return len(text) == 0
	}
	return err == nil && string(text) == with(jar).String()
}

// current is the names of the files that are in use.
type current struct{ Jar, Rules string }

// with names what a jar is used with. The names tell the contents, so that a change is a change of the worker's settings.
func with(jar string) current { return current{Jar: jar, Rules: "rules-" + digest(rules) + ".yaml"} }

func (c current) String() string { return c.Jar + " " + c.Rules }

func currentFile(dir string) string { return filepath.Join(dir, "current") }
func problemFile(dir string) string { return filepath.Join(dir, "problem") }

// Problem is why the file that was attached last is not used, a line for the operator; "" where there is none.
func Problem(dir string) string {
	text, _ := os.ReadFile(problemFile(dir))
	return string(text)
}

// Option is the JVM's option for the agent that is installed in the directory, which the worker sees as seen; "" without
// an agent. The agent listens at the loopback address.
func Option(dir, seen, loopback string) (string, error) {
	text, err := os.ReadFile(currentFile(dir))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read which JMX exporter is installed: %w", err)
	}
	var names current
	if _, err := fmt.Sscan(string(text), &names.Jar, &names.Rules); err != nil {
		return "", nil // a damaged note: the next upgrade-charm installs anew
	}
	jar := names.Jar
	if !filepath.IsAbs(jar) {
		jar = filepath.Join(seen, jar)
	}
	return fmt.Sprintf("-javaagent:%s=%s:%s", jar, address(loopback), filepath.Join(seen, names.Rules)), nil
}

// URL is where the agent answers.
func URL(loopback string) string { return "http://" + address(loopback) + "/metrics" }

func address(loopback string) string { return net.JoinHostPort(loopback, strconv.Itoa(Port)) }

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:6])
}

func readJar(attached string) ([]byte, error) {
	if attached == "" {
		return nil, nil
	}
	info, err := os.Stat(attached)
	if err != nil {
		return nil, fmt.Errorf("read the resource jmx-exporter: %w", err)
	}
	switch {
	case info.Size() == 0:
		return nil, nil
	case info.Size() > maxJar:
		return nil, notAnAgent(fmt.Sprintf("has more than %d MiB", maxJar>>20))
	}
	if err := checkAgent(attached); err != nil {
		return nil, err
	}
	return os.ReadFile(attached)
}

var premain = regexp.MustCompile(`(?m)^Premain-Class: \S`)

// checkAgent looks for what makes a jar a Java agent.
func checkAgent(jar string) error {
	archive, err := zip.OpenReader(jar)
	if err != nil {
		return notAnAgent("is not a jar")
	}
	defer archive.Close()
	manifest, err := archive.Open("META-INF/MANIFEST.MF")
	if err != nil {
		return notAnAgent("is a jar without a manifest")
	}
	defer manifest.Close()
	text, err := io.ReadAll(io.LimitReader(manifest, 64<<10))
	if err != nil || !premain.Match(text) {
		return notAnAgent("is not a Java agent")
	}
	return nil
}
