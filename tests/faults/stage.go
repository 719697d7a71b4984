package faults

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/tests/pair"
)

// hookRetries is how often a hook is run again that fails: more often than one is killed.
const hookRetries = 30

// Stage is the pair in a model, and who lives with it.
type Stage struct {
	*jujutest.Model
	Parts   pair.Parts
	On      pair.Substrate
	Broker  *Broker
	Plugins *PluginServer

	Keeper *Client // stays
	Guest  *Client // comes and goes
	Admin  *Admin  // the operator's own account
	Lines  *Lines  // connect-integrator, the records of which are counted

	Ledger *Ledger
	Audit  *Audit

	dir string
	log *slog.Logger

	restless sync.WaitGroup // what goes on all the while
	end      context.CancelFunc
}

// Open starts a broker and a model, and returns when all in it rests and is as it is wanted.
func Open(ctx context.Context, parts pair.Parts, on pair.Substrate, log *slog.Logger) (*Stage, error) {
	dir, err := os.MkdirTemp("", "faults")
	if err != nil {
		return nil, err
	}
	s := &Stage{Parts: parts, On: on, dir: dir, log: log, Ledger: newLedger()}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stage) open(ctx context.Context) (err error) {
	if s.Broker, err = startBroker(ctx, s.Parts.Kafka, filepath.Join(s.dir, "broker")); err != nil {
		return err
	}
	if s.Plugins, err = servePlugins(s.Parts); err != nil {
		return err
	}
	if s.Model, err = s.Parts.NewModel(jujutest.Options{HookRetries: hookRetries}); err != nil {
		return err
	}
	config := map[string]any{"group-id": group, "worker-heap": 200, "log-level": "WARN"}
	if err := s.Parts.Deploy(s.Model, s.On, s.Broker.Bootstrap(), 2, config); err != nil {
		return err
	}
	for _, enter := range []func(context.Context) error{s.enterAdmin, s.enterClients, s.enterLines, s.rest, s.enterStranger} {
		if err := enter(ctx); err != nil {
			return err
		}
	}
	var restless context.Context
	restless, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.restless.Go(func() { s.Lines.write(restless) })
	s.restless.Go(func() { s.Audit.read(restless) })
	_, err = s.Judge(ctx)
	return err
}

// rest runs hooks until all units are active, before anybody looks closer.
func (s *Stage) rest(ctx context.Context) error {
	for range maxRounds {
		if err := s.round(ctx); err != nil {
			return err
		}
		if len(s.inactive()) == 0 {
			return nil
		}
	}
	return fmt.Errorf("the pair does not become active: %v", s.inactive())
}

// Close ends all that Open and the strikes have started.
func (s *Stage) Close() error {
	if s.end != nil {
		s.end()
	}
	s.restless.Wait()
	var errs []error
	if s.Lines != nil {
		s.Lines.close()
	}
	if s.Audit != nil {
		s.Audit.close()
	}
	if s.Model != nil {
		errs = append(errs, s.Model.Close())
	}
	if s.Plugins != nil {
		s.Plugins.close()
	}
	if s.Broker != nil {
		errs = append(errs, s.Broker.stop())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}

// say notes what a fault does, with what it has drawn.
func (s *Stage) say(format string, args ...any) { s.log.Info(fmt.Sprintf(format, args...)) }

// data is where a unit of the provider has its files, and seen where its services see them; empty when the unit has gone.
func (s *Stage) data(unit string) string {
	info, err := s.Unit(unit)
	if err != nil {
		return ""
	}
	return s.On.Data(info)
}

func (s *Stage) seen(unit string) string {
	info, err := s.Unit(unit)
	if err != nil {
		return ""
	}
	return s.On.Seen(info)
}

// worker is a unit's own worker, past the gateway.
func (s *Stage) worker(unit string) (*connect.Client, error) {
	info, err := s.Unit(unit)
	if err != nil {
		return nil, err
	}
	return connect.New(connect.Config{Endpoints: []string{"http://" + info.Address + ":8084"}})
}

// pause waits for a moment, or for the end of the context.
func pause(ctx context.Context, moment time.Duration) {
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
