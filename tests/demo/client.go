package demo

import (
	"context"
	"errors"
	"net/http"

	"connectcharms/schemas"
)

// credentials is what the provider has handed to the client: the way in, as any client would use it.
type credentials struct {
	endpoints          []string
	endpoint           string // the first
	username, password string
}

// credentials reads them where the client does: in the provider's databag and the secret that it names.
func (s *scene) credentials() (credentials, error) {
	for _, relation := range s.model.Relations() {
		bag, err := s.model.RelationData(relation.ID, provider)
		if err != nil || bag["secret-user"] == "" {
			continue
		}
		published, err := schemas.DecodeProvider(bag)
		if err != nil {
			return credentials{}, err
		}
		answer := published.Answers[0]
		content, err := s.model.RevealSecret(answer.SecretUser.String())
		if err != nil {
			return credentials{}, err
		}
		return credentials{
			endpoints: answer.Endpoints, endpoint: answer.Endpoints[0],
			username: content["username"], password: content["password"],
		}, nil
	}
	return credentials{}, errors.New("no credentials are published")
}

// ask lists the connectors and gives the answer's status code.
func (c credentials) ask(ctx context.Context) (code int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.endpoint+"/connectors", nil)
	if err != nil {
		return 0, err
	}
	request.SetBasicAuth(c.username, c.password)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}
