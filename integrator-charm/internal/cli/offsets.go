package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/connect"
)

// offsetsDocument is what offsets get writes and offsets set reads: as Kafka Connect itself has it.
type offsetsDocument struct {
	Offsets []connect.Offset `json:"offsets"`
}

var noOffsets = []connect.Offset{}

// maxOffsets is the most of a file of offsets that is read, in bytes.
const maxOffsets = 16 << 20

// readOffsets reads a document from a file, or In for "-".
func (s *session) readOffsets(path string) ([]connect.Offset, error) {
	from := s.In
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("read the offsets: %w", err)
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, maxOffsets+1))
	if err != nil {
		return nil, fmt.Errorf("read the offsets: %w", err)
	}
	if len(text) > maxOffsets {
		return nil, fmt.Errorf("read the offsets: at most %d bytes are read", maxOffsets)
	}
	return parseOffsets(text)
}

// parseOffsets reads JSON or YAML.
func parseOffsets(text []byte) ([]connect.Offset, error) {
	encoded, err := asJSON(text)
	if err != nil {
		return nil, fmt.Errorf("the offsets are neither JSON nor YAML: %w", err)
	}
	var document offsetsDocument
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("the offsets are not as offsets get -o json writes them: %w", err)
	}
	if len(document.Offsets) == 0 {
		return nil, errors.New("the offsets: there are none in it")
	}
	return document.Offsets, nil
}

// asJSON writes YAML as JSON. What is JSON stays as it is: positions may be larger than any number of Go's.
func asJSON(text []byte) ([]byte, error) {
	if json.Valid(text) {
		return text, nil
	}
	var value any
	if err := yaml.Load(text, &value, yaml.WithUniqueKeys()); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// parseSinkOffset reads TOPIC:PARTITION=OFFSET, where an OFFSET of "none" has the partition begin anew.
func parseSinkOffset(text string) (connect.Offset, error) {
	place, position, is := strings.Cut(text, "=")
	colon := strings.LastIndexByte(place, ':')
	if !is || colon <= 0 {
		return connect.Offset{}, usage("--at %.80q: want TOPIC:PARTITION=OFFSET, such as orders:0=1200", text)
	}
	partition, err := strconv.Atoi(place[colon+1:])
	if err != nil || partition < 0 {
		return connect.Offset{}, usage("--at %.80q: the partition is no number", text)
	}
	offset := connect.SinkOffset(place[:colon], partition, 0)
	if position == "none" {
		offset.Offset = nil
		return offset, nil
	}
	number, err := strconv.ParseInt(position, 10, 64)
	if err != nil || number < 0 {
		return connect.Offset{}, usage("--at %.80q: the offset is no number", text)
	}
	return connect.SinkOffset(place[:colon], partition, number), nil
}

// whileStopped changes something of a connector that is stopped. One that is not is stopped for it, where that is
// wanted, and then brought back to what it was, whatever came of the change.
func (s *session) whileStopped(ctx context.Context, on *cluster.Cluster, name string, stop bool, change func() error) error {
	if !stop {
		return change()
	}
	before, err := on.Client.Status(ctx, name)
	if err != nil {
		return err
	}
	if before.Connector.State == connect.Stopped {
		return change()
	}
	if err := on.Client.Stop(ctx, name); err != nil {
		return fmt.Errorf("stop it: %w", err)
	}
	if err = s.await(ctx, on, []string{name}, isStopped)[name]; err == nil {
		err = change()
	}
	if back := s.bringBack(ctx, on, name, before.Connector.State); back != nil {
		s.note("%s was stopped, and is not what it was before: %v", name, back)
		if err == nil {
			err = back
		}
	}
	return err
}

// bringBack goes on for a while when the command has been interrupted: the connector is not left stopped for that.
func (s *session) bringBack(ctx context.Context, on *cluster.Cluster, name string, state connect.State) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), defaultWait)
	defer cancel()
	if state == connect.Paused {
		return on.Client.Pause(ctx, name)
	}
	return on.Client.Resume(ctx, name)
}

// compact is a value on one line.
func compact(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return string(text)
}
