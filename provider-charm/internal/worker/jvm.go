package worker

import "strings"

// closed are properties of Kafka's that keep a connector's configuration from reaching beyond what the connector is for. Who may write
// configurations brings no code of his own where plugins are the operator's.
var closed = []string{
	// A Kafka client makes whatever configuration provider its own configuration names, and so reads any file of the worker's for
	// whoever writes that (CVE-2024-31141). The providers of worker.properties are not meant by it.
	"-Dorg.apache.kafka.automatic.config.providers=none",
	// These log-ins load what a server that a configuration names gives them (CVE-2023-25194, CVE-2025-27818).
	"-Dorg.apache.kafka.disallowed.login.modules=com.sun.security.auth.module.JndiLoginModule,com.sun.security.auth.module.LdapLoginModule",
}

// jvmOptions are what the worker's JVM is started with, beside its heap.
func (s Settings) jvmOptions() string {
	options := closed
	if s.JVMOption != "" {
		options = append(options[:len(options):len(options)], s.JVMOption)
	}
	return strings.Join(options, " ")
}
