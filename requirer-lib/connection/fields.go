package connection

// spec reads what there is; check finds what is wrong in it.
func (f *findings) spec(root any) (spec Spec) {
	r, done, is := f.within("", root)
	if !is {
		return spec
	}
	defer done()
	spec.ID, spec.Name, spec.Type = r.anyText("id"), r.anyText("name"), Type(r.text("type"))
	spec.CCloud = sub(r, "ccloud_config", func(r reader) CCloudConfig {
		return CCloudConfig{r.organization(), r.text("uri"), r.credentials()}
	})
	spec.Local = sub(r, "local_config", func(r reader) LocalConfig {
		return LocalConfig{r.text("bootstrap_servers"), r.text("schema_registry_uri")}
	})
	spec.KafkaCluster = sub(r, "kafka_cluster", func(r reader) KafkaClusterConfig {
		return KafkaClusterConfig{r.text("bootstrap_servers"), r.credentials(), r.tls(), r.texts("topics")}
	})
	spec.SchemaRegistry = sub(r, "schema_registry", func(r reader) SchemaRegistryConfig {
		return SchemaRegistryConfig{r.text("uri"), r.credentials(), r.tls()}
	})
	spec.KafkaConnect = sub(r, "kafka_connect", func(r reader) KafkaConnectConfig {
		return KafkaConnectConfig{r.texts("endpoints"), r.text("username"), r.reference("password"), r.tls()}
	})
	return spec
}

// organization tells an empty one from none: only none is the default organisation.
func (r reader) organization() string {
	value, isThere := r.fields["organization_id"]
	id := r.anyText("organization_id")
	if isThere && value == "" {
		r.add(under(r.path, "organization_id"), wantOrganization)
	}
	return id
}

func (r reader) tls() *TLS {
	return sub(r, "tls", func(r reader) TLS {
		return TLS{r.pem("ca"), r.reference("certificate"), r.reference("key")}
	})
}

func (r reader) pem(name string) *PEM {
	if text, is := r.fields[name].(string); is {
		delete(r.fields, name)
		return &PEM{Text: text}
	}
	if from := r.reference(name); from != nil {
		return &PEM{From: from}
	}
	return nil
}

func (r reader) credentials() *Credentials {
	return sub(r, "credentials", func(r reader) Credentials {
		return Credentials{
			Type:     CredentialsType(r.text("type")),
			Username: r.text("username"), Password: r.reference("password"),
			APIKey: r.text("api_key"), APISecret: r.reference("api_secret"),
			Token: r.reference("token"), ClientID: r.text("client_id"), ClientSecret: r.reference("client_secret"),
			TokenURL: r.text("token_url"), Scope: r.text("scope"), Extensions: r.textsByName("extensions"),
		}
	})
}
