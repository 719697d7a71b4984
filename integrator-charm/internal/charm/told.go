package charm

import (
	"encoding/json"
	"path"
	"slices"

	"go.yaml.in/yaml/v4"

	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/secret"
)

const (
	// toldFile has what providers say of their own connections.
	toldFile = "connections.json"
	// connectionSecretsDir has what connections refer to, apart from what the state file does: whoever may make connections may
	// have it sent where they like.
	connectionSecretsDir = "connection-secrets"
)

// told is what a provider says of its Kafka, as the manager reads it.
type told struct {
	Name    string                 `json:"name"`
	Context string                 `json:"context"`
	Kafka   *connection.PartStatus `json:"kafka_cluster"`
}

// wantedTold adds what providers say of their Kafkas, by the connections' IDs, and is the section that names the file.
func (w *World) wantedTold(to files) (section yaml.Node) {
	all := map[string]told{}
	for _, cluster := range w.Clusters {
		if status := toldStatus(cluster.Kafka); status != nil && !cluster.MayEnd {
			all[cluster.Provider+"-kafka"] = told{Name: "Kafka of " + cluster.Provider, Context: cluster.Provider, Kafka: status}
		}
	}
	document, err := json.Marshal(all)
	if err != nil {
		panic(err) // texts and times
	}
	to[toldFile] = secret.New(string(document))
	if err := section.Encode(map[string]string{
		"told-file": w.Layout.managerFile(toldFile), "secrets-dir": w.Layout.managerFile(connectionSecretsDir),
	}); err != nil {
		panic(err) // it is a text
	}
	return section
}

// addConnectionSecrets adds what connections refer to.
func (w *World) addConnectionSecrets(to files) {
	for name, content := range w.Granted.Connections {
		for key, value := range content {
			to[path.Join(connectionSecretsDir, name, key)] = value
		}
	}
}

// toldStatus reads what a provider says; nil: nothing that can be used. What changes with every look is left out.
func toldStatus(text string) *connection.PartStatus {
	var said struct {
		Kafka *connection.PartStatus `json:"kafka_cluster"`
	}
	if json.Unmarshal([]byte(text), &said) != nil || said.Kafka == nil || !slices.Contains(connection.States, said.Kafka.State) {
		return nil
	}
	return &connection.PartStatus{
		State: said.Kafka.State, User: said.Kafka.User, Errors: said.Kafka.Errors, LastTransitionTime: said.Kafka.LastTransitionTime,
		RequiresAuthenticationAt: said.Kafka.RequiresAuthenticationAt,
	}
}
