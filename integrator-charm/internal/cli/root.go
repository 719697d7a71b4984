package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

const rootLong = `connect-manager makes the connectors on Kafka Connect clusters those of a state file, and shows and changes single ones.

What a cluster is reached by stands in a context of the configuration (--config, $CONNECT_MANAGER_CONFIG,
~/.config/connect-manager/config.yaml), or in CONNECT_ENDPOINTS, CONNECT_USERNAME, CONNECT_PASSWORD_FILE, CONNECT_CA_FILE,
CONNECT_STATE, CONNECT_ENVIRONMENT.

` + exitCodes

// Groups of commands, as --help shows them.
const (
	groupFile   = "file"
	groupOne    = "one"
	groupLook   = "look"
	groupDaemon = "daemon"
	groupSetup  = "setup"
)

func rootCommand(s *session) *cobra.Command {
	root := &cobra.Command{
		Use:               "connect-manager",
		Short:             "Connectors of Kafka Connect as code",
		Long:              rootLong,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return s.begin(cmd) },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%w", err) })
	s.globals(root)
	root.AddGroup(
		&cobra.Group{ID: groupFile, Title: "The state file:"},
		&cobra.Group{ID: groupLook, Title: "What there is:"},
		&cobra.Group{ID: groupOne, Title: "Single connectors:"},
		&cobra.Group{ID: groupDaemon, Title: "The daemon:"},
		&cobra.Group{ID: groupSetup, Title: "The program:"},
	)
	root.SetHelpCommandGroupID(groupSetup)
	onlyBelow(root)
	add(s, root, groupFile, planCommand, applyCommand, syncCommand, validateCommand, schemaCommand, exportCommand, adoptCommand, releaseCommand)
	add(s, root, groupLook, listCommand, statusCommand, watchCommand, waitCommand, pluginsCommand, topicsCommand)
	add(s, root, groupOne, pauseCommand, resumeCommand, stopCommand, restartCommand, deleteCommand, offsetsCommand, loggersCommand)
	add(s, root, groupDaemon, serveCommand, plansCommand, approveCommand, rejectCommand, reportCommand, historyCommand, receiversCommand,
		silenceCommand, controlCommand, overlayCommand, connectionsCommand, daemonCommand)
	add(s, root, groupSetup, contextCommand, completionCommand, versionCommand)
	return root
}

func add(s *session, root *cobra.Command, group string, commands ...func(*session) *cobra.Command) {
	for _, command := range commands {
		made := command(s)
		made.GroupID = group
		root.AddCommand(made)
	}
}

// exactly, atLeastOne and atMost say how many words a command takes, as errors of usage.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return usage("want %s", what)
		}
		return nil
	}
}

func atLeastOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage("want %s", what)
		}
		return nil
	}
}

func atMost(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > n {
			return usage("want %s, and no %s", what, printable(strings.Join(args[n:], " ")))
		}
		return nil
	}
}

// parent is a command that only has others below it.
func parent(use, short string, below ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{Use: use, Short: short}
	command.AddCommand(below...)
	onlyBelow(command)
	return command
}

// onlyBelow has a command show its help, and refuse a word that is no command below it.
func onlyBelow(command *cobra.Command) {
	command.SuggestionsMinimumDistance = 2
	command.RunE = func(command *cobra.Command, _ []string) error { return command.Help() }
	command.Args = func(command *cobra.Command, words []string) error {
		if len(words) == 0 {
			return nil
		}
		hint := "see " + command.CommandPath() + " --help"
		if near := command.SuggestionsFor(words[0]); len(near) > 0 {
			hint = "did you mean " + strings.Join(near, ", ") + "?"
		}
		return usage("there is no command %.40q: %s", words[0], hint)
	}
}
