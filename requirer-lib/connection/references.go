package connection

// Placed is a reference, and the field that it stands in.
type Placed struct {
	Field     string
	Reference Reference
}

// References are all that a spec has, in the order of its fields.
func (s Spec) References() (all []Placed) {
	add := func(outer, name string, of *Reference) {
		if of != nil {
			all = append(all, Placed{under(outer, name), *of})
		}
	}
	credentials := func(outer string, c *Credentials) {
		if c == nil {
			return
		}
		at := under(outer, "credentials")
		add(at, "password", c.Password)
		add(at, "api_secret", c.APISecret)
		add(at, "token", c.Token)
		add(at, "client_secret", c.ClientSecret)
	}
	tls := func(outer string, t *TLS) {
		if t == nil {
			return
		}
		at := under(outer, "tls")
		if t.CA != nil {
			add(at, "ca", t.CA.From)
		}
		add(at, "certificate", t.Certificate)
		add(at, "key", t.Key)
	}
	if s.CCloud != nil {
		credentials("ccloud_config", s.CCloud.Credentials)
	}
	if s.KafkaCluster != nil {
		credentials("kafka_cluster", s.KafkaCluster.Credentials)
		tls("kafka_cluster", s.KafkaCluster.TLS)
	}
	if s.SchemaRegistry != nil {
		credentials("schema_registry", s.SchemaRegistry.Credentials)
		tls("schema_registry", s.SchemaRegistry.TLS)
	}
	if s.KafkaConnect != nil {
		add("kafka_connect", "password", s.KafkaConnect.Password)
		tls("kafka_connect", s.KafkaConnect.TLS)
	}
	return all
}
