package connection

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths, in characters as JSON Schema counts them: a letter with two bytes is one.
const (
	LongestID          = 64
	LongestName        = 64
	OrganizationLength = 36
	longestText        = 1024 // of user names, addresses and such
	mostServers        = 64
	mostTopics         = 64
)

// reservedIDs would be something else in the path of a URL.
var reservedIDs = []string{".", ".."}

const (
	wantOrganization = "must have exactly 36 characters; without it, it is the default organization"
	wantHTTP         = "must be a URL such as https://host:8081, without user, password, query and fragment"
	wantServers      = "must be brokers such as host:9092, separated by commas, 64 at most"
	wantTopics       = "must be names of topics: letters, digits, dots, dashes and underscores, 1 to 249 of them; 64 topics at most"
	wantHere         = "must be on this machine, localhost: for others there is the type DIRECT"
	wantTLS          = "is for https"
	wantHTTPS        = "must be https: what goes there is secret"
)

// Validate finds all that is wrong with a spec. The error is Problems. It is for specs that a program has made: [Parse] has
// looked.
func (s Spec) Validate() error {
	found := &findings{}
	found.check(s)
	return found.asError()
}

func (f *findings) check(s Spec) {
	f.checkID(s.ID)
	if utf8.RuneCountInString(s.Name) > LongestName {
		f.add("name", "must have at most 64 characters")
	}
	f.checkText("name", s.Name)
	f.checkType(s)
	if s.CCloud != nil {
		f.checkCCloud("ccloud_config", *s.CCloud)
	}
	if s.Local != nil {
		f.checkLocal("local_config", *s.Local)
	}
	if s.KafkaCluster != nil {
		f.checkKafkaCluster("kafka_cluster", *s.KafkaCluster)
	}
	if s.SchemaRegistry != nil {
		f.checkSchemaRegistry("schema_registry", *s.SchemaRegistry)
	}
	if s.KafkaConnect != nil {
		f.checkKafkaConnect("kafka_connect", *s.KafkaConnect)
	}
}

func (f *findings) checkID(id string) {
	switch length := utf8.RuneCountInString(id); {
	case length == 0 || length > LongestID:
		f.add("id", "must have 1 to 64 characters")
	case slices.Contains(reservedIDs, id):
		f.add("id", "must not be . or ..: it is part of a URL")
	}
	f.checkText("id", id)
}

// checkText keeps out what would break a line.
func (f *findings) checkText(field, text string) {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		f.add(field, "must not have control characters in it")
	}
	if utf8.RuneCountInString(text) > longestText {
		f.add(field, "must have at most 1024 characters")
	}
}

// objectsOf says which objects a spec of a type has: one or more of these parts.
var objectsOf = map[Type]struct {
	parts []Part
	want  string // where that is not so
}{
	Local:  {[]Part{PartLocal}, "must have local_config, and no other configuration, with the type LOCAL"},
	CCloud: {[]Part{PartCCloud}, "must have ccloud_config, and no other configuration, with the type CCLOUD"},
	Direct: {
		[]Part{PartKafkaCluster, PartSchemaRegistry, PartKafkaConnect},
		"must have kafka_cluster, schema_registry or kafka_connect, and no other configuration, with the type DIRECT",
	},
}

func (f *findings) checkType(s Spec) {
	objects, is := objectsOf[s.Type]
	if !is {
		f.add("type", "must be LOCAL, CCLOUD or DIRECT")
		return
	}
	parts := s.Parts()
	isOther := func(part Part) bool { return !slices.Contains(objects.parts, part) }
	if len(parts) == 0 || slices.ContainsFunc(parts, isOther) {
		f.add("", objects.want)
	}
}

func (f *findings) checkCCloud(at string, c CCloudConfig) {
	if c.OrganizationID != "" && utf8.RuneCountInString(c.OrganizationID) != OrganizationLength {
		f.add(under(at, "organization_id"), wantOrganization)
	}
	f.checkText(under(at, "organization_id"), c.OrganizationID)
	if c.URI != "" {
		f.checkSecretly(under(at, "uri"), c.URI)
	}
	f.checkCredentials(under(at, "credentials"), c.Credentials, APIKey, OAuthBearer)
}

func (f *findings) checkLocal(at string, c LocalConfig) {
	if c.BootstrapServers != "" {
		field := under(at, "bootstrap_servers")
		f.checkServers(field, c.BootstrapServers)
		for each := range strings.SplitSeq(c.BootstrapServers, ",") {
			if host, _, err := net.SplitHostPort(each); err == nil && !isHere(host) {
				f.add(field, wantHere)
			}
		}
	}
	if c.SchemaRegistryURI != "" {
		field := under(at, "schema_registry_uri")
		f.checkURL(field, c.SchemaRegistryURI)
		if parsed, err := url.Parse(c.SchemaRegistryURI); err == nil && !isHere(parsed.Hostname()) {
			f.add(field, wantHere)
		}
	}
}

