package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/connect"
)

// pluginView is one plugin. Its JSON is part of what the program promises.
type pluginView struct {
	Context string `json:"context"`
	connect.Plugin
}

func pluginsCommand(s *session) *cobra.Command {
	var everything bool
	command := &cobra.Command{
		Use:   "plugins [CLASS]",
		Short: "List the plugins that a worker has loaded, or what one can be configured with",
		Long: `List the connector plugins that a worker has loaded; with --all converters, transformations and predicates as well. Of a
class, show what it can be configured with.`,
		Args: atMost(1, "one class"),
	}
	command.Flags().BoolVar(&everything, "all", false, "plugins of every type")
	command.RunE = func(command *cobra.Command, args []string) error {
		if len(args) == 1 {
			return s.pluginFields(command, args[0])
		}
		all := []pluginView{}
		err := s.onEach(command.Context(), func(on *cluster.Cluster) error {
			plugins, err := on.Client.Plugins(command.Context(), !everything)
			for _, plugin := range plugins {
				all = append(all, pluginView{on.Context.Name, plugin})
			}
			return err
		})
		slices.SortStableFunc(all, func(a, b pluginView) int {
			return cmp.Or(cmp.Compare(a.Context, b.Context), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Version, b.Version))
		})
		if err != nil && len(all) == 0 {
			return err
		}
		return cmp.Or(s.write(all, func() { s.pluginTable(all) }), err)
	}
	return s.everywhere(command)
}

func (s *session) pluginTable(all []pluginView) {
	columns := []string{"CLASS", "TYPE", "VERSION"}
	var rows [][]cell
	for _, one := range all {
		row := []cell{plain(one.Class), plain(one.Type), plain(one.Version)}
		if s.flags.allContexts {
			row = slices.Insert(row, 0, plain(one.Context))
		}
		rows = append(rows, row)
	}
	if s.flags.allContexts {
		columns = slices.Insert(columns, 0, "CONTEXT")
	}
	s.table(columns, rows)
}

func (s *session) pluginFields(command *cobra.Command, class string) error {
	on, err := s.cluster(command.Context())
	if err != nil {
		return err
	}
	fields, err := on.Client.PluginConfig(command.Context(), class, "")
	if err != nil {
		return err
	}
	return s.write(fields, func() {
		var rows [][]cell
		for _, field := range fields {
			required, value := "", ""
			if field.Required {
				required = "required"
			}
			if field.DefaultValue != nil {
				value = *field.DefaultValue
			}
			rows = append(rows, []cell{
				plain(field.Name), plain(strings.ToLower(field.Type)), plain(required), plain(strings.ToLower(field.Importance)), plain(value),
			})
		}
		s.table([]string{"KEY", "TYPE", "REQUIRED", "IMPORTANCE", "DEFAULT"}, rows)
	})
}
