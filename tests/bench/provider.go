package bench

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/schemas"
	"connectcharms/tests/pair"
)

// providerStage is a model with kafka-connect on a real broker, its hooks measured, and clients that come when they are asked to.
type providerStage struct {
	*Stage
	model   *Deployed
	meter   *Meter
	clients []*requirer
}

// requirer is a client: a charm that asks for an account and needs no plugin.
type requirer struct {
	app      string
	relation int

	mu    sync.Mutex
	round int // another number is another databag
}

// newProviderStage deploys units of kafka-connect, and returns when all are active.
func newProviderStage(ctx context.Context, s *Stage, units int) (*providerStage, error) {
	stage := &providerStage{Stage: s}
	var err error
	if stage.meter, err = s.NewMeter(ctx); err != nil {
		return nil, err
	}
	if stage.model, err = s.DeployMeasured(ctx, stage.meter, units, nil); err != nil {
		return nil, err
	}
	return stage, stage.ready(ctx)
}

// ready returns when all units are active.
func (s *providerStage) ready(ctx context.Context) error {
	return s.model.until(ctx, "all units are active", func() (bool, error) {
		return !slices.ContainsFunc(s.model.Units(pair.Provider), func(unit string) bool {
			status, _ := s.model.StatusOf(unit)
			return status.Current != "active"
		}), nil
	})
}

// join brings clients until there are so many, and returns when all are let in. Of several, which are not measured, each hook that comes
// while they are related does nothing, and what is due for all is done in the next one: else two hundred took half an hour.
func (s *providerStage) join(ctx context.Context, number int) error {
	var joined []*requirer
	for len(s.clients) < number {
		client := &requirer{app: fmt.Sprintf("client-c%d", len(s.clients))}
		if err := s.model.Deploy(client.app, client.charm(), jujutest.DeployOptions{}); err != nil {
			return err
		}
		s.clients, joined = append(s.clients, client), append(joined, client)
	}
	err := s.model.Settle(ctx)
	if err != nil {
		return err
	}
	related := func() error {
		for _, client := range joined {
			var err error
			if client.relation, err = s.model.Integrate(pair.Provider, client.app); err != nil {
				return err
			}
		}
		return s.model.Settle(ctx)
	}
	if len(joined) == 1 {
		err = related()
	} else {
		err = s.meter.Skip(related)
	}
	if err != nil {
		return err
	}
	return s.model.until(ctx, fmt.Sprintf("%d clients have credentials", number), func() (bool, error) {
		for _, client := range joined {
			if is, err := s.isLetIn(ctx, client); err != nil || !is {
				return false, err
			}
		}
		return true, nil
	})
}

func (c *requirer) charm() jujutest.Charm {
	return pair.Requirer(c.app, func() hook.Databag {
		c.mu.Lock()
		defer c.mu.Unlock()
		return hook.Databag{"plugin-url": schemas.NotRequired, "requested-secrets": pair.BothSecrets, "round": fmt.Sprint(c.round)}
	})
}

// change has a client write another databag, which the provider's units are told of.
func (s *providerStage) change(ctx context.Context, client *requirer) error {
	client.mu.Lock()
	client.round++
	client.mu.Unlock()
	if err := s.model.UpdateStatus(client.app + "/0"); err != nil {
		return err
	}
	return s.model.Settle(ctx)
}

// isLetIn says whether every gateway accepts a client's present credentials.
func (s *providerStage) isLetIn(ctx context.Context, client *requirer) (bool, error) {
	answer, err := s.model.answer(client.relation)
	if err != nil || answer.SecretUser.IsZero() {
		return false, err
	}
	content, err := s.model.RevealSecret(answer.SecretUser.String())
	if err != nil {
		return false, err
	}
	for _, endpoint := range answer.Endpoints {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/connectors", nil)
		if err != nil {
			return false, err
		}
		request.SetBasicAuth(content["username"], content["password"])
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, ctx.Err() // a gateway that moves is not there for a moment
		}
		if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
			return false, err
		}
	}
	return true, nil
}

// shared is the size in bytes of the application's peer databag.
func (s *providerStage) shared() (size int, err error) {
	for _, relation := range s.model.Relations() {
		if bag, err := s.model.RelationData(relation.ID, pair.Provider); err == nil && bag["shared"] != "" {
			return len(bag["shared"]), nil
		}
	}
	return 0, fmt.Errorf("there is no peer databag")
}
