package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"connectcharms/integrator-charm/internal/client"
	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/control"
)

// controlled is what became of one message. Its JSON, one on a line, is part of what the program promises.
type controlled struct {
	Line     int              `json:"line"`
	Taken    *overlay.Taken   `json:"taken,omitempty"`
	Error    string           `json:"error,omitempty"`
	Problems []client.Problem `json:"problems,omitempty"`
}

func controlCommand(s *session) *cobra.Command {
	var d daemon
	var connector string
	var patience time.Duration
	command := &cobra.Command{
		Use:   "control --connector NAME [-|FILE]",
		Short: "Hand a connector's control messages on, by which it changes its own configuration",
		Long: `Read what a connector writes, a message on each line, and hand its control messages to the daemon, in their order. All other
lines go to the standard output as they are, so that the command can stand in a pipe after a connector's process. What becomes of each
control message is told on the standard error: a line, with -o json an object. One that the daemon cannot take now is sent again;
meanwhile the other lines go on. It ends when what it reads does, and all messages are answered.`,
		Example: "  my-source read | connect-manager control --connector orders | my-loader",
		Args:    atMost(1, "a file, or - for the standard input"),
	}
	d.flags(command)
	command.Flags().StringVar(&d.cluster, "cluster", "", "which of the daemon's clusters (default: the only one)") // a connector's token may not ask which there are
	command.Flags().StringVar(&connector, "connector", "", "the connector whose messages these are")
	command.Flags().DurationVar(&patience, "retry-for", 5*time.Minute, "send a message again for this long where the daemon cannot take it now")
	_ = command.RegisterFlagCompletionFunc("connector", s.completeNames)
	command.RunE = func(command *cobra.Command, files []string) error {
		if connector == "" {
			return usage("want --connector: whose messages are these?")
		}
		asked, err := s.reach(d)
		if err != nil {
			return err
		}
		from, err := s.messages(files)
		if err != nil {
			return err
		}
		sender := controlSender{client: asked, cluster: d.cluster, connector: connector, patience: patience, every: s.Every}
		return s.control(command.Context(), from, sender)
	}
	return command
}

// messages is what is read.
func (s *session) messages(files []string) (io.Reader, error) {
	if len(files) == 0 || files[0] == "-" {
		return s.In, nil
	}
	file, err := os.Open(files[0])
	if err == nil {
		s.closing = append(s.closing, func() { _ = file.Close() })
	}
	return file, err
}

// queued is how many messages wait for their turn before reading does, too.
const queued = 1000

// streamed is one line of a stream, or its end.
type streamed struct {
	control.Line
	err error
}

// control sends messages one after the other, while the lines between them are passed on.
func (s *session) control(ctx context.Context, from io.Reader, to controlSender) error {
	lines := make(chan streamed, queued)
	go func() { // nobody waits for it where it is interrupted: reading the standard input cannot be, and ends with the program
		defer close(lines)
		for line, err := range control.Stream(from, s.Out) {
			select {
			case lines <- streamed{line, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	var failed, refused int
	for {
		var line streamed
		var open bool
		select {
		case line, open = <-lines:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !open {
			return controlResult(failed, refused)
		}
		if _, ofLine := errors.AsType[control.Problems](line.err); line.err != nil && !ofLine {
			return line.err
		}
		said, err := to.send(ctx, line)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.told(said, line)
		if err != nil {
			failed++
		}
		if codeOf(ctx, withDaemonCode(err)) == exitRefused {
			refused++
		}
	}
}

func controlResult(failed, refused int) error {
	switch {
	case failed == 0:
		return nil
	case failed == refused:
		return withCode(exitRefused, errTold)
	}
	return errTold
}

// told tells what became of a message. The standard output has what passes by.
func (s *session) told(said controlled, line streamed) {
	if s.flags.output == outputJSON {
		_ = json.NewEncoder(s.Err).Encode(said)
		return
	}
	switch {
	case said.Error != "":
		s.note("line %d: %s", said.Line, said.Error)
	case said.Taken.Outcome == overlay.Ignored:
		s.note("line %d: warning: messages of type %.40q are not known here: nothing is done", said.Line, line.Message.Type)
	default:
		s.note("line %d: %s", said.Line, takenWords(*said.Taken))
	}
}

// takenWords is "taken, version 7: token (waits: …)".
func takenWords(taken overlay.Taken) string {
	words := fmt.Sprintf("%s, version %d", taken.Outcome, taken.Version)
	if len(taken.Keys) > 0 {
		words += ": " + strings.Join(taken.Keys, ", ")
	}
	if taken.Waiting != "" {
		words += " (waits: " + taken.Waiting + ")"
	}
	return words
}

// controlSender sends messages of one connector.
type controlSender struct {
	client             *client.Client
	cluster, connector string
	patience, every    time.Duration
}

// send sends a message until it is answered for good, or for too long.
func (c controlSender) send(ctx context.Context, line streamed) (controlled, error) {
	until := time.Now().Add(c.patience)
	for {
		taken, err := c.try(ctx, line)
		if err == nil {
			return controlled{Line: line.Number, Taken: &taken}, nil
		}
		pause := max(c.every, retryAfter(err))
		if isForGood(err) || time.Now().Add(pause).After(until) {
			return failedControl(line, err), err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return controlled{}, ctx.Err()
		}
	}
}

func (c controlSender) try(ctx context.Context, line streamed) (overlay.Taken, error) {
	switch {
	case line.err == nil:
		return c.client.Control(ctx, c.cluster, c.connector, line.Message, "")
	case line.Broken.IsZero():
		return overlay.Taken{}, line.err
	}
	return overlay.Taken{}, c.client.ControlBroken(ctx, c.cluster, c.connector, line.Broken)
}

func failedControl(line streamed, err error) controlled {
	failed := controlled{Line: line.Number, Error: err.Error()}
	if refusal, is := errors.AsType[*client.Error](err); is {
		failed.Problems = refusal.Problems
	}
	return failed
}

func retryAfter(err error) time.Duration {
	if refusal, is := errors.AsType[*client.Error](err); is {
		return refusal.RetryAfter
	}
	return 0
}

// isForGood says whether sending the same again would be answered the same.
func isForGood(err error) bool {
	if _, is := errors.AsType[control.Problems](err); is {
		return true
	}
	refusal, is := errors.AsType[*client.Error](err)
	return is && refusal.Status < http.StatusInternalServerError && refusal.Status != http.StatusTooManyRequests
}
