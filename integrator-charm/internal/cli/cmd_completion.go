package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/overlay"
)

func completionCommand(s *session) *cobra.Command {
	shells := []string{"bash", "zsh", "fish"}
	command := &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Write the completion of commands, connectors and contexts for a shell",
		Long: `Write the completion of commands, flags, and the names of connectors and contexts, for a shell. Bash wants the package
bash-completion for it.`,
		Example: `  source <(connect-manager completion bash)
  connect-manager completion zsh > "${fpath[1]}/_connect-manager"
  connect-manager completion fish > ~/.config/fish/completions/connect-manager.fish`,
		Args:      exactly(1, "bash, zsh or fish"),
		ValidArgs: shells,
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		root := command.Root()
		switch args[0] {
		case "bash":
			return root.GenBashCompletionV2(s.Out, true)
		case "zsh":
			return root.GenZshCompletion(s.Out)
		case "fish":
			return root.GenFishCompletion(s.Out, true)
		}
		return usage("no shell %.40q: want bash, zsh or fish", args[0])
	}
	return command
}

// words completes with these.
func words(all ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp)
}

// forCompletion is how long a person who presses the tab key waits.
const forCompletion = 3 * time.Second

// completeNames gives the names of the cluster's connectors. What goes wrong is not told: the command itself will.
func (s *session) completeNames(command *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(command.Context(), forCompletion)
	defer cancel()
	s.AskSecret = nil
	on, err := s.cluster(command.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, err := on.Client.Connectors(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(given, name) })
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeOverlays gives the connectors that have changed something.
func (s *session) completeOverlays(command *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, one := range s.overlaysForCompletion(command) {
		if !slices.Contains(given, one.Connector) {
			names = append(names, one.Connector)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeOverlayKeys gives a connector, and then the keys that it has changed.
func (s *session) completeOverlayKeys(command *cobra.Command, given []string, start string) ([]string, cobra.ShellCompDirective) {
	if len(given) == 0 {
		return s.completeOverlays(command, given, start)
	}
	var keys []string
	for _, one := range s.overlaysForCompletion(command) {
		for _, key := range one.Keys {
			if one.Connector == given[0] && !slices.Contains(given[1:], key.Key) {
				keys = append(keys, key.Key)
			}
		}
	}
	return keys, cobra.ShellCompDirectiveNoFileComp
}

func (s *session) overlaysForCompletion(command *cobra.Command) []overlay.Shown {
	ctx, cancel := context.WithTimeout(command.Context(), forCompletion)
	defer cancel()
	asked, cluster, err := s.reachCluster(ctx, daemonOf(command))
	if err != nil {
		return nil
	}
	all, _ := asked.Overlays(ctx, cluster)
	return all
}

// completeConnections gives their ids.
func (s *session) completeConnections(command *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(command.Context(), forCompletion)
	defer cancel()
	asked, err := s.reach(daemonOf(command))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	all, _ := asked.Connections(ctx)
	var ids []string
	for _, one := range all {
		if !slices.Contains(given, one.Spec.ID) {
			ids = append(ids, one.Spec.ID)
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// daemonOf is the daemon that a command line says so far.
func daemonOf(command *cobra.Command) (d daemon) {
	d.server, _ = command.Flags().GetString("server")
	d.cluster, _ = command.Flags().GetString("cluster") // not every command has it
	return d
}

func (s *session) completeContexts(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	loaded, err := s.load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return loaded.Names(), cobra.ShellCompDirectiveNoFileComp
}
