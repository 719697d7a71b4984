package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/requirer-lib/connect"
)

func offsetsSetCommand(s *session) *cobra.Command {
	var file string
	var at []string
	var stop bool
	command := &cobra.Command{
		Use:   "set NAME (--file FILE | --at TOPIC:PARTITION=OFFSET...)",
		Short: "Change offsets of a connector that is stopped",
		Long: `Change the offsets of the partitions that are named, and leave others as they are. The file has what offsets get -o json
writes; - is the standard input. --at is for sinks; the offset none has the partition begin anew.

The connector has to be stopped. --stop stops it for that, and brings it back to what it was.`,
		Example: `  connect-manager offsets get orders -o json > offsets.json
  connect-manager offsets set orders --file offsets.json --stop
  connect-manager offsets set sink --at orders:0=1200 --at orders:1=none`,
		Args:              exactly(1, "one connector"),
		ValidArgsFunction: s.completeNames,
	}
	command.Flags().StringVarP(&file, "file", "f", "", "read the offsets from this file (-: standard input)")
	command.Flags().StringArrayVar(&at, "at", nil, "set a partition of a sink: TOPIC:PARTITION=OFFSET")
	command.Flags().BoolVar(&stop, "stop", false, "stop the connector for it")
	command.RunE = func(command *cobra.Command, names []string) error {
		offsets, err := s.wantedOffsets(file, at)
		if err != nil {
			return err
		}
		on, err := s.cluster(command.Context())
		if err != nil {
			return err
		}
		var said string
		err = s.whileStopped(command.Context(), on, names[0], stop, func() (err error) {
			said, err = on.Client.AlterOffsets(command.Context(), names[0], offsets)
			return err
		})
		if err != nil {
			return err
		}
		return s.changedOffsets(names[0], "set", said)
	}
	return command
}

func (s *session) wantedOffsets(file string, at []string) ([]connect.Offset, error) {
	if (file == "") == (len(at) == 0) {
		return nil, usage("want --file or --at")
	}
	if file != "" {
		return s.readOffsets(file)
	}
	var all []connect.Offset
	for _, text := range at {
		offset, err := parseSinkOffset(text)
		if err != nil {
			return nil, err
		}
		all = append(all, offset)
	}
	return all, nil
}

func (s *session) changedOffsets(name, did, said string) error {
	document := struct {
		Name    string `json:"name"`
		Did     string `json:"did"`
		Message string `json:"message"`
	}{name, did, said}
	return s.write(document, func() {
		s.printf("%s: offsets %s\n", name, did)
		if said = strings.TrimSpace(said); said != "" {
			s.note("%s", said)
		}
	})
}
