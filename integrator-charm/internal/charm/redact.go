package charm

import (
	"regexp"
	"slices"
	"strings"
)

var (
	secretKey = regexp.MustCompile(`(?i)passw|passphrase|secret|token|credential|jaas|private|api.?key|access.?key|auth`)
	userinfo  = regexp.MustCompile(`://[^/\s@]*@`)
)

// shortestSecret is how long a value has to be to be hidden: a shorter one would blot out half of the text.
const shortestSecret = 3

// withoutSecrets makes a stack trace fit for a status line, which everybody can read: traces quote configuration.
func (c Connector) withoutSecrets(trace string) string {
	var secrets []string
	for key, value := range c.Config {
		if secretKey.MatchString(key) && len(value) >= shortestSecret {
			secrets = append(secrets, value)
		}
	}
	// The longest first, or the rest of one would stay where a shorter one is its beginning.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		trace = strings.ReplaceAll(trace, secret, "***")
	}
	return userinfo.ReplaceAllString(trace, "://***@")
}
