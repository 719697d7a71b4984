package connection

import "connectcharms/requirer-lib/state"

// Spec is what a person says of a connection. JSON has the names of the published connection resource.
type Spec struct {
	// ID names it, in 1 to 64 characters.
	ID string `json:"id"`
	// Name is what people call it, in up to 64 characters.
	Name string `json:"name,omitempty"`
	Type Type   `json:"type"`

	CCloud         *CCloudConfig         `json:"ccloud_config,omitempty"`
	Local          *LocalConfig          `json:"local_config,omitempty"`
	KafkaCluster   *KafkaClusterConfig   `json:"kafka_cluster,omitempty"`
	SchemaRegistry *SchemaRegistryConfig `json:"schema_registry,omitempty"`
	KafkaConnect   *KafkaConnectConfig   `json:"kafka_connect,omitempty"` // not in the published resource
}

// Type says which configurations a spec has.
type Type string

// The types.
const (
	Local  Type = "LOCAL"  // Confluent Local, on this machine: local_config
	CCloud Type = "CCLOUD" // Confluent Cloud: ccloud_config
	Direct Type = "DIRECT" // one or more of kafka_cluster, schema_registry, kafka_connect
)

// Reference says where a secret is: a spec has no other.
type Reference = state.Reference

// CCloudConfig is how Confluent Cloud is reached.
type CCloudConfig struct {
	// OrganizationID has 36 characters. Empty: the default organisation of whoever the credentials are.
	OrganizationID string `json:"organization_id,omitempty"`
	// URI is that of its API. Empty: DefaultCCloudURI.
	URI string `json:"uri,omitempty"`
	// Credentials are of the type APIKey or OAuthBearer. Nil: there are none yet, and nobody is logged in.
	Credentials *Credentials `json:"credentials,omitempty"`
}

// LocalConfig is how Confluent Local is reached: on this machine, in clear, as nobody.
type LocalConfig struct {
	// BootstrapServers are brokers, host:port, separated by commas. Empty: DefaultLocalServers.
	BootstrapServers string `json:"bootstrap_servers,omitempty"`
	// SchemaRegistryURI is that of its Schema Registry. Empty: there is none.
	SchemaRegistryURI string `json:"schema_registry_uri,omitempty"`
}

// What holds where a spec says nothing.
const (
	DefaultCCloudURI    = "https://api.confluent.cloud"
	DefaultLocalServers = "localhost:9092"
)

// KafkaClusterConfig is how a Kafka cluster is reached.
type KafkaClusterConfig struct {
	// BootstrapServers are brokers, host:port, separated by commas.
	BootstrapServers string `json:"bootstrap_servers"`
	// Credentials are of any type. Nil: none.
	Credentials *Credentials `json:"credentials,omitempty"`
	// TLS is nil where the brokers speak in clear.
	TLS *TLS `json:"tls,omitempty"`
	// Topics must be allowed to be described. Without any, to log in suffices: all else a broker answers to everyone who has.
	Topics []string `json:"topics,omitempty"`
}

// SchemaRegistryConfig is how a Schema Registry is reached.
type SchemaRegistryConfig struct {
	URI string `json:"uri"`
	// Credentials are of the type Basic, APIKey or OAuthBearer. Nil: none.
	Credentials *Credentials `json:"credentials,omitempty"`
	// TLS is for https. Nil: the server is verified by what the system trusts.
	TLS *TLS `json:"tls,omitempty"`
}

// KafkaConnectConfig is how a Kafka Connect is reached.
type KafkaConnectConfig struct {
	// Endpoints are the base URLs of its workers, all http or all https.
	Endpoints []string   `json:"endpoints"`
	Username  string     `json:"username,omitempty"`
	Password  *Reference `json:"password,omitempty"`
	// TLS is for https. Nil: workers are verified by what the system trusts.
	TLS *TLS `json:"tls,omitempty"`
}

// TLS is how a server is verified, which it always is, and who we are to it.
type TLS struct {
	// CA has the certificates (PEM) that the server is verified by. Nil: what the system trusts.
	CA *PEM `json:"ca,omitempty"`
	// Certificate and Key (PEM) are shown to the server. Nil: none.
	Certificate *Reference `json:"certificate,omitempty"`
	Key         *Reference `json:"key,omitempty"`
}

// Credentials are who we are to a system.
type Credentials struct {
	Type CredentialsType `json:"type"`

	// Of Basic, ScramSHA256 and ScramSHA512.
	Username string     `json:"username,omitempty"`
	Password *Reference `json:"password,omitempty"`

	// Of APIKey.
	APIKey    string     `json:"api_key,omitempty"`
	APISecret *Reference `json:"api_secret,omitempty"`

	// Of OAuthBearer: a token, or where one is got by client credentials (RFC 6749, 4.4).
	Token        *Reference `json:"token,omitempty"`
	ClientID     string     `json:"client_id,omitempty"`
	ClientSecret *Reference `json:"client_secret,omitempty"`
	TokenURL     string     `json:"token_url,omitempty"`
	Scope        string     `json:"scope,omitempty"`
	// Extensions go along with the token to a Kafka cluster (RFC 7628, 3.1), such as logicalCluster.
	Extensions map[string]string `json:"extensions,omitempty"`
}

// CredentialsType is a kind of credentials.
type CredentialsType string

// The kinds of credentials.
const (
	Basic       CredentialsType = "BASIC" // HTTP's Basic; for Kafka, SASL PLAIN
	ScramSHA256 CredentialsType = "SCRAM-SHA-256"
	ScramSHA512 CredentialsType = "SCRAM-SHA-512"
	OAuthBearer CredentialsType = "OAUTHBEARER" // a bearer token; for Kafka, SASL OAUTHBEARER
	APIKey      CredentialsType = "API_KEY"     // of Confluent; as Basic
)

// Part is one system of a connection, by the name of its object in the status.
type Part string

// The parts, in the order in which they are shown.
const (
	PartCCloud         Part = "ccloud"
	PartLocal          Part = "local"
	PartKafkaCluster   Part = "kafka_cluster"
	PartSchemaRegistry Part = "schema_registry"
	PartKafkaConnect   Part = "kafka_connect"
)

// Parts are the systems that a spec is about, in order.
func (s Spec) Parts() (parts []Part) {
	for _, each := range []struct {
		part  Part
		isSet bool
	}{
		{PartCCloud, s.CCloud != nil},
		{PartLocal, s.Local != nil},
		{PartKafkaCluster, s.KafkaCluster != nil},
		{PartSchemaRegistry, s.SchemaRegistry != nil},
		{PartKafkaConnect, s.KafkaConnect != nil},
	} {
		if each.isSet {
			parts = append(parts, each.part)
		}
	}
	return parts
}

// CanAttempt says whether there is what an attempt needs. Without credentials nobody gets into Confluent Cloud, and that is no failure.
func (s Spec) CanAttempt(part Part) bool {
	return part != PartCCloud || s.CCloud != nil && s.CCloud.Credentials != nil
}
