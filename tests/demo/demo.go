// Package demo runs the pair of charms on this machine, without Juju and without root: a real broker, two units of
// kafka-connect and one of my-integrator, the charms as the binaries that Juju would run. It moves lines of text through
// a connector whose plugin the workers download from the integrator, shows what Juju would show, and takes it all down.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/cache"
	"connectcharms/tests/charms"
	"connectcharms/tests/kafka"
)

// Options are how to run it.
type Options struct {
	Once bool // end by itself; else stay up until the context ends
	Out  io.Writer
}

const (
	provider   = "kafka-connect"
	integrator = "my-integrator"
	patience   = 2 * time.Minute
)

// scene is what the demo has built up.
type scene struct {
	*timeline
	built  charms.Built
	kafka  *kafka.Runtime
	broker *kafka.Broker
	model  *jujutest.Model
	dir    string // input, output and the broker's data
}

// Run runs the demo. It leaves nothing behind but the caches, however it ends.
func Run(ctx context.Context, options Options) (err error) {
	s := &scene{timeline: &timeline{out: options.Out, start: time.Now()}}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "demo-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.takeDown()) }()
	for _, act := range []func(context.Context) error{s.startBroker, s.deploy, s.integrate, s.moveLines, s.look, s.manage, s.removeRelation} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	if options.Once {
		return nil
	}
	return s.stayUp(ctx)
}

// prepare gets what is missing, builds the charms, and fetches Kafka.
func (s *scene) prepare(ctx context.Context) (err error) {
	if err := installMissing(ctx, s.say); err != nil {
		return err
	}
	kept, err := cache.Dir()
	if err != nil {
		return err
	}
	s.say("building the charms (the first time takes a minute)")
	if s.built, err = charms.Build(ctx, filepath.Join(kept, "charms")); err != nil {
		return err
	}
	s.say("getting Kafka and Kafka Connect %s", kafka.DefaultVersion)
	s.kafka, err = kafka.Fetch(ctx, kafka.DefaultVersion, s)
	return err
}

func (s *scene) startBroker(ctx context.Context) (err error) {
	s.broker, err = kafka.StartBroker(ctx, s.kafka, kafka.BrokerOptions{Dir: filepath.Join(s.dir, "broker")})
	if err != nil {
		return err
	}
	s.say("a Kafka broker is up at %s", s.broker.Bootstrap())
	return nil
}

func (s *scene) deploy(ctx context.Context) (err error) {
	s.model, err = jujutest.New(jujutest.Options{Name: "demo", PebbleBinary: s.built.Pebble})
	if err != nil {
		return err
	}
	s.say("juju deploy kafka-connect -n 2 --resource kafka=… --config bootstrap-servers=%s", s.broker.Bootstrap())
	err = s.model.Deploy(provider, jujutest.FromDir(s.built.KafkaConnect), jujutest.DeployOptions{
		Units:     2,
		Config:    map[string]any{"bootstrap-servers": s.broker.Bootstrap()},
		Resources: map[string]string{"kafka": s.kafka.Archive},
	})
	if err != nil {
		return err
	}
	s.show("cat state.yaml", s.state())
	s.say("juju deploy connect-integrator my-integrator --resource plugin=%s --config state=@state.yaml", filepath.Base(s.kafka.FilePlugin))
	err = s.model.Deploy(integrator, jujutest.FromDir(s.built.ConnectIntegrator), jujutest.DeployOptions{
		Config:    map[string]any{"state": s.state()},
		Resources: map[string]string{"plugin": s.kafka.FilePlugin},
	})
	if err != nil {
		return err
	}
	return s.settle(ctx, "deployed; both workers are up")
}

// state is the state file that the integrator is configured with: a file read line by line into a topic, and the topic
// written into another file.
func (s *scene) state() string {
	return fmt.Sprintf(`defaults:
  owner: {team: demo}
  config:
    tasks.max: 1
    value.converter: org.apache.kafka.connect.storage.StringConverter
connectors:
  - name: lines-source
    config:
      connector.class: org.apache.kafka.connect.file.FileStreamSourceConnector
      file: %s
      topic: lines
  - name: lines-sink
    config:
      connector.class: org.apache.kafka.connect.file.FileStreamSinkConnector
      file: %s
      topics: lines
`, s.input(), s.output())
}

func (s *scene) input() string  { return filepath.Join(s.dir, "in.txt") }
func (s *scene) output() string { return filepath.Join(s.dir, "out.txt") }

func (s *scene) integrate(ctx context.Context) error {
	if err := os.WriteFile(s.input(), nil, 0o644); err != nil {
		return err
	}
	s.say("juju integrate kafka-connect my-integrator")
	if _, err := s.model.Integrate(provider, integrator); err != nil {
		return err
	}
	if err := s.settle(ctx, "integrated: plugin downloaded by both workers, account opened, connectors created"); err != nil {
		return err
	}
	return s.allActive(ctx)
}

// allActive gives the tasks the moment they need: Juju would run update-status.
func (s *scene) allActive(ctx context.Context) error {
	var failed error
	err := await(ctx, "all units to be active", patience, func() bool {
		if s.isActive() {
			return true
		}
		failed = errors.Join(s.model.UpdateStatus(), s.model.Settle(ctx))
		return failed != nil
	})
	if err := errors.Join(err, failed); err != nil {
		return fmt.Errorf("%w\n%s", err, s.model.Status())
	}
	s.say("all units are active")
	return nil
}

