package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/tests/kafka"
)

// secureKafka is a broker with TLS and logins, and the authority that it is verified by.
func secureKafka(t *testing.T) (*kafka.Broker, *kafka.Authority) {
	t.Helper()
	authority, err := kafka.NewAuthority("test")
	require.NoError(t, err)
	broker, err := kafka.StartBroker(t.Context(), parts.Kafka, kafka.BrokerOptions{
		Dir: filepath.Join(t.TempDir(), "broker"), TLS: authority, SCRAM: true,
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	return broker, authority
}

// kafkaCharm is a charm that provides kafka_client, of one unit: it does what a test last told it, when one of its hooks
// runs.
type kafkaCharm struct {
	mu      sync.Mutex
	answers bool // it has something to publish
	newer   bool // it answers as v1 does
	servers string
	account map[string]string // secret-user
	tls     map[string]string // secret-tls
	secrets map[string]string // URIs, by label
	said    hook.Databag      // what the other side asked for
}

// tell changes what the charm publishes from its next hook on.
func (k *kafkaCharm) tell(change func(*kafkaCharm)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(k)
}

func (k *kafkaCharm) asked() hook.Databag {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.said
}

func (k *kafkaCharm) charm() jujutest.Charm {
	return jujutest.FromFunc([]byte("name: kafka\nprovides:\n  kafka-client:\n    interface: kafka_client\n"), k.run)
}

func (k *kafkaCharm) run(ctx context.Context, h *hook.Hook) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	ids, err := h.RelationIDs(ctx, "kafka-client")
	if err != nil || len(ids) == 0 || h.Kind == hook.RelationBroken {
		return err
	}
	if k.said, err = h.RelationGet(ctx, ids[0], provider); err != nil || !k.answers {
		return err
	}
	bag := map[string]string{"endpoints": k.servers}
	for key, content := range map[string]map[string]string{"secret-user": k.account, "secret-tls": k.tls} {
		if bag[key], err = k.publishSecret(ctx, h, ids[0], key, content); err != nil {
			return err
		}
	}
	if !k.newer {
		return h.RelationSetApp(ctx, ids[0], bag)
	}
	var requests []map[string]string
	if err := json.Unmarshal([]byte(k.said["requests"]), &requests); err != nil {
		return fmt.Errorf("read what was asked for: %w", err)
	}
	bag["request-id"], bag["salt"] = requests[0]["request-id"], requests[0]["salt"]
	answer, err := json.Marshal([]map[string]string{bag})
	if err != nil {
		return err
	}
	return h.RelationSetApp(ctx, ids[0], hook.Databag{"version": "v1", "requests": string(answer), "data": "{}"})
}

func (k *kafkaCharm) publishSecret(ctx context.Context, h *hook.Hook, id hook.RelationID, label string, plain map[string]string) (uri string, err error) {
	content := hook.SecretContent{}
	for key, value := range plain {
		content[key] = secret.New(value)
	}
	if uri = k.secrets[label]; uri != "" {
		if err := h.SecretSet(ctx, uri, content, hook.SecretOptions{}); err != nil {
			return "", err
		}
		return uri, h.SecretGrant(ctx, uri, id)
	}
	if uri, err = h.SecretAdd(ctx, content, hook.SecretOptions{Label: label}); err != nil {
		return "", err
	}
	if k.secrets == nil {
		k.secrets = map[string]string{}
	}
	k.secrets[label] = uri
	return uri, h.SecretGrant(ctx, uri, id)
}

// publishes has the charm publish, changed, what it knows.
func (s *stage) publishes(k *kafkaCharm, change func(*kafkaCharm)) {
	s.t.Helper()
	k.tell(func(k *kafkaCharm) { k.answers = true; change(k) })
	require.NoError(s.t, s.UpdateStatus("kafka/0"))
	s.settle()
}
