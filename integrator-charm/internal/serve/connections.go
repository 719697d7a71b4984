package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/integrator-charm/internal/connections"
	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/secret"
	"connectcharms/requirer-lib/state"
)

// ofContexts are the connections to the Kafka Connect of each context that is served.
func ofContexts(s *settings.Settings) (all []connections.Fixed, err error) {
	contexts, err := s.Served()
	if err != nil {
		return nil, err
	}
	for _, context := range contexts {
		one, err := ofContext(context)
		if err != nil {
			return nil, fmt.Errorf("context %s: %w", context.Name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

func ofContext(context settings.Context) (connections.Fixed, error) {
	config := connection.KafkaConnectConfig{Endpoints: context.Endpoints, Username: context.Username}
	if context.Username != "" {
		config.Password = &connection.Reference{Secret: context.Name, Key: "password"}
	}
	if context.CAFile != "" {
		text, err := os.ReadFile(context.CAFile)
		if err != nil {
			return connections.Fixed{}, fmt.Errorf("read the CA: %w", err)
		}
		config.TLS = &connection.TLS{CA: &connection.PEM{Text: string(text)}}
	}
	return connections.Fixed{
		Spec: connection.Spec{
			ID: contextID(context.Name), Name: cut("Kafka Connect of " + context.Name), Type: connection.Direct, KafkaConnect: &config,
		},
		Origin: connection.OfContext, Context: context.Name, Secrets: passwordFile(context.PasswordFile),
	}, nil
}

// contextID is what the connection of a context is called. Of a name that is too long, the end is a digest. Names of contexts are
// ASCII: a byte is a character.
func contextID(name string) string {
	id := "context-" + name
	if len(id) <= connection.LongestID {
		return id
	}
	sum := sha256.Sum256([]byte(name))
	return id[:connection.LongestID-9] + "-" + hex.EncodeToString(sum[:4])
}

func cut(name string) string { return name[:min(len(name), connection.LongestName)] }

// passwordFile is where the one secret of a context is, its password. It is read for each attempt.
type passwordFile string

var _ state.Secrets = passwordFile("")

// Env gives none.
func (passwordFile) Env(string) (secret.Value, bool) { return secret.Value{}, false }

// Secret reads the file.
func (p passwordFile) Secret(string, string) (secret.Value, error) {
	return cluster.ReadSecret(string(p), nil)
}
