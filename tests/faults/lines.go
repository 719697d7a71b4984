package faults

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/pair"
)

const (
	linesApp   = "lines"
	linesTopic = "faults-lines"
	// beat is how often a line is written.
	beat = 100 * time.Millisecond
)

// Lines are connect-integrator with a source that reads a file, and a sink that writes one. What is written to the file is
// counted in the topic.
type Lines struct {
	input, output string
	reader        *kgo.Client

	mu      sync.Mutex
	written int
	arrived map[string]int
	further bool // a third connector is in the state file
	Messages
}

func (s *Stage) enterLines(context.Context) error {
	l := &Lines{input: filepath.Join(s.dir, "in.txt"), output: filepath.Join(s.dir, "out.txt"), arrived: map[string]int{}}
	if err := os.WriteFile(l.input, nil, 0o600); err != nil {
		return err
	}
	var err error
	l.reader, err = kgo.NewClient(kgo.SeedBrokers(s.Broker.Bootstrap()), kgo.ConsumeTopics(linesTopic), kgo.UnknownTopicRetries(-1))
	if err != nil {
		return err
	}
	s.Lines = l
	err = s.Deploy(linesApp, jujutest.FromDir(s.Parts.Charms.ConnectIntegrator), jujutest.DeployOptions{
		Config: map[string]any{"state": l.state(), "interval": "30s"}, Resources: map[string]string{"plugin": s.Parts.Kafka.FilePlugin},
	})
	if err != nil {
		return err
	}
	_, err = s.Integrate(pair.Provider, linesApp)
	return err
}

// state is the state file. The source may change how it reads itself, and a secret that it has.
func (l *Lines) state() string {
	text := fmt.Sprintf(`
defaults: {config: {tasks.max: 1, value.converter: org.apache.kafka.connect.storage.StringConverter}}
connectors:
  - name: source
    control: {keys: [%s, %s], secret: [%s]}
    config: {connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector, file: %s, topic: %s}
  - {name: sink, config: {connector.class: org.apache.kafka.connect.file.FileStreamSinkConnector, file: %s, topics: %s}}
`, plainKey, secretKey, secretKey, l.input, linesTopic, l.output, linesTopic)
	if l.further {
		text += fmt.Sprintf("  - {name: further, config: {connector.class: org.apache.kafka.connect.file.FileStreamSinkConnector, "+
			"file: %s, topics: %s}}\n", l.output+".further", linesTopic)
	}
	return text
}

// connectors are the names that the state file has now.
func (l *Lines) connectors() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.further {
		return []string{"source", "sink", "further"}
	}
	return []string{"source", "sink"}
}

// write writes a line at each beat, and counts what has come.
func (l *Lines) write(ctx context.Context) {
	var reading sync.WaitGroup
	defer reading.Wait()
	reading.Go(func() { l.count(ctx) })
	file, err := os.OpenFile(l.input, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return // what is not written does not arrive either, and is waited for
	}
	defer file.Close()
	for ctx.Err() == nil {
		l.mu.Lock()
		l.written++
		fmt.Fprintf(file, "line %d\n", l.written) // a line that is not there is missed
		l.mu.Unlock()
		pause(ctx, beat)
	}
}

func (l *Lines) count(ctx context.Context) {
	for ctx.Err() == nil {
		fetched := l.reader.PollFetches(ctx)
		l.mu.Lock()
		fetched.EachRecord(func(record *kgo.Record) { l.arrived[string(record.Value)]++ })
		l.mu.Unlock()
	}
}

// missing says which of the lines written up to now have not arrived.
func (l *Lines) missing() (lines []int, written int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for number := range l.written {
		if l.arrived[fmt.Sprintf("line %d", number+1)] == 0 {
			lines = append(lines, number+1)
		}
	}
	return lines, l.written
}

func (l *Lines) close() { l.reader.Close() }
