package plugins

import (
	"slices"
	"strings"
)

// roles is a set of services, as bits: which of them a class can stand for.
type roles uint16

// service is one of Connect's plugin types (PluginType in org.apache.kafka.connect.runtime.isolation).
type service struct {
	name      string
	connector bool
	// listed says whether GET /connector-plugins?connectorsOnly=false shows its classes. Of the others nobody can see that
	// they were loaded.
	listed bool
}

// services are the interfaces whose service manifests Connect's plugin.discovery=service_load reads.
var services = []service{
	{"org.apache.kafka.connect.source.SourceConnector", true, true},
	{"org.apache.kafka.connect.sink.SinkConnector", true, true},
	{"org.apache.kafka.connect.storage.Converter", false, true},
	{"org.apache.kafka.connect.storage.HeaderConverter", false, true},
	{"org.apache.kafka.connect.transforms.Transformation", false, true},
	{"org.apache.kafka.connect.transforms.predicates.Predicate", false, true},
	{"org.apache.kafka.common.config.provider.ConfigProvider", false, false},
	{"org.apache.kafka.connect.rest.ConnectRestExtension", false, false},
	{"org.apache.kafka.connect.connector.policy.ConnectorClientConfigOverridePolicy", false, false},
}

const (
	sourceConnector roles = 1 << iota
	sinkConnector
	converter
	headerConverter
	transformation
	predicate
	configProvider
	restExtension
	overridePolicy
)

// kafkasOwn are classes of Kafka itself, which every worker has and no plugin brings, from which plugins derive theirs.
var kafkasOwn = map[string]roles{
	"org/apache/kafka/connect/storage/StringConverter":                                      converter | headerConverter,
	"org/apache/kafka/connect/storage/SimpleHeaderConverter":                                headerConverter,
	"org/apache/kafka/connect/json/JsonConverter":                                           converter | headerConverter,
	"org/apache/kafka/connect/converters/ByteArrayConverter":                                converter | headerConverter,
	"org/apache/kafka/connect/converters/NumberConverter":                                   converter | headerConverter,
	"org/apache/kafka/connect/mirror/MirrorSourceConnector":                                 sourceConnector,
	"org/apache/kafka/common/config/provider/FileConfigProvider":                            configProvider,
	"org/apache/kafka/common/config/provider/DirectoryConfigProvider":                       configProvider,
	"org/apache/kafka/common/config/provider/EnvVarConfigProvider":                          configProvider,
	"org/apache/kafka/connect/connector/policy/AbstractConnectorClientConfigOverridePolicy": overridePolicy,
}

// hierarchy is which classes derive from which, over all jars of a plugin.
type hierarchy struct {
	children   map[string][]string
	candidates map[string]location // classes that can be made, as far as their flags say
	size       int
}

// location is where a class file is.
type location struct{ jar, file int }

// mostClasses is how many classes a plugin may have. The fattest vendor bundles have some hundred thousand.
const mostClasses = 500_000

func newHierarchy() *hierarchy {
	return &hierarchy{children: map[string][]string{}, candidates: map[string]location{}}
}

// add takes a class up. Of classes that are there twice Java takes one or the other.
func (h *hierarchy) add(class classFile, at location) error {
	if h.size++; h.size > mostClasses {
		return failed(TooLarge, "more than the limit of %d classes", mostClasses)
	}
	for _, parent := range class.parents {
		if !strings.HasPrefix(parent, "java/") {
			h.children[parent] = append(h.children[parent], class.name)
		}
	}
	if class.access&accPublic != 0 && class.access&(accInterface|accAbstract) == 0 && isolated(class.name) {
		h.candidates[class.name] = at
	}
	return nil
}

// derived is what the classes of the plugin can stand for.
func (h *hierarchy) derived() map[string]roles {
	found := map[string]roles{}
	var open []string
	take := func(parent string, roles roles) {
		for _, child := range h.children[parent] {
			if found[child]|roles != found[child] {
				found[child] |= roles
				open = append(open, child)
			}
		}
	}
	for i, service := range services {
		take(strings.ReplaceAll(service.name, ".", "/"), 1<<i)
	}
	for name, roles := range kafkasOwn {
		take(name, roles)
	}
	for len(open) > 0 {
		class := open[len(open)-1]
		open = open[:len(open)-1]
		take(class, found[class])
	}
	return found
}

// isolated says whether a worker takes a class of this name from the plugin, rather than its own: a plugin may bring
// Connect's interfaces and converters along (PluginUtils.shouldLoadInIsolation).
func isolated(name string) bool {
	rest, kafka := strings.CutPrefix(name, "org/apache/kafka/")
	return !kafka || slices.ContainsFunc([]string{
		"connect/transforms/", "connect/json/", "connect/file/", "connect/converters/", "connect/mirror/",
	}, func(prefix string) bool { return strings.HasPrefix(rest, prefix) })
}
