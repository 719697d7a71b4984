//go:build linux

package pluginserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/hook"
)

// Offer has the unit serve a file: the server runs with these settings, and its port is open, no other of the server's.
// It gives the file's SHA-256, in lower-case hexadecimal digits. Call it in every hook: it does what is not so yet.
func Offer(ctx context.Context, h *hook.Hook, options Options) (sha256 string, err error) {
	if os.Getenv(serverMark) != "" {
		return "", errors.New("serve the plugin: this process was started as the server and runs something else: " +
			"give the charm's program pluginserver.Command, and its tests program.Program.TestMain")
	}
	if err := os.MkdirAll(dir(h.Event), 0o755); err != nil {
		return "", fmt.Errorf("serve the plugin: %w", err)
	}
	if sha256, err = digestOf(options.File, filepath.Join(dir(h.Event), "digest.json")); err != nil {
		return "", err
	}
	if _, err := ensure(ctx, h.Event, options); err != nil {
		return "", err
	}
	return sha256, openPort(ctx, h, options.Port)
}

// Withdraw takes back what Offer has done, if it has. A unit that stops has its port closed by Juju.
func Withdraw(ctx context.Context, h *hook.Hook) error {
	if _, err := os.Stat(dir(h.Event)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := stop(ctx, h.Event); err != nil {
		return err
	}
	if h.Kind != hook.Stop && h.Kind != hook.Remove {
		opened, err := h.OpenedPorts(ctx)
		if err != nil {
			return err
		}
		if left, err := closePorts(ctx, h, opened, 0); err != nil || len(left) > 0 {
			return err
		}
	}
	return os.RemoveAll(dir(h.Event))
}

func openPort(ctx context.Context, h *hook.Hook, port int) error {
	opened, err := h.OpenedPorts(ctx)
	if err != nil {
		return err
	}
	left, err := closePorts(ctx, h, opened, port)
	if err != nil {
		return err
	}
	if err := writePorts(h.Event, append(left, port)); err != nil || slices.Contains(opened, tcp(port)) {
		return err
	}
	return h.OpenPort(ctx, port, "tcp")
}

// closePorts closes those of the ports opened for this server that are not wanted any more, and lists them. A hook that
// fails takes back what it has closed: so a port is remembered until a later hook finds it closed.
func closePorts(ctx context.Context, h *hook.Hook, opened []string, wanted int) (closed []int, err error) {
	for _, port := range readPorts(h.Event) {
		if port == wanted || !slices.Contains(opened, tcp(port)) {
			continue
		}
		if err := h.ClosePort(ctx, port, "tcp"); err != nil {
			return nil, err
		}
		closed = append(closed, port)
	}
	return closed, nil
}

func tcp(port int) string { return strconv.Itoa(port) + "/tcp" }

func portsFile(event hook.Event) string { return filepath.Join(dir(event), "ports.json") }

// readPorts takes a damaged record for none.
func readPorts(event hook.Event) (ports []int) {
	document, err := os.ReadFile(portsFile(event))
	if err == nil {
		_ = json.Unmarshal(document, &ports)
	}
	return ports
}

func writePorts(event hook.Event, ports []int) error {
	if slices.Equal(readPorts(event), ports) {
		return nil
	}
	document, err := json.Marshal(ports)
	if err != nil {
		return err
	}
	return atomicfile.Write(portsFile(event), document, 0o600)
}
