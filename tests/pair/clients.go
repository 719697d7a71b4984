package pair

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

// BothSecrets is what a client asks for that wants to log in.
const BothSecrets = `["username","password"]`

// Requirer is a charm that writes a given application databag and nothing else: what any client might write.
func Requirer(name string, bag func() hook.Databag) jujutest.Charm {
	metadata := fmt.Sprintf("name: %s\nrequires:\n  connect-client:\n    interface: connect_client\n", name)
	return jujutest.FromFunc([]byte(metadata), func(ctx context.Context, h *hook.Hook) error {
		if h.Kind == hook.RelationBroken {
			return nil
		}
		leader, err := h.IsLeader(ctx)
		if err != nil || !leader {
			return err
		}
		relations, err := h.RelationIDs(ctx, "connect-client")
		if err != nil {
			return err
		}
		for _, id := range relations {
			if err := h.RelationSetApp(ctx, id, bag()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Plugin is the file plugin in an archive of its own: each number has another digest.
func (p Parts) Plugin(number int) ([]byte, error) {
	var archive bytes.Buffer
	compressed := gzip.NewWriter(&archive)
	packed := tar.NewWriter(compressed)
	note := fmt.Sprintf("number %d\n", number)
	err := errors.Join(
		packed.AddFS(os.DirFS(p.Kafka.PluginPath)),
		packed.WriteHeader(&tar.Header{Name: "number.txt", Mode: 0o644, Size: int64(len(note))}),
	)
	if err != nil {
		return nil, fmt.Errorf("pack a plugin: %w", err)
	}
	_, err = packed.Write([]byte(note))
	err = errors.Join(err, packed.Close(), compressed.Close())
	return archive.Bytes(), err // only now is all of it there
}

// Heartbeats is a connector that needs no plugin: MirrorMaker's are part of Kafka.
func Heartbeats(bootstrap string) map[string]string {
	return map[string]string{
		"connector.class":                     "org.apache.kafka.connect.mirror.MirrorHeartbeatConnector",
		"source.cluster.alias":                "a",
		"target.cluster.alias":                "b",
		"source.cluster.bootstrap.servers":    bootstrap,
		"target.cluster.bootstrap.servers":    bootstrap,
		"heartbeats.topic.replication.factor": "1",
	}
}
