// Package gateway runs the gateway as the charm does, as a program of its own with a configuration file, in front of
// whatever a test or a benchmark wants.
package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	startLimit = time.Minute
	stopLimit  = time.Minute
	poll       = 10 * time.Millisecond
)

// Config is a configuration of the gateway, with the keys of its own gateway.json. Addresses and paths that are left out
// are chosen.
type Config map[string]any

// Account is one that a gateway lets in.
type Account struct {
	Username, Password string
	Relation           int // 0: the operator's
}

// Gateway is a running gateway.
type Gateway struct {
	Dir    string // its files; AuditFile is in it
	Status Status // when it was started

	command *exec.Cmd
	ended   chan error
}

// Status is what of the gateway's own status tests need.
type Status struct {
	Listen   string `json:"listen"`
	Internal string `json:"internal"`
	Revision string `json:"revision"`
}

// Start runs the program (kafka-connect of the charm) in dir and returns when the gateway answers.
func Start(ctx context.Context, program, dir string, config Config, accounts ...Account) (*Gateway, error) {
	g := &Gateway{Dir: dir, ended: make(chan error, 1)}
	if err := g.write(config, accounts); err != nil {
		return nil, fmt.Errorf("start a gateway: %w", err)
	}
	log, err := os.Create(filepath.Join(dir, "gateway.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	g.command = exec.Command(program, "gateway", "--config", filepath.Join(dir, "gateway.json"))
	g.command.Stdout, g.command.Stderr = log, log
	g.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := g.command.Start(); err != nil {
		return nil, err
	}
	go func() { g.ended <- g.command.Wait() }()
	if err := g.await(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start a gateway: %w", err), g.Stop())
	}
	return g, nil
}

// AuditFile is where its audit records are.
func (g *Gateway) AuditFile() string { return filepath.Join(g.Dir, "audit.log") }

// PID is its process.
func (g *Gateway) PID() int { return g.command.Process.Pid }

// Stop ends it.
func (g *Gateway) Stop() error {
	_ = g.command.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-g.ended:
		g.ended <- err
		return err
	case <-time.After(stopLimit):
		_ = g.command.Process.Kill()
		return fmt.Errorf("the gateway did not end within %s of SIGTERM", stopLimit)
	}
}

// Reload gives the gateway these accounts, and returns when they are in force.
func (g *Gateway) Reload(ctx context.Context, accounts ...Account) error {
	if err := writeAccounts(filepath.Join(g.Dir, "accounts.json"), accounts); err != nil {
		return err
	}
	return g.control(ctx, http.MethodPost, "/reload", &struct{}{})
}

func (g *Gateway) write(config Config, accounts []Account) error {
	whole := Config{
		"listen": "127.0.0.1:0", "accounts": filepath.Join(g.Dir, "accounts.json"), "control": filepath.Join(g.Dir, "control.socket"),
		"audit": g.AuditFile(),
	}
	for key, value := range config {
		whole[key] = value
	}
	document, err := json.Marshal(whole)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(g.Dir, "gateway.json"), document, 0o600); err != nil {
		return err
	}
	return writeAccounts(filepath.Join(g.Dir, "accounts.json"), accounts)
}

// writeAccounts writes the file as the charm does: user name, salted hash, relation.
func writeAccounts(path string, accounts []Account) error {
	type entry struct {
		Username string `json:"username"`
		Hash     string `json:"hash"`
		Relation int    `json:"relation,omitempty"`
		Operator bool   `json:"operator,omitempty"`
	}
	all := []entry{}
	for _, account := range accounts {
		salt := sha256.Sum256([]byte(account.Username))
		sum := sha256.Sum256(append(salt[:16:16], account.Password...))
		hash := "sha256:" + hex.EncodeToString(salt[:16]) + ":" + hex.EncodeToString(sum[:])
		all = append(all, entry{account.Username, hash, account.Relation, account.Relation == 0})
	}
	document, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return os.WriteFile(path, document, 0o600)
}

func (g *Gateway) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		err := g.control(ctx, http.MethodGet, "/status", &g.Status)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case ended := <-g.ended:
			g.ended <- ended
			return fmt.Errorf("it ended: %w, its log: %s", ended, g.log())
		case <-ctx.Done():
			return fmt.Errorf("%w (%w), its log: %s", ctx.Err(), err, g.log())
		}
	}
}

func (g *Gateway) log() string {
	text, _ := os.ReadFile(filepath.Join(g.Dir, "gateway.log"))
	return strings.TrimSpace(string(text))
}

func (g *Gateway) control(ctx context.Context, method, path string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, "http://gateway"+path, nil)
	if err != nil {
		return err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(g.Dir, "control.socket"))
	}
	response, err := (&http.Transport{DialContext: dial, DisableKeepAlives: true}).RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 4<<10))
		return fmt.Errorf("the gateway answers %s: %s", response.Status, said)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}
