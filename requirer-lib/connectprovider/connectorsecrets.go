package connectprovider

import (
	"context"
	"errors"
	"fmt"

	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// UnreadableError says that a requirer names connector secrets which this unit cannot read now, or which are none. What was
// brought to the worker before is to stay: a secret may be unreadable for a moment.
type UnreadableError struct {
	// Lasts says that the content is wrong: it has to be changed. Else it is not granted (yet), or gone.
	Lasts  bool
	Reason string
}

func (e *UnreadableError) Error() string { return e.Reason }

// ConnectorSecrets reads what a relation's requirer wants to have on every worker, always the latest: false where it names
// nothing. It costs a tool call where it does.
func (p *Provider) ConnectorSecrets(ctx context.Context, relation Relation) (content connectorsecrets.Content, named bool, err error) {
	uri := relation.ConnectorSecrets.String()
	if uri == "" {
		return content, false, nil
	}
	read, err := p.hook.SecretGet(ctx, uri, hook.Latest)
	if refused, is := errors.AsType[*hook.ToolError](err); is {
		return content, true, &UnreadableError{Reason: fmt.Sprintf("connector-secrets: secret-get says: %.120s", refused.Message)}
	}
	if err != nil {
		return content, true, fmt.Errorf("read the connector secrets of relation %d: %w", relation.ID, err)
	}
	if content, err = connectorsecrets.Decode(read, relation.ID); err != nil {
		return content, true, &UnreadableError{Lasts: true, Reason: "connector-secrets: " + err.Error()}
	}
	return content, true, nil
}

// AcknowledgeSecrets tells a relation's requirer, in this unit's databag, which version of its connector secrets the unit's
// worker can read; 0 takes that back. Say it after the files are there.
func (p *Provider) AcknowledgeSecrets(ctx context.Context, id hook.RelationID, version int64) error {
	changes := hook.Databag{keyConnectorSecrets: ""}
	for key, value := range (schemas.ProviderUnit{SecretsVersion: version}).Encode() {
		changes[key] = value
	}
	if err := p.hook.RelationSet(ctx, id, changes); err != nil {
		return fmt.Errorf("acknowledge the connector secrets of relation %d: %w", id, err)
	}
	return nil
}
