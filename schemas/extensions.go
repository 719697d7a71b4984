package schemas

import "encoding/json"

// What this project has added to connect_client. Peers do not read it.
const (
	keyConnectorSecrets = "connector-secrets"
	keyConnections      = "connections"
)

// SecretsPlace is where a provider's workers have the files of a requirer's connector secrets. It is the same on every worker.
type SecretsPlace struct {
	Provider string `json:"provider"` // name of one of the workers' config.providers
	Path     string `json:"path"`     // the directory, as the workers see it
}

// IsZero says whether there is no such place.
func (p SecretsPlace) IsZero() bool { return p == SecretsPlace{} }

func decodePlace(text string) SecretsPlace {
	fields := object(text)
	provider, _ := fields["provider"].(string)
	path, _ := fields["path"].(string)
	return SecretsPlace{Provider: provider, Path: path}
}

// Reference is what stands in a connector's configuration for the value in a file: Kafka Connect reads it there.
func (p SecretsPlace) Reference(file string) string {
	return "${" + p.Provider + ":" + p.Path + ":" + file + "}"
}

// ProviderUnit is the databag of one of the provider's units, the same in either version of the contract.
type ProviderUnit struct {
	// SecretsVersion is the version of the requirer's connector secrets that this unit's worker can read; 0: none yet.
	SecretsVersion int64
}

// DecodeProviderUnit reads the databag of one of the provider's units; see DecodeProvider for the error.
func DecodeProviderUnit(databag map[string]string) (ProviderUnit, error) {
	fields, err := providerUnit().sound(databag)
	version, _ := object(fields.take(keyConnectorSecrets))["version"].(float64)
	return ProviderUnit{SecretsVersion: int64(version)}, err
}

// Encode writes the databag. What is empty is left out, as Provider.Encode does.
func (u ProviderUnit) Encode() map[string]string {
	bag := databag{}
	if u.SecretsVersion != 0 {
		bag.put(keyConnectorSecrets, jsonText(map[string]int64{"version": u.SecretsVersion}))
	}
	return bag
}

// object reads an object that the schema has read already, or the empty text. It is a map: a struct would also take "PATH" for
// path, which the schema has not looked at.
func object(text string) map[string]any {
	var fields map[string]any
	_ = json.Unmarshal([]byte(text), &fields)
	return fields
}
