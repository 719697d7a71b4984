package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/client"
	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/integrator-charm/internal/manager"
)

// daemon is the connect-manager serve that a command asks, and which of its clusters.
type daemon struct {
	server, cluster string
}

// daemonNote is said of every command of this kind.
const daemonNote = `

It asks connect-manager serve: the one of --server, or of the context (server, token-file), or CONNECT_SERVER and
CONNECT_TOKEN_FILE. A socket needs no token.`

func (d *daemon) flags(command *cobra.Command) {
	command.Long = cmp.Or(command.Long, command.Short+".") + daemonNote
	command.Flags().StringVar(&d.server, "server", "", "the daemon: http://host:port, https://host:port, or the path of its socket")
}

func (d *daemon) clusterFlag(command *cobra.Command) {
	command.Flags().StringVar(&d.cluster, "cluster", "", "which of the daemon's clusters (default: the only one, or the context's name)")
}

// reach makes a client. It sends nothing.
func (s *session) reach(d daemon) (*client.Client, error) {
	context, err := s.context()
	if err != nil {
		return nil, err
	}
	config := client.Config{Server: cmp.Or(d.server, context.Server)}
	if config.Server == "" {
		return nil, errors.New("which daemon? Say --server, or give the context its server, or set CONNECT_SERVER")
	}
	if context.TokenFile != "" {
		if config.Token, err = cluster.ReadSecret(context.TokenFile, s.log()); err != nil {
			return nil, err
		}
	}
	if context.ServerCAFile != "" {
		if config.CA, err = os.ReadFile(context.ServerCAFile); err != nil {
			return nil, fmt.Errorf("read the daemon's CA: %w", err)
		}
	}
	asked, err := client.New(config)
	if err == nil {
		s.closing = append(s.closing, asked.Close)
	}
	return asked, err
}

// reachCluster gives the name of the cluster, too.
func (s *session) reachCluster(ctx context.Context, d daemon) (*client.Client, string, error) {
	asked, err := s.reach(d)
	if err != nil || d.cluster != "" {
		return asked, d.cluster, err
	}
	all, err := asked.Clusters(ctx)
	if err != nil {
		return nil, "", err
	}
	context, err := s.context()
	if err != nil {
		return nil, "", err
	}
	var names []string
	for _, one := range all {
		names = append(names, one.Name)
	}
	switch {
	case len(names) == 1:
		return asked, names[0], nil
	case !slices.Contains(names, context.Name):
		return nil, "", usage("which of the daemon's clusters? Say --cluster: %s", strings.Join(names, ", "))
	}
	return asked, context.Name, nil
}

// shortRevision is a commit or digest as people know it.
func shortRevision(revision string) string {
	if len(revision) > 12 && !strings.ContainsAny(revision, " /") {
		return revision[:12]
	}
	return revision
}

// decisions are what was said to a plan, a line each.
func decisions(plan manager.Plan) (lines []string) {
	for _, said := range plan.Approvals {
		line := fmt.Sprintf("%s by %s at %s", said.Verdict, said.Who, said.When.UTC().Format(timeFormat))
		if said.Comment != "" {
			line += ": " + said.Comment
		}
		lines = append(lines, line)
	}
	return lines
}

// timeFormat is how points in time are shown to people: in UTC, and so that they sort.
const timeFormat = "2006-01-02 15:04:05Z"
