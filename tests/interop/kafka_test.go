package interop

import (
	"context"
	_ "embed"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
	"connectcharms/tests/kafka"
)

//go:embed testdata/kafka.py
var kafkaScript string

// brokersCharm is a Kafka charm. What it writes, dpcharmlibs-interfaces writes; its secrets are made here with the contents
// that the library gave them.
type brokersCharm struct {
	python  string
	brokers map[string]string // what the library is to publish
	granted []string          // secrets that are made: Juju drops a grant made in the same hook
	bag     hook.Databag
}

func (b *brokersCharm) hook(ctx context.Context, h *hook.Hook) error {
	ids, err := h.RelationIDs(ctx, "kafka-client")
	if err != nil || len(ids) == 0 || h.Kind == hook.RelationBroken {
		return err
	}
	asked, err := h.RelationGet(ctx, ids[0], "kafka-connect")
	if err != nil || len(asked) == 0 {
		return err
	}
	if b.bag == nil {
		if err := b.answer(ctx, h, asked); err != nil {
			return err
		}
	}
	for _, uri := range b.granted {
		if err := h.SecretGrant(ctx, uri, ids[0]); err != nil {
			return err
		}
	}
	return h.RelationSetApp(ctx, ids[0], b.bag)
}

func (b *brokersCharm) answer(ctx context.Context, h *hook.Hook, asked hook.Databag) error {
	given := map[string]any{"asked": asked}
	for key, value := range b.brokers {
		given[key] = value
	}
	input, err := json.Marshal(given)
	if err != nil {
		return err
	}
	output, err := runPython(ctx, b.python, kafkaScript, input)
	if err != nil {
		return err
	}
	var answer struct {
		App     hook.Databag
		Secrets map[string]struct {
			Label   string
			Content map[string]string
		}
	}
	if err := json.Unmarshal(output, &answer); err != nil {
		return err
	}
	for id, made := range answer.Secrets {
		content := hook.SecretContent{}
		for key, value := range made.Content {
			content[key] = secret.New(value)
		}
		uri, err := h.SecretAdd(ctx, content, hook.SecretOptions{Label: made.Label})
		if err != nil {
			return err
		}
		for key, value := range answer.App {
			answer.App[key] = strings.ReplaceAll(value, id, uri)
		}
		b.granted = append(b.granted, uri)
	}
	b.bag = answer.App
	return nil
}

// TestWorkersReachTheBrokersOfAPythonKafkaCharm has the library serve a request of each form, and a worker log in with what
// it answers.
func TestWorkersReachTheBrokersOfAPythonKafkaCharm(t *testing.T) {
	t.Parallel()
	program := needPython(t)
	runtime, err := kafka.Fetch(t.Context(), kafka.DefaultVersion, t.Output())
	require.NoError(t, err)
	authority, err := kafka.NewAuthority("interop")
	require.NoError(t, err)
	broker, err := kafka.StartBroker(t.Context(), runtime, kafka.BrokerOptions{Dir: t.TempDir(), TLS: authority, SCRAM: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, broker.Stop()) })
	require.NoError(t, broker.SetUser(t.Context(), "relation-1", "sesame"))
	for _, form := range []string{"v0", "v1"} {
		t.Run(form, func(t *testing.T) {
			b := &brokersCharm{python: program, brokers: map[string]string{
				"endpoints": broker.At(kafka.SASLSSL), "username": "relation-1", "password": "sesame", "ca": authority.PEM(),
			}}
			model := newWorkers(t, runtime, form)
			require.NoError(t, model.Deploy("kafka", jujutest.FromFunc(
				[]byte("name: kafka\nprovides:\n  kafka-client:\n    interface: kafka_client\n"), b.hook), jujutest.DeployOptions{}))
			_, err := model.Integrate("kafka-connect:kafka", "kafka")
			require.NoError(t, err)
			settle(t, model)
			settle(t, model, "kafka/0")
			settle(t, model, unit)
			requireActive(t, model)
		})
	}
}

// requireActive gives a unit that waits, as for a worker that starts on a busy machine, update-status.
func requireActive(t *testing.T, model *jujutest.Model) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; settle(t, model, unit) {
		status, _ := model.StatusOf(unit)
		if status.Current != "waiting" || time.Now().After(deadline) {
			require.Equal(t, "active", status.Current, status.Message)
			return
		}
	}
}

// newWorkers has one unit of kafka-connect that asks for its Kafka in a form.
func newWorkers(t *testing.T, runtime *kafka.Runtime, form string) *jujutest.Model {
	t.Helper()
	kept, err := cache.Dir()
	require.NoError(t, err)
	built, err := charms.Build(t.Context(), filepath.Join(kept, "charms"))
	require.NoError(t, err)
	model, err := jujutest.New(jujutest.Options{PebbleBinary: built.Pebble})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, model.Close()) })
	require.NoError(t, model.Deploy("kafka-connect", jujutest.FromDir(built.KafkaConnect), jujutest.DeployOptions{
		Config: map[string]any{"kafka-client-version": form}, Resources: map[string]string{"kafka": runtime.Archive},
	}))
	return model
}