// isHere says whether a host is this machine.
func isHere(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (f *findings) checkKafkaCluster(at string, c KafkaClusterConfig) {
	f.checkServers(under(at, "bootstrap_servers"), c.BootstrapServers)
	f.checkCredentials(under(at, "credentials"), c.Credentials, Basic, ScramSHA256, ScramSHA512, OAuthBearer, APIKey)
	f.checkTLS(under(at, "tls"), c.TLS)
	isOther := func(name string) bool { return !topic.MatchString(name) }
	if len(c.Topics) > mostTopics || slices.ContainsFunc(c.Topics, isOther) {
		f.add(under(at, "topics"), wantTopics)
	}
}

func (f *findings) checkSchemaRegistry(at string, c SchemaRegistryConfig) {
	scheme := f.checkURL(under(at, "uri"), c.URI)
	f.checkCredentials(under(at, "credentials"), c.Credentials, Basic, OAuthBearer, APIKey)
	if c.Credentials != nil {
		f.checkNoExtensions(under(at, "credentials"), *c.Credentials)
	}
	if scheme == "http" && c.TLS != nil {
		f.add(under(at, "tls"), wantTLS)
	}
	f.checkTLS(under(at, "tls"), c.TLS)
}

func (f *findings) checkKafkaConnect(at string, c KafkaConnectConfig) {
	field := under(at, "endpoints")
	if len(c.Endpoints) == 0 || len(c.Endpoints) > mostServers {
		f.add(field, "must be the base URLs of workers, 1 to 64")
	}
	schemes := map[string]bool{}
	for _, endpoint := range c.Endpoints {
		schemes[f.checkURL(field, endpoint)] = true
	}
	if len(schemes) > 1 {
		f.add(field, "must be all http, or all https")
	}
	f.checkText(under(at, "username"), c.Username)
	if c.Username == "" && c.Password != nil {
		f.add(under(at, "username"), "is not there: whose password is it?")
	}
	if c.Username != "" {
		f.needReference(under(at, "password"), c.Password)
	}
	if schemes["http"] && c.TLS != nil {
		f.add(under(at, "tls"), wantTLS)
	}
	f.checkTLS(under(at, "tls"), c.TLS)
}

// server is a host or address, and a port; schemas/connection.json has the same.
var server = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})$`)

func (f *findings) checkServers(field, servers string) {
	all := strings.Split(servers, ",")
	for _, each := range all {
		found := server.FindStringSubmatch(each)
		if found == nil || len(all) > mostServers {
			f.add(field, wantServers)
			return
		}
		if port, err := strconv.Atoi(found[2]); err != nil || port < 1 || port > 65535 {
			f.add(field, "must have ports from 1 to 65535")
		}
	}
	f.checkText(field, servers)
}

// topic is a name as Kafka takes it.
var topic = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)

// webURL is what schemas/connection.json has, too.
var webURL = regexp.MustCompile(`^https?://[^\s/?#@]+(/[^\s?#]*)?$`)

// checkURL gives the scheme.
func (f *findings) checkURL(field, text string) (scheme string) {
	parsed, err := url.Parse(text)
	if err != nil || !webURL.MatchString(text) || parsed.Hostname() == "" {
		f.add(field, wantHTTP)
		return ""
	}
	f.checkText(field, text)
	return parsed.Scheme
}

// checkSecretly wants a URL that secrets may be sent to.
func (f *findings) checkSecretly(field, text string) {
	if f.checkURL(field, text) != "http" {
		return
	}
	if parsed, err := url.Parse(text); err == nil && !isHere(parsed.Hostname()) {
		f.add(field, wantHTTPS)
	}
}

func (f *findings) checkTLS(field string, t *TLS) {
	if t == nil {
		return
	}
	if t.CA != nil && t.CA.From != nil {
		f.checkReference(under(field, "ca"), *t.CA.From)
	} else if t.CA != nil {
		if fault := faultOfCertificates(t.CA.Text); fault != "" {
			f.add(under(field, "ca"), fault)
		}
	}
	if t.Certificate == nil && t.Key == nil {
		return
	}
	f.needReference(under(field, "certificate"), t.Certificate)
	f.needReference(under(field, "key"), t.Key)
}

func (f *findings) needReference(field string, of *Reference) {
	if of == nil {
		f.add(field, "is not there: "+wantReference)
		return
	}
	f.checkReference(field, *of)
}

func (f *findings) checkReference(field string, of Reference) {
	if !of.IsValid() {
		f.add(field, wantReference)
	}
}
