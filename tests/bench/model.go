package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
	"connectcharms/tests/pair"
)

// fileSource is the connector of the file plugin.
const fileSource = "org.apache.kafka.connect.file.FileStreamSourceConnector"

// Parts are the charms and the Kafka that models are made of.
func (s *Stage) Parts(ctx context.Context) (parts pair.Parts, err error) {
	if parts.Charms, err = s.Charms(ctx); err != nil {
		return pair.Parts{}, err
	}
	parts.Kafka, err = s.Kafka(ctx)
	return parts, err
}

// Deployed is a model with the kafka-connect charm in it, on the benchmark's broker.
type Deployed struct {
	*jujutest.Model
	Updates int // update-status hooks that had to come, for clients to be answered
}

// Deploy has as many units of the charm, and returns when they rest.
func (s *Stage) Deploy(ctx context.Context, units int, config map[string]any) (*Deployed, error) {
	return s.deployOn(ctx, pair.Machines, units, config)
}

// DeployMeasured does the same with the charm's hooks measured.
func (s *Stage) DeployMeasured(ctx context.Context, meter *Meter, units int, config map[string]any) (*Deployed, error) {
	built, err := s.Charms(ctx)
	if err != nil {
		return nil, err
	}
	charm, err := meter.Charm(built.KafkaConnect)
	if err != nil {
		return nil, err
	}
	on := pair.Machines
	on.Charm = func(pair.Parts) string { return charm }
	return s.deployOn(ctx, on, units, config)
}

func (s *Stage) deployOn(ctx context.Context, on pair.Substrate, units int, config map[string]any) (*Deployed, error) {
	parts, err := s.Parts(ctx)
	if err != nil {
		return nil, err
	}
	broker, err := s.Broker(ctx)
	if err != nil {
		return nil, err
	}
	model, err := parts.NewModel(jujutest.Options{})
	if err != nil {
		return nil, err
	}
	s.OnEnd(model.Close)
	if err := parts.Deploy(model, on, broker.Bootstrap(), units, config); err != nil {
		return nil, err
	}
	return &Deployed{Model: model}, model.Settle(ctx)
}

// Client deploys a charm that asks for a plugin and nothing else, integrates it, and returns when it has been answered.
func (d *Deployed) Client(ctx context.Context, app, pluginURL string) (relation int, err error) {
	if relation, err = d.comes(app, pluginURL); err != nil {
		return 0, err
	}
	return relation, d.answered(ctx, relation)
}

// comes has a client come, whose hooks are still to run.
func (d *Deployed) comes(app, pluginURL string) (relation int, err error) {
	charm := pair.Requirer(app, func() hook.Databag {
		return hook.Databag{"plugin-url": pluginURL, "requested-secrets": pair.BothSecrets}
	})
	if err := d.Deploy(app, charm, jujutest.DeployOptions{}); err != nil {
		return 0, err
	}
	return d.Integrate(pair.Provider, app)
}

// answered returns when the relation has endpoints of all units.
func (d *Deployed) answered(ctx context.Context, relation int) error {
	return d.until(ctx, "credentials are published", func() (bool, error) {
		answer, err := d.answer(relation)
		return len(answer.Endpoints) == len(d.Units(pair.Provider)), err
	})
}

// until settles the model, and has the charm's units run update-status, until something is so.
func (d *Deployed) until(ctx context.Context, what string, done func() (bool, error)) error {
	for {
		err := d.Settle(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("it is never so that %s: %w:\n%s", what, context.Cause(ctx), d.Status())
		}
		if err != nil {
			return err
		}
		if is, err := done(); is || err != nil {
			return err
		}
		d.Updates++
		if err := d.UpdateStatus(d.Units(pair.Provider)...); err != nil {
			return err
		}
	}
}

func (d *Deployed) answer(relation int) (schemas.Answer, error) {
	bag, err := d.RelationData(relation, pair.Provider)
	if err != nil || bag["secret-user"] == "" {
		return schemas.Answer{}, err
	}
	published, err := schemas.DecodeProvider(bag)
	if err != nil {
		return schemas.Answer{}, err
	}
	return published.Answers[0], nil
}

// Rest is a client with what is published for a relation.
func (d *Deployed) Rest(relation int) (*connect.Client, error) {
	answer, err := d.answer(relation)
	if err != nil {
		return nil, err
	}
	content, err := d.RevealSecret(answer.SecretUser.String())
	if err != nil {
		return nil, err
	}
	return connect.New(connect.Config{
		Endpoints: answer.Endpoints, Username: content["username"], Password: secret.New(content["password"]),
	})
}

// Steps counts how often a unit took a step.
func (d *Deployed) Steps(unit, step string) (count int) {
	for _, run := range d.HookLog() {
		if run.Unit == unit {
			count += strings.Count(run.Output, "charm."+step)
		}
	}
	return count
}

// ServePlugins serves the file plugin at /N, for each number with another digest, and says where.
func (s *Stage) ServePlugins(ctx context.Context) (address string, err error) {
	parts, err := s.Parts(ctx)
	if err != nil {
		return "", err
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		archive, err := parts.Plugin(number)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(archive)
	}))
	s.OnEnd(func() error { server.Close(); return nil })
	return server.URL, nil
}
