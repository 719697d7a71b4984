package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/secret"
)

// session is one command line that is carried out.
type session struct {
	Program
	aside *aside // which is Err
	flags struct {
		config, context, output string
		allContexts, verbose    bool
		timeout                 time.Duration
	}
	settings  *settings.Settings
	closing   []func()
	documents map[string]fetched // by how they were named
	cancel    context.CancelFunc
}

func (s *session) globals(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.StringVar(&s.flags.config, "config", "", "read this configuration")
	flags.StringVar(&s.flags.context, "context", "", "work on the cluster of this context")
	flags.StringVarP(&s.flags.output, "output", "o", outputText, "text, json or yaml (list: name as well)")
	flags.BoolVarP(&s.flags.verbose, "verbose", "v", false, "tell more: repeated requests, and progress also where no terminal is")
	flags.DurationVar(&s.flags.timeout, "timeout", 0, "give up after this time, such as 30s (0: each request has two minutes)")
	_ = root.RegisterFlagCompletionFunc("context", s.completeContexts)
	_ = root.RegisterFlagCompletionFunc("output", words(outputText, outputJSON, outputYAML, outputName))
}

// everywhere gives a command the flag --all-contexts.
func (s *session) everywhere(command *cobra.Command) *cobra.Command {
	command.Flags().BoolVar(&s.flags.allContexts, "all-contexts", false, "work on the clusters of all contexts")
	return command
}

// begin is what every command does first.
func (s *session) begin(command *cobra.Command) error {
	switch s.flags.output {
	case outputText, outputJSON, outputYAML:
	case outputName:
		if command.Name() != "list" {
			return usage("-o name is for list")
		}
	default:
		return usage("-o %.40q: want text, json or yaml", s.flags.output)
	}
	if s.flags.allContexts && s.flags.context != "" {
		return usage("--context or --all-contexts, not both")
	}
	if s.flags.timeout > 0 {
		var ctx context.Context
		ctx, s.cancel = context.WithTimeout(command.Context(), s.flags.timeout)
		command.SetContext(ctx)
	}
	return nil
}

func (s *session) close() {
	for _, each := range s.closing {
		each()
	}
	if s.cancel != nil {
		s.cancel()
	}
}

// load reads the configuration, once.
func (s *session) load() (*settings.Settings, error) {
	if s.settings != nil {
		return s.settings, nil
	}
	loaded, err := settings.Load(s.flags.config, s.Environ)
	s.settings = loaded
	return loaded, err
}

// context is the one that the command works on.
func (s *session) context() (settings.Context, error) {
	loaded, err := s.load()
	if err != nil {
		return settings.Context{}, err
	}
	return loaded.Context(s.flags.context)
}

// contexts are those that a command with --all-contexts works on.
func (s *session) contexts() ([]settings.Context, error) {
	if !s.flags.allContexts {
		context, err := s.context()
		return []settings.Context{context}, err
	}
	loaded, err := s.load()
	if err != nil {
		return nil, err
	}
	var all []settings.Context
	for _, name := range loaded.Names() {
		context, err := loaded.Context(name)
		if err != nil {
			return nil, err
		}
		all = append(all, context)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there are no contexts in %s", loaded.Path)
	}
	return all, nil
}

// cluster opens the command's cluster.
func (s *session) cluster(ctx context.Context) (*cluster.Cluster, error) {
	chosen, err := s.context()
	if err != nil {
		return nil, err
	}
	return s.open(ctx, chosen)
}

func (s *session) open(ctx context.Context, from settings.Context) (*cluster.Cluster, error) {
	options := cluster.Options{Log: s.log(), Patience: s.flags.timeout}
	if s.AskSecret != nil {
		options.Password = func() (secret.Value, error) {
			return s.AskSecret(ctx, fmt.Sprintf("Password of %s on %s: ", from.Username, from.Name))
		}
	}
	opened, err := cluster.Open(from, options)
	if err != nil {
		return nil, err
	}
	s.closing = append(s.closing, opened.Close)
	return opened, nil
}

// onEach does something on each context's cluster, one after the other. One that fails holds up no other.
func (s *session) onEach(ctx context.Context, do func(*cluster.Cluster) error) error {
	contexts, err := s.contexts()
	if err != nil {
		return err
	}
	var failures []error
	for _, one := range contexts {
		opened, err := s.open(ctx, one)
		if err == nil {
			err = do(opened)
		}
		if err != nil && len(contexts) > 1 {
			err = fmt.Errorf("context %s: %w", one.Name, err)
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// log tells warnings to a person, and with -v what else there is.
func (s *session) log() *slog.Logger {
	level := slog.LevelWarn
	if s.flags.verbose {
		level = slog.LevelDebug
	}
	return slog.New(notes{to: s.Err, level: level})
}
