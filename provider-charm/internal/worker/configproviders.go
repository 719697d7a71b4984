package worker

import (
	"fmt"
	"slices"
	"strings"

	"connectcharms/provider-charm/internal/secretfiles"
)

// configProviders is the property with the names of the providers that connectors' configurations may refer to.
const configProviders = "config.providers"

// providerProperties have connectors refer to the files of package secretfiles, beside what providers an operator names. The
// directory has to be there when the worker starts. Settings runs it in Dir, below which the directory is.
func (s Settings) providerProperties() map[string]string {
	const own = configProviders + "." + secretfiles.Provider + "."
	return map[string]string{
		configProviders:             strings.Join(append(namesIn(s.Extra[configProviders]), secretfiles.Provider), ","),
		own + "class":               "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
		own + "param.allowed.paths": secretfiles.Root,
	}
}

func namesIn(list string) (names []string) {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// checkProviders refuses a provider of an operator's that has the name of the charm's.
func checkProviders(extra map[string]string) error {
	if slices.Contains(namesIn(extra[configProviders]), secretfiles.Provider) {
		return fmt.Errorf("%s cannot name %s: that is the charm's own, for the secrets that clients bring; choose another name", configProviders, secretfiles.Provider)
	}
	return nil
}
