package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func (s *scene) managerProgram() string {
	return filepath.Join(s.built.ConnectIntegrator, "bin", "connect-manager")
}

func (s *scene) managerConfig() string { return filepath.Join(s.dir, "connect-manager.yaml") }

// manage lets a person have the client's account in connect-manager, and lists the connectors by it.
func (s *scene) manage(ctx context.Context) error {
	client, err := s.credentials()
	if err != nil {
		return err
	}
	config := fmt.Sprintf("contexts: {demo: {endpoints: [%s], username: %s, password-file: client.password}}\n",
		strings.Join(client.endpoints, ", "), client.username)
	err = errors.Join(
		os.WriteFile(filepath.Join(s.dir, "client.password"), []byte(client.password), 0o600),
		os.WriteFile(s.managerConfig(), []byte(config), 0o600),
	)
	if err != nil {
		return err
	}
	command := exec.CommandContext(ctx, s.managerProgram(), "list")
	command.Env = append(os.Environ(), "CONNECT_MANAGER_CONFIG="+s.managerConfig())
	out, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("connect-manager list: %w\n%s", err, out)
	}
	s.show("connect-manager list", string(out))
	return nil
}