func (s *scene) isActive() bool {
	for _, unit := range append(s.model.Units(provider), s.model.Units(integrator)...) {
		if status, _ := s.model.StatusOf(unit); status.Current != "active" {
			return false
		}
	}
	return true
}

// moveLines writes lines into the source's file and waits until the sink has them.
func (s *scene) moveLines(ctx context.Context) error {
	const lines = "to be, or not to be\nthat is the question\n"
	if err := appendTo(s.input(), lines); err != nil {
		return err
	}
	s.say("wrote 2 lines into %s", s.input())
	var arrived []byte
	err := await(ctx, "the lines in "+s.output(), patience, func() bool {
		arrived, _ = os.ReadFile(s.output())
		return string(arrived) == lines
	})
	if err != nil {
		return fmt.Errorf("%w; there is %q", err, arrived)
	}
	s.say("they arrived in %s, by way of the topic lines", s.output())
	s.show("cat "+s.output(), string(arrived))
	return nil
}

func (s *scene) look(context.Context) error {
	s.show("juju status --relations", s.model.Status())
	for _, unit := range []string{provider + "/0", integrator + "/0"} {
		shown, err := s.model.ShowUnit(unit)
		if err != nil {
			return err
		}
		s.show("juju show-unit "+unit, shown)
	}
	return nil
}

// removeRelation shows that all of it goes.
func (s *scene) removeRelation(ctx context.Context) error {
	before, err := s.credentials()
	if err != nil {
		return err
	}
	if code, err := before.ask(ctx); err != nil || code != http.StatusOK {
		return fmt.Errorf("the client's password should open %s: %d %w", before.endpoint, code, err)
	}
	s.say("juju remove-relation kafka-connect my-integrator")
	if err := s.model.RemoveRelation(provider, integrator); err != nil {
		return err
	}
	if err := s.settle(ctx, "the relation is gone"); err != nil {
		return err
	}
	for _, endpoint := range before.endpoints {
		old := before
		old.endpoint = endpoint
		code, err := old.ask(ctx)
		if err != nil {
			return err
		}
		if code != http.StatusUnauthorized {
			return fmt.Errorf("%s answers %d to the password of a relation that is gone", endpoint, code)
		}
		s.say("the old password at %s: 401 Unauthorized", endpoint)
	}
	return s.pluginsGone()
}

func (s *scene) pluginsGone() error {
	for _, name := range s.model.Units(provider) {
		unit, err := s.model.Unit(name)
		if err != nil {
			return err
		}
		plugins := filepath.Join(unit.Root, "var/lib", strings.ReplaceAll(name, "/", "-"), "plugins/installed")
		left, err := os.ReadDir(plugins)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			return fmt.Errorf("%s still has plugin %s", name, left[0].Name())
		}
		s.say("no plugin is left on %s", name)
	}
	return nil
}

// stayUp integrates once more and waits for Ctrl-C, running update-status as Juju does.
func (s *scene) stayUp(ctx context.Context) error {
	if err := s.integrate(ctx); err != nil {
		return err
	}
	now, err := s.credentials()
	if err != nil {
		return err
	}
	if err := s.manage(ctx); err != nil {
		return err
	}
	curl := filepath.Join(s.dir, "client.curl")
	if err := os.WriteFile(curl, fmt.Appendf(nil, "user = %q\n", now.username+":"+now.password), 0o600); err != nil {
		return err
	}
	s.show("it stays up; in another terminal, try", fmt.Sprintf(`export PATH=%s:$PATH CONNECT_MANAGER_CONFIG=%s
connect-manager list                              # docs/tutorial.md goes on from here
echo "a line of mine" >> %s && tail -f %s
curl --config %s %s/connectors?expand=status      # as the client; the file holds its password
curl -i %s/connectors                             # without a password
curl %s/health                                    # as a load balancer
ls -R %s                                          # the units' files
Ctrl-C ends it and removes everything`,
		filepath.Dir(s.managerProgram()), s.managerConfig(), s.input(), s.output(), curl, now.endpoint, now.endpoint, now.endpoint, s.model.Dir()))
	tick := time.NewTicker(updateStatusEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.say("ending")
			return nil
		case <-tick.C:
			if err := errors.Join(s.model.UpdateStatus(), s.model.Settle(ctx)); err != nil && ctx.Err() == nil {
				s.say("update-status: %v", err)
			}
		}
	}
}

// updateStatusEvery is shorter than Juju's five minutes: whoever tries things here does not want to wait.
const updateStatusEvery = 20 * time.Second

func (s *scene) settle(ctx context.Context, said string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.model.Settle(ctx); err != nil {
		return err
	}
	s.say("%s", said)
	return nil
}

func (s *scene) takeDown() error {
	var errs []error
	if s.model != nil {
		errs = append(errs, s.model.Close())
	}
	if s.broker != nil {
		errs = append(errs, s.broker.Stop())
	}
	errs = append(errs, os.RemoveAll(s.dir))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("taking it down: %w", err)
	}
	s.say("all is taken down")
	return nil
}

func appendTo(path, text string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
