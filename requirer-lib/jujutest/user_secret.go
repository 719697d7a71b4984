package jujutest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// ownerModel is the owner of what a user adds by hand.
const ownerModel = "model"

// AddSecret is juju add-secret: a secret of the model's own, which no application can read before [Model.GrantSecret]. Its
// URI is the value of an option of type secret.
func (m *Model) AddSecret(name string, content map[string]string) (uri string, err error) {
	encoded, err := encodeSecret(content)
	if err != nil {
		return "", fmt.Errorf("add-secret %s: %w", name, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.secrets {
		if s.ownerKind == ownerModel && s.label == name {
			return "", fmt.Errorf("add-secret: secret with name %q already exists", name)
		}
	}
	change := &secretChange{id: newSecretID(), ownerKind: ownerModel, label: &name, content: encoded}
	m.secrets[change.id] = change.newSecret(time.Now())
	return m.secrets[change.id].uri(), nil
}

// UpdateSecret is juju update-secret: a new revision of a secret of the model's own. Units that read it run secret-changed
// in the next Settle.
func (m *Model) UpdateSecret(uri string, content map[string]string) error {
	encoded, err := encodeSecret(content)
	if err != nil {
		return fmt.Errorf("update-secret: %w", err)
	}
	return m.changeUserSecret("update-secret", uri, func(s *secret) { s.change(&secretChange{content: encoded}) })
}

// GrantSecret is juju grant-secret: the application's units may read the secret.
func (m *Model) GrantSecret(uri, application string) error {
	return m.changeUserSecret("grant-secret", uri, func(s *secret) {
		s.grants[application] = grant{relation: -1, scope: "model-" + m.uuid}
	})
}

// RevokeSecret is juju revoke-secret.
func (m *Model) RevokeSecret(uri, application string) error {
	return m.changeUserSecret("revoke-secret", uri, func(s *secret) { delete(s.grants, application) })
}

// RemoveSecret is juju remove-secret.
func (m *Model) RemoveSecret(uri string) error {
	return m.changeUserSecret("remove-secret", uri, func(s *secret) { delete(m.secrets, s.id) })
}

func (m *Model) changeUserSecret(command, uri string, change func(*secret)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, err := m.parseAndFind(uri)
	if err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	if s.ownerKind != ownerModel {
		return fmt.Errorf("%s: %s belongs to %s, not to the model", command, uri, s.owner)
	}
	change(s)
	return nil
}

func encodeSecret(content map[string]string) (secretContent, error) {
	if len(content) == 0 {
		return nil, errors.New("an empty secret value is not valid")
	}
	encoded := make(secretContent, len(content))
	for _, key := range sortedKeys(content) {
		if !secretKeyPattern.MatchString(key) {
			return nil, fmt.Errorf("key %q not valid", key)
		}
		encoded[key] = base64.StdEncoding.EncodeToString([]byte(content[key]))
	}
	return encoded, nil
}
