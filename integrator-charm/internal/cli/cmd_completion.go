package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
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

func (s *session) completeContexts(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	loaded, err := s.load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return loaded.Names(), cobra.ShellCompDirectiveNoFileComp
}
