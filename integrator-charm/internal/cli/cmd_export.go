package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/state"
)

func exportCommand(s *session) *cobra.Command {
	var chosen selection
	var manager, out, secrets string
	command := &cobra.Command{
		Use:   "export [NAME...]",
		Short: "Write connectors that there are as a state file",
		Long: `Write the connectors of a cluster, or those that are selected, as a state file: YAML, or JSON with -o json. What is secret is
not in it but referred to; --secrets-dir writes those values into files that the references lead to. With the file, adopt
takes the connectors over without a change.`,
		Example: `  connect-manager export --out state.yaml --secrets-dir secrets
  connect-manager export -m 'jdbc-.*' -o json`,
		ValidArgsFunction: s.completeNames,
	}
	chosen.flags(command)
	flags := command.Flags()
	flags.StringVar(&manager, "manager", "", "whose connectors the file says they are (default: "+state.DefaultManager+")")
	flags.StringVar(&out, "out", "", "write the file here, for its owner alone")
	flags.StringVar(&secrets, "secrets-dir", "", "write the values of secrets into this directory: NAME/KEY")
	command.RunE = func(command *cobra.Command, names []string) error {
		on, err := s.cluster(command.Context())
		if err != nil {
			return err
		}
		there, err := s.exportable(command.Context(), on, &chosen, names)
		if err != nil {
			return err
		}
		isPassword, err := state.DeclaredPasswords(command.Context(), on.Client, there)
		if err != nil {
			return err
		}
		exported := state.Existing(there, state.ExistingOptions{Manager: manager, IsPassword: isPassword})
		if secrets != "" {
			if err := writeSecrets(secrets, exported.Secrets); err != nil {
				return err
			}
		} else if n := len(exported.Secrets); n > 0 {
			s.note("%d secret values are referred to and not written: --secrets-dir writes them.", n)
		}
		for _, name := range slices.Sorted(maps.Keys(exported.LeftOut)) {
			s.note("warning: %s is left out: %v", name, exported.LeftOut[name])
		}
		return s.writeExported(exported.File, out)
	}
	return command
}

// exportable are the selected connectors, by the names that a state file of the context has for them.
func (s *session) exportable(
	ctx context.Context, on *cluster.Cluster, chosen *selection, names []string,
) (map[string]connectors.Found, error) {
	picked, missing, err := s.choose(ctx, on, chosen, names)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("there is no connector %s", missing[0])
	}
	wanted := map[string]bool{}
	for _, one := range picked {
		wanted[one.Name] = true
	}
	there, err := on.Owned(state.DefaultManager).Observe(ctx)
	maps.DeleteFunc(there, func(_ string, found connectors.Found) bool { return !wanted[found.Connector] })
	return there, err
}

func (s *session) writeExported(file *state.File, out string) error {
	format := state.YAML
	if s.flags.output == outputJSON {
		format = state.JSON
	}
	text, err := file.Export(format)
	if err != nil {
		return err
	}
	if out == "" {
		_, err := s.Out.Write(text)
		return err
	}
	if err := atomicfile.Write(out, text, 0o600); err != nil {
		return fmt.Errorf("write the state file: %w", err)
	}
	s.note("%s: %d connectors", out, len(file.Connectors))
	return nil
}
