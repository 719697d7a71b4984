package jujutest

import (
	"bufio"
	"crypto/sha256"
	_ "embed" // the source of the hooktool command
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
)

// maxSocketPath is what fits into a unix socket's address on every system.
const maxSocketPath = 103

func (u *unit) socketPath() string { return filepath.Join(u.root, "agent.socket") }

// listen answers the unit's hook tools until shut.
func (u *unit) listen() error {
	path := u.socketPath()
	if len(path) > maxSocketPath {
		return fmt.Errorf("the socket %s has a path of more than %d bytes: give the model a shorter Options.Dir or TMPDIR", path, maxSocketPath)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("listen for hook tools: %w", err)
	}
	u.listener = listener
	u.model.background.Go(func() { u.serve(listener) })
	return nil
}

// serve ends when the listener is closed.
func (u *unit) serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		u.model.background.Go(func() { u.answer(conn) })
	}
}

// answer runs one tool; see package hooktool for the protocol. A client that breaks it gets no answer.
func (u *unit) answer(conn net.Conn) {
	defer conn.Close()
	request, err := receiveList(bufio.NewReader(conn))
	if err != nil || len(request) < 5 {
		return
	}
	call := &toolCall{dir: request[1], tool: request[2], args: request[5:]}
	if request[3] == "1" {
		call.hasStdin, call.stdin = true, []byte(request[4])
	}
	if call.tool == execTool {
		sendList(conn, []string{strconv.Itoa(u.exec(call)), call.stdout.String(), call.stderr.String()})
		return
	}
	code, err := u.call(request[0], call)
	answer := []string{strconv.Itoa(code), call.stdout.String(), call.stderr.String()}
	if errors.Is(err, errNoStdin) {
		answer[0] = "stdin"
	}
	sendList(conn, answer) // the client has gone
}

// execTool is what juju-exec calls itself in a request, which is of no context.
const execTool = "juju-exec"

// call runs a tool in the context of the hook that the unit runs now.
func (u *unit) call(id string, call *toolCall) (int, error) {
	u.model.mu.Lock()
	defer u.model.mu.Unlock()
	if u.context == nil || u.context.id != id {
		fmt.Fprintf(&call.stderr, "ERROR bad request: wrong context ID; got %q\n", id)
		return 1, nil
	}
	call.hookContext = u.context
	return call.run()
}

func sendList(w io.Writer, list []string) error {
	message := binary.BigEndian.AppendUint32(nil, uint32(len(list)))
	for _, s := range list {
		message = append(binary.BigEndian.AppendUint32(message, uint32(len(s))), s...)
	}
	_, err := w.Write(message)
	return err
}

// The most that a request may hold: a secret has at most 1 MB, a command line 2 MB.
const (
	maxStrings   = 1 << 16
	maxStringLen = 16 << 20
)

func receiveList(r io.Reader) ([]string, error) {
	var count, size uint32
	if err := binary.Read(r, binary.BigEndian, &count); err != nil {
		return nil, err
	}
	if count > maxStrings {
		return nil, fmt.Errorf("a list of %d strings is too long", count)
	}
	list := make([]string, 0, min(count, 64))
	for range count {
		if err := binary.Read(r, binary.BigEndian, &size); err != nil {
			return nil, err
		}
		if size > maxStringLen {
			return nil, fmt.Errorf("a string of %d bytes is too long", size)
		}
		text := make([]byte, size)
		if _, err := io.ReadFull(r, text); err != nil {
			return nil, err
		}
		list = append(list, string(text))
	}
	return list, nil
}

//go:embed hooktool/main.go
var hooktoolSource []byte

// toolsDir is the directory with the hook tools that units have on PATH; empty until a charm with a program is deployed.
type toolsDir struct{ dir string }

// toolsPath makes the tools directory once: a link for every tool. The model's mutex is held.
func (m *Model) toolsPath() (string, error) {
	if m.tools.dir != "" {
		return m.tools.dir, nil
	}
	binary := m.options.ToolBinary
	if binary == "" {
		var err error
		if binary, err = m.buildTool(); err != nil {
			return "", err
		}
	}
	binary, err := filepath.Abs(binary)
	if err != nil {
		return "", fmt.Errorf("find the hook-tool command: %w", err)
	}
	dir := filepath.Join(m.options.Dir, "tools")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the directory of hook tools: %w", err)
	}
	for _, name := range toolNames() {
		if err := os.Symlink(binary, filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrExist) {
			return "", fmt.Errorf("link hook tool %s: %w", name, err)
		}
	}
	m.tools.dir = dir
	return dir, nil
}

// buildTool compiles the hooktool command into the user's cache, unless it is there.
func (m *Model) buildTool() (string, error) {
	sum := sha256.Sum256(append([]byte(runtime.Version()), hooktoolSource...))
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = m.options.Dir
	}
	target := filepath.Join(cache, "jujutest", "hooktool-"+hex.EncodeToString(sum[:8]))
	if isExecutable(target) {
		return target, nil
	}
	work, err := os.MkdirTemp("", "hooktool")
	if err != nil {
		return "", fmt.Errorf("build the hook-tool command: %w", err)
	}
	defer os.RemoveAll(work)
	if err := os.WriteFile(filepath.Join(work, "main.go"), hooktoolSource, 0o644); err != nil {
		return "", fmt.Errorf("build the hook-tool command: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", fmt.Errorf("build the hook-tool command: %w", err)
	}
	partial := fmt.Sprintf("%s.%d-%s", target, os.Getpid(), filepath.Base(work))
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", partial, "main.go")
	build.Dir = work
	build.Env = append(os.Environ(), "GO111MODULE=off", "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the hook-tool command (or set Options.ToolBinary): %w\n%s", err, output)
	}
	return target, os.Rename(partial, target)
}
