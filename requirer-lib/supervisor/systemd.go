package supervisor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"connectcharms/requirer-lib/atomicfile"
)

// systemd keeps Pebble running as a systemd service: over crashes, and from boot on.
type systemd struct {
	name    string // of the service
	units   string // where unit files belong: /etc/systemd/system
	binary  string
	dir     string
	command func(args ...string) error // runs systemctl
}

// hasSystemd says whether systemd runs this machine, and is ours to use (sd_booted(3)).
func hasSystemd() bool {
	_, err := os.Stat("/run/systemd/system")
	return err == nil && os.Geteuid() == 0
}

func newSystemd(name, binary, dir string) systemd {
	return systemd{name: name, units: "/etc/systemd/system", binary: binary, dir: dir, command: systemctl}
}

// unit is the service's unit file. When Pebble dies, systemd ends what it has left before it starts it anew: two workers
// would meet on one port.
func (s systemd) unit() []byte {
	return fmt.Appendf(nil, `[Unit]
Description=Pebble, with the services of %[1]s
After=network-online.target
Wants=network-online.target

[Service]
Environment=PEBBLE=%[3]s HOME=%[3]s LANG=C.UTF-8 %[4]s
ExecStart=%[2]s run --create-dirs
Restart=always
RestartSec=1
KillMode=mixed
TimeoutStopSec=60

[Install]
WantedBy=multi-user.target
`, s.name, s.binary, s.dir, inMemory)
}

func (s systemd) service() string { return s.name + ".service" }
func (s systemd) file() string    { return filepath.Join(s.units, s.service()) }

// Running says whether the service is up.
func (s systemd) Running() bool {
	return s.command("is-active", "--quiet", s.service()) == nil
}

// Start starts the service unless it runs as it should.
func (s systemd) Start() (started bool, err error) {
	old, err := os.ReadFile(s.file())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if !bytes.Equal(old, s.unit()) {
		if err := atomicfile.Write(s.file(), s.unit(), 0o644); err != nil {
			return false, err
		}
		if err := s.command("daemon-reload"); err != nil {
			return false, err
		}
	} else if s.Running() {
		return false, nil
	}
	return true, s.command("enable", "--now", "--quiet", s.service())
}

// Stop stops the service and takes it off the machine. systemd itself bounds the wait, and kills.
func (s systemd) Stop(context.Context, time.Duration) error {
	if _, err := os.Stat(s.file()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := s.command("disable", "--now", "--quiet", s.service()); err != nil {
		return err
	}
	if err := os.Remove(s.file()); err != nil {
		return err
	}
	return s.command("daemon-reload")
}

func systemctl(args ...string) error {
	if out, err := exec.Command("systemctl", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("systemctl %s: %w: %s", args[0], err, bytes.TrimSpace(out))
	}
	return nil
}
