package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Environ looks an environment variable up, as os.LookupEnv does.
type Environ func(name string) (string, bool)

// maxSize is the most of a file that is read, in bytes.
const maxSize = 1 << 20

// Load reads the file at path; where that is empty, the one that CONNECT_MANAGER_CONFIG names; else
// connect-manager/config.yaml in the user's directory of configurations, where none is none. The error for what is
// wrong in it is Problems.
func Load(path string, environ Environ) (*Settings, error) {
	path, isNamed := locate(path, environ)
	text, err := read(path)
	if errors.Is(err, fs.ErrNotExist) && !isNamed {
		text, err = nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	s := &Settings{Path: path, environ: environ, Serve: Serve{Active: true}}
	if err := s.decode(text); err != nil {
		return nil, err
	}
	s.resolve(filepath.Dir(path))
	s.overrideServe()
	s.fillIn()
	return s, nil
}

// locate gives the path, and whether somebody has named it.
func locate(path string, environ Environ) (string, bool) {
	if path != "" {
		return path, true
	}
	if path, _ := environ("CONNECT_MANAGER_CONFIG"); path != "" {
		return path, true
	}
	directory, _ := environ("XDG_CONFIG_HOME")
	if directory == "" {
		home, _ := environ("HOME")
		directory = filepath.Join(home, ".config")
	}
	return filepath.Join(directory, "connect-manager", "config.yaml"), false
}

func read(path string) ([]byte, error) {
	found, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if found.Size() > maxSize {
		return nil, fmt.Errorf("%s has %d bytes: at most %d are read", path, found.Size(), maxSize)
	}
	return os.ReadFile(path)
}

// resolve makes paths absolute that are relative to the file's directory.
func (s *Settings) resolve(directory string) {
	under := func(paths ...*string) {
		for _, path := range paths {
			if *path != "" && !filepath.IsAbs(*path) {
				*path = filepath.Join(directory, *path)
			}
		}
	}
	for name, context := range s.Contexts {
		context.Name = name
		under(&context.PasswordFile, &context.CAFile, &context.SecretsDir, &context.TokenFile, &context.ServerCAFile, &context.WorkerSecrets.Dir)
		if isPath(context.State) {
			under(&context.State)
		}
		if isPath(context.Server) {
			under(&context.Server)
		}
		s.Contexts[name] = context
	}
	serve := &s.Serve
	under(&serve.Socket, &serve.Data, &serve.TLS.CertFile, &serve.TLS.KeyFile, &serve.WebhookSecretFile)
	if serve.Control != nil {
		under(&serve.Control.PasswordFile, &serve.Control.CAFile)
	}
}

// fillIn sets what the daemon has by default.
func (s *Settings) fillIn() {
	if s.Serve.Listen == "" {
		s.Serve.Listen = DefaultListen
	}
	if s.Serve.Interval == 0 {
		s.Serve.Interval = DefaultInterval
	}
	if s.Serve.Drift == "" {
		s.Serve.Drift = Repair
	}
	if s.Serve.Data == "" {
		s.Serve.Data = s.dataDirectory()
	}
	if s.Serve.Control != nil {
		s.Serve.Control.fillIn()
	}
}

// dataDirectory is the system's for root, and else the user's own.
func (s *Settings) dataDirectory() string {
	if directory, _ := s.environ("XDG_STATE_HOME"); directory != "" {
		return filepath.Join(directory, "connect-manager")
	}
	home, _ := s.environ("HOME")
	if home == "" || os.Geteuid() == 0 {
		return "/var/lib/connect-manager"
	}
	return filepath.Join(home, ".local", "state", "connect-manager")
}
