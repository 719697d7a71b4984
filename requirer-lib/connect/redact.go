package connect

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

const (
	shortestSecret = 3 // characters: shorter ones would blot out half of a text
	hiddenText     = "***"
)

var (
	userinfo    = regexp.MustCompile(`://[^/\s@]*@`)
	secretWords = []string{"passw", "passphrase", "secret", "token", "credential", "jaas", "private", "keystore.key", "auth"}
	secretKeys  = regexp.MustCompile(`api.?key|access.?key`)
)

// Redact takes out of a text from Kafka Connect, such as a task's trace, what a connector's configuration keeps secret:
// traces quote it. Which values are secret goes by the names of their keys. Passwords in URLs go as well.
func Redact(text string, config map[string]string) string {
	return redact(text, secretValues(config))
}

// RedactTexts is Redact for texts that are known to be secret, whatever their keys.
func RedactTexts(text string, secrets ...string) string { return redact(text, secretTexts(secrets...)) }

// Hiding has the errors of calls with this context not show some texts, beside those that they hide anyway.
func Hiding(ctx context.Context, secrets ...string) context.Context {
	return context.WithValue(ctx, hiding{}, secretTexts(secrets...))
}

type hiding struct{}

func hiddenBy(ctx context.Context) []string {
	texts, _ := ctx.Value(hiding{}).([]string)
	return texts
}

// IsSecret says whether a key goes by a secret's name: its value is not to be shown.
func IsSecret(key string) bool {
	key = strings.ToLower(key)
	for _, word := range secretWords {
		if strings.Contains(key, word) {
			return true
		}
	}
	return strings.Contains(key, "key") && secretKeys.MatchString(key)
}

func redact(text string, hide []string) string {
	// The longest first, or the rest of one would stay where a shorter one is its beginning.
	slices.SortFunc(hide, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range hide {
		text = strings.ReplaceAll(text, secret, hiddenText)
	}
	return userinfo.ReplaceAllString(text, "://"+hiddenText+"@")
}

// secretTexts keeps what is worth hiding.
func secretTexts(texts ...string) []string {
	var hide []string
	for _, text := range texts {
		if len(text) >= shortestSecret {
			hide = append(hide, text)
		}
	}
	return hide
}

// secretValues picks the values of a configuration that must not be repeated.
func secretValues(config map[string]string) []string {
	var texts []string
	for key, value := range config {
		if IsSecret(key) {
			texts = append(texts, value)
		}
	}
	return secretTexts(texts...)
}
