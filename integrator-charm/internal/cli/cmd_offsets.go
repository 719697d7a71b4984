package cli

import (
	"github.com/spf13/cobra"
)

func offsetsCommand(s *session) *cobra.Command {
	return parent("offsets", "Read and change how far a connector has come",
		offsetsGetCommand(s), offsetsSetCommand(s), offsetsResetCommand(s))
}

func offsetsGetCommand(s *session) *cobra.Command {
	command := &cobra.Command{
		Use:               "get NAME",
		Short:             "Show the offsets that a connector has committed",
		Long:              "Show the offsets that a connector has committed. What -o json and -o yaml write, offsets set reads.",
		Args:              exactly(1, "one connector"),
		ValidArgsFunction: s.completeNames,
	}
	command.RunE = func(command *cobra.Command, names []string) error {
		on, err := s.cluster(command.Context())
		if err != nil {
			return err
		}
		offsets, err := on.Client.Offsets(command.Context(), names[0])
		if err != nil {
			return err
		}
		document := offsetsDocument{Offsets: offsets}
		if document.Offsets == nil {
			document.Offsets = noOffsets
		}
		return s.write(document, func() { s.offsetTable(document) })
	}
	return command
}

func (s *session) offsetTable(document offsetsDocument) {
	if len(document.Offsets) == 0 {
		s.note("It has committed none yet.")
	}
	var rows [][]cell
	for _, each := range document.Offsets {
		rows = append(rows, []cell{plain(compact(each.Partition)), plain(compact(each.Offset))})
	}
	s.table([]string{"PARTITION", "OFFSET"}, rows)
}
