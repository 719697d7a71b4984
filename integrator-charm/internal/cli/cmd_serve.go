package cli

import (
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/serve"
	"connectcharms/integrator-charm/internal/settings"
)

func serveCommand(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Keep clusters as their state files have them, and answer over HTTP",
		Long: `Keep the clusters of the configuration's serve.contexts as their state files have them: carry out a file that changes,
repair what drifts, restart what fails, tell owners. It answers over HTTP, and shows a page, at serve.listen.

SIGHUP has it read the configuration again, SIGTERM has it end; a sync that is under way then is taken up by the next one.`,
		Args: exactly(0, "no words: the configuration says what to serve"),
		RunE: func(command *cobra.Command, _ []string) error {
			hangups := make(chan os.Signal, 1)
			signal.Notify(hangups, syscall.SIGHUP)
			defer signal.Stop(hangups)
			return serve.Run(command.Context(), serve.Options{
				Load:    func() (*settings.Settings, error) { return settings.Load(s.flags.config, s.Environ) },
				Hangups: hangups,
				Log:     s.events(),
			})
		},
	}
}

// events is a log for machines, one event a line.
func (s *session) events() *slog.Logger {
	level := slog.LevelInfo
	if s.flags.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(s.Err, &slog.HandlerOptions{Level: level}))
}
