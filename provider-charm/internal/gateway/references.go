package gateway

import (
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"strings"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/provider-charm/internal/secretfiles"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// reference is how Kafka Connect finds ${provider:path:key} in a value: this is its own expression
// (org.apache.kafka.common.config.ConfigTransformer).
var reference = regexp.MustCompile(`\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}`)

// mayRefer says whether a value of an account's configuration refers to no secrets but its own: the charm's provider is for
// exactly the directory of the account's relation, and no other provider leads into the directory of another. The operator's
// account refers to whatever it likes.
//
// It keeps clients apart who write configurations. Who brings a plugin runs code in the worker, which reads what the worker can.
func mayRefer(account accounts.Account, value string) bool {
	if account.Operator || !strings.Contains(value, "${") {
		return true
	}
	own := secretfiles.Place(hook.RelationID(account.Relation))
	return usesProviderFor(own, value) && leadsNowhereElse(own, value)
}

// usesProviderFor goes by the provider's name alone, wherever it stands: what Connect might take for a reference is then never
// more than what is looked at here.
func usesProviderFor(own schemas.SecretsPlace, value string) bool {
	for {
		_, after, found := strings.Cut(value, own.Provider+":")
		if !found {
			return true
		}
		if !strings.HasPrefix(after, own.Path+":") {
			return false
		}
		value = after
	}
}

// leadsNowhereElse is about the providers of the operator's worker-properties.
func leadsNowhereElse(own schemas.SecretsPlace, value string) bool {
	for _, found := range reference.FindAllStringSubmatch(value, -1) {
		leads := path.Clean(found[3])
		if isWithin(leads, secretfiles.Root) && !isWithin(leads, own.Path) {
			return false
		}
	}
	return true
}

func isWithin(file, dir string) bool { return file == dir || strings.HasPrefix(file, dir+"/") }

// checkReferences refuses a configuration that refers to secrets of another relation.
func (v *visit) checkReferences(config map[string]json.RawMessage) *refusal {
	for key, raw := range config {
		if value, isText := text(raw); isText && !v.refers(value) {
			return refuse(http.StatusForbidden, "the value of "+key+" refers to secrets that are not this relation's")
		}
	}
	return nil
}
