package cli

import (
	"github.com/spf13/cobra"

	"connectcharms/schemas"
)

func schemaCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Write the JSON Schema of state files, for editors",
		Example: `  connect-manager schema > state.schema.json
  # and in the first line of the state file:
  # yaml-language-server: $schema=state.schema.json`,
		Args: exactly(0, "nothing more"),
		RunE: func(*cobra.Command, []string) error {
			_, err := s.Out.Write(schemas.StateFile())
			return err
		},
	}
}
