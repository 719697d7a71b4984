package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
)

// Offset is how far a connector has come in one partition of what it reads. What
// both mean is the plugin's own for a source; see SinkOffset for a sink.
type Offset struct {
	// Partition names the partition.
	Partition map[string]any `json:"partition"`
	// Offset is the position in it. In AlterOffsets, nil has the connector begin
	// this partition anew.
	Offset map[string]any `json:"offset"`
}

// UnmarshalJSON keeps numbers as they are written (json.Number): positions in a
// log may be too large for a float64.
func (o *Offset) UnmarshalJSON(text []byte) error {
	type plain Offset
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode((*plain)(o))
}

// SinkOffset is the offset of a sink connector, all of which read partitions of
// topics: the next record of the partition that it is going to take.
func SinkOffset(topic string, partition int, offset int64) Offset {
	return Offset{
		Partition: map[string]any{keyTopic: topic, keyPartition: partition},
		Offset:    map[string]any{keyOffset: offset},
	}
}

// The keys that Connect gives a sink's offsets.
const (
	keyTopic     = "kafka_topic"
	keyPartition = "kafka_partition"
	keyOffset    = "kafka_offset"
)

// Offsets gives the offsets that a connector has committed; none when it has
// not yet. A source's are read from Connect's offsets topic, a sink's from its
// consumer group.
func (c *Client) Offsets(ctx context.Context, name string) ([]Offset, error) {
	var answer offsets
	err := c.onConnector(ctx, name, call{method: http.MethodGet, path: "/offsets", out: &answer})
	return answer.Offsets, err
}

// AlterOffsets changes the offsets of the partitions given, and leaves others as
// they are. The connector has to be stopped: ErrNotStopped. It gives what
// Connect says: a plugin that keeps its offsets elsewhere too needs them altered
// there by hand.
//
// Right after Stop, the group of a sink may still have members. Connect says
// then that the request can be sent again, which the client does.
func (c *Client) AlterOffsets(ctx context.Context, name string, altered []Offset) (said string, err error) {
	return c.changeOffsets(ctx, name, call{
		method: http.MethodPatch, path: "/offsets", body: offsets{altered}, hide: secretsInOffsets(altered),
	})
}

// ResetOffsets forgets all offsets of a connector, which has to be stopped, as
// for AlterOffsets: it begins anew.
func (c *Client) ResetOffsets(ctx context.Context, name string) (said string, err error) {
	return c.changeOffsets(ctx, name, call{method: http.MethodDelete, path: "/offsets"})
}

func (c *Client) changeOffsets(ctx context.Context, name string, call call) (string, error) {
	var answer struct {
		Message string `json:"message"`
	}
	call.out, call.forLeader = &answer, true
	err := c.onConnector(ctx, name, call)
	return answer.Message, err
}

// offsets is the shape in which they travel.
type offsets struct {
	Offsets []Offset `json:"offsets"`
}

// secretsInOffsets picks what goes by a secret's name, at any depth.
func secretsInOffsets(all []Offset) []string {
	var texts []string
	for _, one := range all {
		texts = append(texts, secretsBelow(one.Partition)...)
		texts = append(texts, secretsBelow(one.Offset)...)
	}
	return secretTexts(texts...)
}

func secretsBelow(value any) (texts []string) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if text, ok := inner.(string); ok && IsSecret(key) {
				texts = append(texts, text)
			}
			texts = append(texts, secretsBelow(inner)...)
		}
	case []any:
		for _, inner := range value {
			texts = append(texts, secretsBelow(inner)...)
		}
	}
	return texts
}
