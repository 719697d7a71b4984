package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
	"connectcharms/tests/pair"
)

const clientEndpoint = "connect-client"

// Client is a strict client: it reads what is published in every hook, and fails where that cannot be read.
type Client struct {
	App string

	mu     sync.Mutex
	plugin string // the URL
}

func (c *Client) setPlugin(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plugin = url
}

func (c *Client) pluginURL() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.plugin
}

// enterClients deploys the keeper, with a relation, and the guest without.
func (s *Stage) enterClients(context.Context) error {
	s.Keeper, s.Guest = &Client{App: "keeper"}, &Client{App: "guest"}
	s.Keeper.setPlugin(s.Plugins.url(0))
	s.Guest.setPlugin(s.Plugins.url(1))
	for _, client := range []*Client{s.Keeper, s.Guest} {
		if err := s.Deploy(client.App, client.charm(), jujutest.DeployOptions{}); err != nil {
			return err
		}
	}
	_, err := s.Integrate(pair.Provider, s.Keeper.App)
	return err
}

func (c *Client) charm() jujutest.Charm {
	metadata := fmt.Sprintf("name: %s\nrequires: {%s: {interface: connect_client}}\n", c.App, clientEndpoint)
	return jujutest.FromFunc([]byte(metadata), func(ctx context.Context, h *hook.Hook) error {
		if h.Kind == hook.RelationBroken {
			return nil
		}
		relations, err := h.RelationIDs(ctx, clientEndpoint)
		if err != nil {
			return err
		}
		for _, id := range relations {
			bag := hook.Databag{"plugin-url": c.pluginURL(), "requested-secrets": pair.BothSecrets}
			if err := errors.Join(h.RelationSetApp(ctx, id, bag), readPublished(ctx, h, id)); err != nil {
				return err
			}
		}
		return nil
	})
}

func readPublished(ctx context.Context, h *hook.Hook, id hook.RelationID) error {
	bag, err := h.RelationGet(ctx, id, pair.Provider)
	if err != nil || bag["secret-user"] == "" {
		return err
	}
	_, err = h.SecretGet(ctx, bag["secret-user"], hook.Latest)
	return err
}

// Published is what a relation's client has been given.
type Published struct {
	Relation           int
	Endpoints          []string
	Username, Password string
}

// relation is that of a client with the provider; 0 is none, or one that ends.
func (s *Stage) relation(app string) int {
	for _, relation := range s.Relations() {
		if relation.Interface == "connect_client" && !relation.Dying && strings.HasPrefix(relation.Endpoints[0], app+":") {
			return relation.ID
		}
	}
	return 0
}

// published reads what a client may read now. Without a relation, and before it is served, there is nothing.
func (s *Stage) published(app string) (p Published, is bool) {
	id := s.relation(app)
	bag, err := s.RelationData(id, pair.Provider)
	if id == 0 || err != nil || bag["secret-user"] == "" {
		return Published{}, false
	}
	answer, err := schemas.DecodeProvider(bag)
	if err != nil {
		return Published{}, false
	}
	content, err := s.RevealSecret(answer.Answers[0].SecretUser.String())
	if err != nil || s.relation(app) != id {
		return Published{}, false
	}
	return Published{Relation: id, Endpoints: answer.Answers[0].Endpoints, Username: content["username"], Password: content["password"]}, true
}

// client is a REST client as a client has it.
func (p Published) client() (*connect.Client, error) {
	return connect.New(connect.Config{Endpoints: p.Endpoints, Username: p.Username, Password: secret.New(p.Password)})
}

// connector is the name of a client's connector in its relation.
func (s *Stage) connector(name string, relation int) string {
	return fmt.Sprintf("%s_r%d_%s", name, relation, strings.ReplaceAll(s.UUID(), "-", ""))
}
