package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/client"
	"connectcharms/requirer-lib/connection"
)

const connectionFile = `

The file is YAML or JSON, as schemas/connection.json has a connection's spec; "-" is the standard input. Secrets are references
in it, {secret: NAME, key: KEY}, to what the daemon finds in serve.connections.secrets-dir.`

func connectionsAddCommand(s *session) *cobra.Command {
	var d daemon
	command := &cobra.Command{
		Use:     "add FILE",
		Short:   "Make a connection",
		Long:    "Make a connection." + connectionFile,
		Example: "  echo '{id: events, type: DIRECT, kafka_cluster: {bootstrap_servers: \"kafka:9092\"}}' | connect-manager connections add -",
		Args:    exactly(1, "one file, or -"),
	}
	d.flags(command)
	command.RunE = func(command *cobra.Command, files []string) error {
		spec, asked, err := s.connectionOf(files[0], d)
		if err != nil {
			return err
		}
		made, err := asked.CreateConnection(command.Context(), spec)
		if err != nil {
			return refusedFields(err)
		}
		return s.write(made, func() { s.printf("%s: made\n", made.Spec.ID) })
	}
	return command
}

func connectionsSetCommand(s *session) *cobra.Command {
	var d daemon
	var generation int64
	command := &cobra.Command{
		Use:   "set FILE",
		Short: "Change a connection",
		Long:  "Change the connection of the file's id to what the file says." + connectionFile,
		Args:  exactly(1, "one file, or -"),
	}
	d.flags(command)
	command.Flags().Int64Var(&generation, "generation", 0, "only where it is of this generation still")
	command.RunE = func(command *cobra.Command, files []string) error {
		spec, asked, err := s.connectionOf(files[0], d)
		if err != nil {
			return err
		}
		changed, err := asked.UpdateConnection(command.Context(), spec, generation)
		if err != nil {
			return refusedFields(err)
		}
		return s.write(changed, func() { s.printf("%s: generation %d\n", changed.Spec.ID, changed.Metadata.Generation) })
	}
	return command
}

func connectionsDeleteCommand(s *session) *cobra.Command {
	var d daemon
	var yes bool
	command := &cobra.Command{
		Use:               "delete ID...",
		Aliases:           []string{"rm"},
		Short:             "Delete connections",
		Long:              "Delete connections. On a terminal it asks first; elsewhere it wants --yes.",
		Args:              atLeastOne("the ids of connections"),
		ValidArgsFunction: s.completeConnections,
	}
	d.flags(command)
	command.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	command.RunE = func(command *cobra.Command, ids []string) error {
		asked, err := s.reach(d)
		if err == nil && !yes {
			err = s.confirm(command.Context(), fmt.Sprintf("Delete the connections %s?", strings.Join(ids, ", ")))
		}
		if err != nil {
			return err
		}
		var outcomes []outcome
		for _, id := range ids {
			one := outcome{Name: id, Did: "deleted"}
			if err := asked.DeleteConnection(command.Context(), id, 0); err != nil {
				one = outcome{Name: id, Error: err.Error(), cause: withDaemonCode(err)}
			}
			outcomes = append(outcomes, one)
		}
		return s.tell(outcomes)
	}
	return command
}

// connectionOf reads a spec, and reaches the daemon that it is for.
func (s *session) connectionOf(file string, d daemon) (spec connection.Spec, asked *client.Client, err error) {
	text, err := s.readSmall(file, connection.MaxSize)
	if err == nil {
		spec, err = parseConnection(text)
	}
	if err != nil {
		return spec, nil, fmt.Errorf("%s: %w", nameOf(file), err)
	}
	asked, err = s.reach(d)
	return spec, asked, err
}

func nameOf(file string) string {
	if file == standardInput {
		return "standard input"
	}
	return file
}

// readSmall reads a file, or the standard input, of a size at most.
func (s *session) readSmall(file string, size int64) ([]byte, error) {
	from := s.In
	if file != standardInput {
		opened, err := os.Open(file)
		if err != nil {
			return nil, errors.Unwrap(err) // its name is said already
		}
		defer func() { _ = opened.Close() }()
		from = opened
	}
	text, err := io.ReadAll(io.LimitReader(from, size+1))
	if err == nil && int64(len(text)) > size {
		err = fmt.Errorf("want %d bytes at most", size)
	}
	return text, err
}

// parseConnection reads YAML, of which JSON is a part.
func parseConnection(text []byte) (connection.Spec, error) {
	var document any
	if err := yaml.Load(text, &document, yaml.WithUniqueKeys()); err != nil {
		return connection.Spec{}, errNoDocument // what the parser says may quote a password that does not belong there
	}
	encoded, err := json.Marshal(document)
	if err != nil {
		return connection.Spec{}, errNoDocument
	}
	return connection.Parse(encoded)
}

var errNoDocument = errors.New("want one document of YAML or JSON, with each key once")

// refusedFields says which fields the daemon refuses, a line each.
func refusedFields(err error) error {
	var refusal *client.Error
	if !errors.As(err, &refusal) || len(refusal.Problems) == 0 {
		return withDaemonCode(err)
	}
	var lines []string
	for _, problem := range refusal.Problems {
		lines = append(lines, strings.TrimSpace(problem.Field+" "+problem.Reason))
	}
	return errors.New(strings.Join(lines, "\n"))
}
