package connecttest

import (
	"context"
	"errors"
	"maps"

	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// Secrets are the values that requirers have brought to a unit of Provider, by the reference that stands for each in a
// configuration. The server itself leaves references as they are.
func (s *Server) Secrets(unit string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]string{}
	for _, values := range s.secrets[unit] {
		maps.Copy(all, values)
	}
	return all
}

// placeOf is where a relation's values would be on real workers.
func placeOf(id hook.RelationID) schemas.SecretsPlace {
	return schemas.SecretsPlace{Provider: "connector-secrets", Path: "/proc/self/cwd/secrets/relation-" + id.String()}
}

// bring takes what relations want to have on a unit, and says so. What cannot be read leaves what is there.
func (s *Server) bring(ctx context.Context, h *hook.Hook, provider *connectprovider.Provider, relations []connectprovider.Relation) error {
	kept := map[hook.RelationID]map[string]string{}
	for _, relation := range relations {
		content, named, err := provider.ConnectorSecrets(ctx, relation)
		if _, unreadable := errors.AsType[*connectprovider.UnreadableError](err); unreadable {
			kept[relation.ID] = s.secretsOf(h.Unit, relation.ID)
			continue
		}
		if err != nil {
			return err
		}
		if !named {
			continue
		}
		kept[relation.ID] = map[string]string{}
		for file, value := range content.Files {
			kept[relation.ID][placeOf(relation.ID).Reference(file)] = value.Reveal()
		}
		if err := provider.AcknowledgeSecrets(ctx, relation.ID, content.Version); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[h.Unit] = kept
	return nil
}

func (s *Server) secretsOf(unit string, id hook.RelationID) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secrets[unit][id]
}
