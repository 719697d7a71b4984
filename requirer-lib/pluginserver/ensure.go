//go:build linux

package pluginserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/daemon"
	"connectcharms/requirer-lib/hook"
)

// Options say what a unit serves, and by which command.
type Options struct {
	File    string // absolute path of the tarball
	Address string // to listen on
	Port    int
	// Command is the absolute path of the charm's binary and the subcommand that calls Load and Serve; "--config FILE" is
	// added to it.
	Command []string
}

// serverMark is in the environment of the server's process. Who finds it there and is to start a server has been started
// in its place: a test's binary without program.Program.TestMain would go on starting itself.
const serverMark = "CONNECT_PLUGIN_SERVER"

const (
	stopGrace  = 10 * time.Second // longer than Serve needs to stop
	freeLimit  = 5 * time.Second
	startLimit = 30 * time.Second // it takes some 10 ms, on a machine with much to do more
	pollEvery  = 50 * time.Millisecond
)

// ensure has the unit's server run with these settings, and waits, 30 s at the most, until it answers. It says whether it
// had to start the server, for the first time or anew.
func ensure(ctx context.Context, event hook.Event, options Options) (started bool, err error) {
	if err := os.MkdirAll(dir(event), 0o755); err != nil {
		return false, fmt.Errorf("start the plugin server: %w", err)
	}
	server := process(event, options.Command)
	document, err := settings(options)
	if err != nil {
		return false, fmt.Errorf("start the plugin server: %w", err)
	}
	if before, err := os.ReadFile(configFile(event)); err == nil && string(before) == string(document) && server.Running() {
		return false, nil
	}
	if err := server.Stop(ctx, stopGrace); err != nil {
		return false, fmt.Errorf("start the plugin server anew: %w", err)
	}
	if err := awaitFree(ctx, options); err != nil {
		return false, fmt.Errorf("start the plugin server: %w", err)
	}
	if err := atomicfile.Write(configFile(event), document, 0o600); err != nil {
		return false, fmt.Errorf("start the plugin server: %w", err)
	}
	if _, err := server.Start(); err != nil {
		return false, fmt.Errorf("start the plugin server: %w", err)
	}
	return true, await(ctx, server, options)
}

// running says whether the unit's server runs.
func running(event hook.Event) bool { return process(event, nil).Running() }

// stop stops the unit's server, if there is one.
func stop(ctx context.Context, event hook.Event) error {
	if err := process(event, nil).Stop(ctx, stopGrace); err != nil {
		return fmt.Errorf("stop the plugin server: %w", err)
	}
	return nil
}

// dir is where the server's files lie: its configuration, its number and its log.
func dir(event hook.Event) string {
	return filepath.Join(event.DataDir(), "plugin-server")
}

func configFile(event hook.Event) string { return filepath.Join(dir(event), "config.json") }

func process(event hook.Event, command []string) daemon.Process {
	return daemon.Process{
		PIDFile: filepath.Join(dir(event), "pid"),
		Log:     filepath.Join(dir(event), "log"),
		Dir:     dir(event),
		Command: append(command[:len(command):len(command)], "--config", configFile(event)),
		Env:     []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", serverMark + "=1"},
	}
}

func settings(options Options) ([]byte, error) {
	if len(options.Command) == 0 || !filepath.IsAbs(options.Command[0]) || !filepath.IsAbs(options.File) {
		return nil, errors.New("its command and its file have to be absolute paths")
	}
	program, err := os.Stat(options.Command[0])
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(Config{
		Listen:  listenAddress(options),
		File:    options.File,
		Program: fmt.Sprintf("%s %d %d", strings.Join(options.Command, " "), program.Size(), program.ModTime().UnixNano()),
	}, "", "  ")
}

func listenAddress(options Options) string {
	return net.JoinHostPort(options.Address, strconv.Itoa(options.Port))
}

// awaitFree finds out beforehand what the process could only tell its log. A server that was just killed may hold the
// port for a moment longer than it shows as running.
func awaitFree(ctx context.Context, options Options) error {
	limited, cancel := context.WithTimeout(ctx, freeLimit)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", listenAddress(options))
		if err == nil {
			return listener.Close()
		}
		select {
		case <-tick.C:
		case <-limited.Done():
			return fmt.Errorf("%w; free the port or choose another", err)
		}
	}
}

// await waits until the server answers, dies, or the time is up.
func await(ctx context.Context, server daemon.Process, options Options) error {
	limited, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		switch {
		case !server.Running():
			return fmt.Errorf("start the plugin server: it ended at once; see %s", server.Log)
		case answers(limited, options):
			return nil
		}
		select {
		case <-tick.C:
		case <-limited.Done():
			return fmt.Errorf("start the plugin server: no answer at %s within %v; see %s", listenAddress(options), startLimit, server.Log)
		}
	}
}

// answers asks for nothing in particular: any answer will do, and a download would make the server read the file.
func answers(ctx context.Context, options Options) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+listenAddress(options)+"/", nil)
	if err != nil {
		return false
	}
	response, err := direct().Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}
