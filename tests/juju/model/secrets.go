package model

import (
	"context"
	"fmt"
	"time"

	"github.com/juju/juju/api/client/secrets"
	coresecrets "github.com/juju/juju/core/secrets"
	"github.com/juju/juju/rpc/params"
)

// Secret is a Juju secret of a model.
type Secret struct {
	ID      string
	Label   string
	Owner   string   // application, unit or model, by name
	Readers []string // tags of those who may read it
	content map[string]string
}

// Value reveals one field. It is the one way to the content, so that a Secret can be printed.
func (s Secret) Value(field string) string { return s.content[field] }

// String names the secret, not its content.
func (s Secret) String() string {
	return fmt.Sprintf("secret %s (label %q, of %s, for %v)", s.ID, s.Label, s.Owner, s.Readers)
}

// GoString is String: testify prints with %#v.
func (s Secret) GoString() string { return s.String() }

// Secrets lists the model's secrets.
func (m *Model) Secrets(ctx context.Context) ([]Secret, error) {
	listed, err := m.listSecrets(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the secrets of the model %q: %w", m.Name, err)
	}
	var all []Secret
	for _, one := range listed {
		secret := Secret{ID: one.Metadata.URI.ID, Label: one.Metadata.Label, Owner: one.Metadata.Owner.ID}
		for _, access := range one.Access {
			secret.Readers = append(secret.Readers, access.Target)
		}
		if one.Value != nil {
			if secret.content, err = one.Value.Values(); err != nil {
				return nil, fmt.Errorf("decoding the secret %s: %w", secret.ID, err)
			}
		}
		all = append(all, secret)
	}
	return all, nil
}

// listSecrets asks again when one of the secrets has gone while it was being listed. On Kubernetes their contents are objects of the
// namespace, and the listing fails as a whole.
func (m *Model) listSecrets(ctx context.Context) ([]secrets.SecretDetails, error) {
	again := time.NewTicker(250 * time.Millisecond)
	defer again.Stop()
	for {
		listed, err := secrets.NewClient(m.connection).ListSecrets(ctx, true, coresecrets.Filter{})
		if !params.IsCodeSecretNotFound(err) {
			return listed, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, err
		}
	}
}
