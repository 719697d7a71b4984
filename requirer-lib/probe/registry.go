package probe

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"connectcharms/requirer-lib/connection"
)

// askSchemaRegistry asks a Schema Registry, or what speaks as one, for its first subject.
func askSchemaRegistry(ctx context.Context, config connection.SchemaRegistryConfig, secrets Secrets) connection.Result {
	asked := &asked{part: connection.PartSchemaRegistry, vault: vault{from: secrets}}
	verify, failed := asked.vault.tlsConfig(config.TLS)
	if failed != nil {
		return asked.endedBy(failed)
	}
	who, failed := asked.header(ctx, config.Credentials, config.TLS)
	if failed != nil {
		return asked.endedBy(failed)
	}
	asked.registry(ctx, newREST(config.URI, verify, who))
	return asked.result()
}

func (a *asked) registry(ctx context.Context, registry *rest) {
	defer registry.close()
	if failed := registry.hasSubjects(ctx); failed != nil {
		a.failed(hostOf(registry.base), failed)
	}
}

// header is who one is to a server that speaks HTTP; nil: nobody.
func (a *asked) header(ctx context.Context, credentials *connection.Credentials, trust *connection.TLS) (http.Header, *failure) {
	switch {
	case credentials == nil:
		return nil, nil
	case credentials.Type == connection.OAuthBearer:
		token, failed := a.token(ctx, *credentials, trust)
		if failed != nil {
			return nil, failed
		}
		a.enter(token)
		return http.Header{"Authorization": {"Bearer " + token.text}}, nil
	}
	username, password, failed := a.vault.login(*credentials)
	if failed != nil {
		return nil, failed
	}
	a.user = connection.User{Username: username}
	return a.vault.basic(username, password), nil
}

// hasSubjects asks for one; a registry that cannot count sends all of them, of which only the beginning is read.
func (r *rest) hasSubjects(ctx context.Context) *failure {
	return r.get(ctx, "/subjects?offset=0&limit=1", func(body io.Reader) error {
		begins, err := json.NewDecoder(body).Token()
		if err == nil && begins != json.Delim('[') {
			return errors.New("not a list")
		}
		return err
	})
}
