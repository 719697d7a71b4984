package cli

import (
	"cmp"
	"context"
	"time"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/connectors"
)

// planning is what plan and sync are told on the command line, beside the state file.
type planning struct {
	environment string
	adopt       []string
	adoptAll    bool
	keep        bool
}

func (p *planning) flags(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVarP(&p.environment, "environment", "e", "", "the state file's environment (default: the context's)")
	flags.StringArrayVar(&p.adopt, "adopt", nil, "take over this connector, whosever it is, where the file has it")
	flags.BoolVar(&p.adoptAll, "adopt-all", false, "take over every connector that the file has and that is nobody's")
	flags.BoolVar(&p.keep, "no-delete", false, "leave alone what the file no longer has")
}

// patience is how long a call may take where --timeout does not say: thousands of connectors take minutes.
const patience = 30 * time.Minute

func (s *session) options(p planning) connectors.Options {
	return connectors.Options{
		Adopt: p.adopt, AdoptAll: p.adoptAll, Keep: p.keep, Patience: cmp.Or(s.flags.timeout, patience), Log: s.log(),
	}
}

// wanting reads the state file for a cluster, in the environment that the command line says, if it does.
func (s *session) wanting(ctx context.Context, on *cluster.Cluster, p planning, named string) (wanted, error) {
	on.Context.Environment = cmp.Or(p.environment, on.Context.Environment)
	return s.want(ctx, on, named)
}

// one is the word of a command that takes at most one.
func one(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}
