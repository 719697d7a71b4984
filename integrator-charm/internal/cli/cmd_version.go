package cli

import (
	"runtime"

	"github.com/spf13/cobra"

	"connectcharms/requirer-lib/connect"
)

// versionView is the JSON of version, which is part of what the program promises.
type versionView struct {
	Version string              `json:"version"`
	Go      string              `json:"go"`
	Cluster *connect.ServerInfo `json:"cluster,omitempty"`
}

func versionCommand(s *session) *cobra.Command {
	var ofCluster bool
	command := &cobra.Command{
		Use:   "version",
		Short: "Show the version of the program, and with --cluster that of Kafka Connect",
		Args:  exactly(0, "nothing more"),
	}
	command.Flags().BoolVar(&ofCluster, "cluster", false, "ask the cluster as well")
	command.RunE = func(command *cobra.Command, _ []string) error {
		shown := versionView{Version: s.Version, Go: runtime.Version()}
		if ofCluster {
			on, err := s.cluster(command.Context())
			if err != nil {
				return err
			}
			info, err := on.Client.ServerInfo(command.Context())
			if err != nil {
				return err
			}
			shown.Cluster = &info
		}
		return s.write(shown, func() {
			s.printf("connect-manager %s (%s)\n", shown.Version, shown.Go)
			if shown.Cluster != nil {
				s.printf("Kafka Connect %s, Kafka cluster %s\n", shown.Cluster.Version, shown.Cluster.KafkaClusterID)
			}
		})
	}
	return command
}
