package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/connect"
)

func contextCommand(s *session) *cobra.Command {
	return parent("context", "List, choose and show the clusters of the configuration",
		contextListCommand(s), contextUseCommand(s), contextShowCommand(s))
}

// contextView is one context. Its JSON is part of what the program promises.
type contextView struct {
	settings.Context
	Current bool `json:"current"`
}

// newContextView shows no password that somebody has put into an address.
func newContextView(of settings.Context, current bool) contextView {
	of.State, of.Server = connect.RedactTexts(of.State), connect.RedactTexts(of.Server)
	of.Endpoints = slices.Clone(of.Endpoints)
	for i, endpoint := range of.Endpoints {
		of.Endpoints[i] = connect.RedactTexts(endpoint)
	}
	return contextView{of, current}
}

func contextListCommand(s *session) *cobra.Command {
	command := &cobra.Command{Use: "list", Short: "List the contexts of the configuration", Args: exactly(0, "nothing more")}
	command.RunE = func(*cobra.Command, []string) error {
		loaded, err := s.load()
		if err != nil {
			return err
		}
		views := []contextView{}
		var rows [][]cell
		for _, name := range loaded.Names() {
			view := newContextView(loaded.Contexts[name], name == loaded.Current())
			views = append(views, view)
			marker := ""
			if view.Current {
				marker = "*"
			}
			rows = append(rows, []cell{plain(marker), plain(name), plain(strings.Join(view.Endpoints, ",")), plain(view.State)})
		}
		return s.write(views, func() {
			if len(rows) == 0 {
				s.note("There are no contexts in %s.", loaded.Path)
			}
			s.table([]string{"", "NAME", "ENDPOINTS", "STATE"}, rows)
		})
	}
	return command
}

func contextUseCommand(s *session) *cobra.Command {
	command := &cobra.Command{
		Use: "use NAME", Short: "Make a context the current one", Args: exactly(1, "one context"), ValidArgsFunction: s.completeContexts,
	}
	command.RunE = func(_ *cobra.Command, names []string) error {
		loaded, err := s.load()
		if err != nil {
			return err
		}
		if err := loaded.SetCurrent(names[0]); err != nil {
			return err
		}
		if loaded.Current() != names[0] {
			s.note("CONNECT_CONTEXT is set: %s stays the current one here.", loaded.Current())
		}
		return s.write(newContextView(loaded.Contexts[names[0]], true), func() { s.printf("%s\n", names[0]) })
	}
	return command
}

func contextShowCommand(s *session) *cobra.Command {
	command := &cobra.Command{
		Use:               "show [NAME]",
		Short:             "Show what a context, or the current one, comes to with the environment's variables",
		Args:              atMost(1, "one context"),
		ValidArgsFunction: s.completeContexts,
	}
	command.RunE = func(_ *cobra.Command, names []string) error {
		if len(names) == 1 {
			s.flags.context = names[0]
		}
		context, err := s.context()
		if err != nil {
			return err
		}
		loaded, err := s.load()
		if err != nil {
			return err
		}
		view := newContextView(context, context.Name == loaded.Current())
		return s.write(view, func() { s.contextLines(view.Context) })
	}
	return command
}

func (s *session) contextLines(context settings.Context) {
	s.printf("%s\n", context.Name)
	for _, row := range [][2]string{
		{"endpoints", strings.Join(context.Endpoints, ", ")},
		{"username", context.Username},
		{"password-file", context.PasswordFile},
		{"ca-file", context.CAFile},
		{"name-suffix", context.NameSuffix},
		{"state", context.State},
		{"environment", context.Environment},
		{"secrets-dir", context.SecretsDir},
		{"server", context.Server},
		{"token-file", context.TokenFile},
		{"server-ca-file", context.ServerCAFile},
	} {
		if row[1] != "" {
			s.printf("  %-14s %s\n", row[0]+":", row[1])
		}
	}
}
