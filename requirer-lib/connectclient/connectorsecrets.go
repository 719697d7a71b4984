package connectclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

const (
	keyConnectorSecrets   = "connector-secrets" // in the databag
	connectorSecretsLabel = ".connector-secrets"
)

// SecretsPlace is where the provider's workers have the files of [Client.BringSecrets]; false where the provider brings
// none: one of the peers, an earlier one, or one of another model, to which Juju lets nobody grant a secret.
func (c *Connection) SecretsPlace() (place schemas.SecretsPlace, brings bool) {
	return c.place, !c.place.IsZero()
}

// BringSecrets has the provider bring the content's files to every worker of a relation, in place of those that it brought
// before: it keeps a Juju secret of the application that the relation may read. Call it in every hook for each connection
// that has a [Connection.SecretsPlace], on whichever unit: the leader acts, and only on what differs.
//
// The first call makes the secret and a later hook hands it over, since Juju 4.1-beta2 drops a grant that is made together
// with the secret. So call it before there is anything to bring, with the zero Content. [Connection.SecretsHeld] says when the
// files are there. A file that is left out goes at once: leave out what no configuration names any more.
func (c *Client) BringSecrets(ctx context.Context, id hook.RelationID, content connectorsecrets.Content) error {
	leader, err := c.hook.IsLeader(ctx)
	if err != nil || !leader {
		return err
	}
	if err := c.bringSecrets(ctx, id, content); err != nil {
		return fmt.Errorf("bring secrets to the workers of relation %d: %w", id, err)
	}
	return nil
}

func (c *Client) bringSecrets(ctx context.Context, id hook.RelationID, content connectorsecrets.Content) error {
	wanted, err := content.Encode(id)
	if err != nil {
		return err
	}
	label := c.secretsLabel(id)
	info, err := c.hook.SecretInfoByLabel(ctx, label)
	if hook.IsNotFound(err) {
		_, err = c.hook.SecretAdd(ctx, wanted, hook.SecretOptions{Label: label})
		c.added[id] = true
		return err
	}
	if err != nil {
		return err
	}
	uri := schemas.SecretURI{ModelUUID: c.hook.ModelUUID, ID: info.ID}.String()
	if err := c.updateSecret(ctx, label, uri, wanted); err != nil || c.added[id] {
		return err
	}
	if len(info.Access) == 0 {
		if err := c.hook.SecretGrant(ctx, uri, id); err != nil {
			return err
		}
	}
	return c.publishSecret(ctx, id, uri)
}

// updateSecret adds a revision where the content is another.
func (c *Client) updateSecret(ctx context.Context, label, uri string, wanted hook.SecretContent) error {
	have, err := c.hook.SecretGetByLabel(ctx, label, hook.Peek)
	if err != nil {
		return err
	}
	for key, value := range wanted {
		if have[key].Reveal() != value.Reveal() {
			return c.hook.SecretSet(ctx, uri, wanted, hook.SecretOptions{})
		}
	}
	return nil
}

func (c *Client) publishSecret(ctx context.Context, id hook.RelationID, uri string) error {
	bag, err := c.hook.RelationGet(ctx, id, c.hook.Application())
	if err != nil || bag[keyConnectorSecrets] == uri {
		return err
	}
	return c.hook.RelationSetApp(ctx, id, hook.Databag{keyConnectorSecrets: uri})
}

func (c *Client) secretsLabel(id hook.RelationID) string {
	return c.options.Endpoint + "." + id.String() + connectorSecretsLabel
}

// RemoveSecrets removes the secrets of BringSecrets whose relations are gone. Call it on the leader in relation-broken, unless
// the unit itself is on its way out: the relation goes on then. It costs a tool call for each secret of the application.
func (c *Client) RemoveSecrets(ctx context.Context) error {
	ids, err := c.hook.SecretIDs(ctx)
	if err != nil {
		return fmt.Errorf("list the application's secrets: %w", err)
	}
	relations, err := c.relations(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, id := range ids {
		info, err := c.hook.SecretInfo(ctx, "secret:"+id)
		if err == nil && c.isLeftOver(info.Label, relations) {
			err = c.hook.SecretRemove(ctx, "secret:"+id, 0)
		}
		if err != nil && !hook.IsNotFound(err) {
			problems = append(problems, fmt.Errorf("remove the connector secrets of a relation that is gone: %w", err))
		}
	}
	return errors.Join(problems...)
}

func (c *Client) isLeftOver(label string, relations []hook.RelationID) bool {
	isOurs := strings.HasPrefix(label, c.options.Endpoint+".") && strings.HasSuffix(label, connectorSecretsLabel)
	return isOurs && !slices.ContainsFunc(relations, func(id hook.RelationID) bool { return c.secretsLabel(id) == label })
}

// Held is which version of the application's connector secrets each unit of the provider has; 0 for none.
type Held map[string]int64

// Everywhere is the version that all units have, or a later one; 0 where one has none, or there is no unit.
func (h Held) Everywhere() int64 {
	lowest := int64(-1)
	for _, version := range h {
		if lowest < 0 || version < lowest {
			lowest = version
		}
	}
	return max(lowest, 0)
}

// Without are the units that do not have a version yet.
func (h Held) Without(version int64) (units []string) {
	for unit, has := range h {
		if has < version {
			units = append(units, unit)
		}
	}
	slices.Sort(units)
	return units
}

// SecretsHeld asks each unit of the provider which version of the files its worker can read. It costs a tool call, and one for
// each unit.
func (c *Connection) SecretsHeld(ctx context.Context) (Held, error) {
	units, err := c.hook.RelationUnits(ctx, c.relation)
	if err != nil {
		return nil, fmt.Errorf("list the provider's units in relation %d: %w", c.relation, err)
	}
	held := make(Held, len(units))
	for _, unit := range units {
		bag, err := c.hook.RelationGet(ctx, c.relation, unit)
		if err != nil {
			return nil, fmt.Errorf("read the databag of %s in relation %d: %w", unit, c.relation, err)
		}
		has, _ := schemas.DecodeProviderUnit(bag) // what is malformed says nothing
		held[unit] = has.SecretsVersion
	}
	return held, nil
}
