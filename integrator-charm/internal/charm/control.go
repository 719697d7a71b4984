package charm

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// ControlAccess is how the Kafka is reached from which connectors' control messages are read.
type ControlAccess struct {
	Brokers   []string
	Username  string // empty: without login
	Password  secret.Value
	Mechanism string
	TLS       bool
	CA        secret.Value // PEM; empty: what the system trusts
}

// checkControl finds what is wrong with the options of the control topic.
func checkControl(serve ServeOptions) (problem string) {
	switch {
	case serve.ControlTopic == "" && serve.ControlSecret != "":
		return "config control-secret is for config control-topic, which is not set"
	case serve.ControlTopic == "":
		return ""
	case serve.ControlSecret == "":
		return "config control-topic wants config control-secret, which says where its Kafka is"
	}
	return ""
}

// controlKeys are those that the secret may have, as the Kafka Connect charm's kafka-secret.
var controlKeys = []string{"bootstrap-servers", "username", "password", "sasl-mechanism", "tls", "tls-ca"}

// takeControl reads how one logs in. A key that is not known is an error: with a slip in one, a password could go where it is
// not protected.
func (g *Granted) takeControl(content hook.SecretContent) (problem string) {
	for _, key := range slices.Sorted(maps.Keys(content)) {
		if !slices.Contains(controlKeys, key) {
			return fmt.Sprintf("config control-secret: the secret has a key %.40q: the keys are %s", key, strings.Join(controlKeys, ", "))
		}
	}
	access := ControlAccess{
		Brokers:  split(content["bootstrap-servers"].Reveal()),
		Username: content["username"].Reveal(), Password: content["password"], CA: content["tls-ca"],
	}
	access.TLS = !access.CA.IsZero()
	if word := content["tls"].Reveal(); word != "" {
		var err error
		if access.TLS, err = strconv.ParseBool(word); err != nil {
			return "config control-secret: tls is neither true nor false"
		}
	}
	if access.Username != "" {
		access.Mechanism = settings.ScramSHA512
		if word := content["sasl-mechanism"].Reveal(); word != "" {
			access.Mechanism = word
		}
	}
	g.Control = access
	return access.problem()
}

// problem is what is wrong with the secret; the rest, the manager checks.
func (a ControlAccess) problem() string {
	switch {
	case len(a.Brokers) == 0:
		return "config control-secret: the secret wants the key bootstrap-servers"
	case (a.Username == "") != a.Password.IsZero():
		return "config control-secret: username and password go together"
	case !a.CA.IsZero() && !a.TLS:
		return "config control-secret: tls-ca is there, and tls is false"
	}
	return ""
}

// wantedControl is the topic of control messages, with its files; nil: none.
func (w *World) wantedControl(to files) *settings.Control {
	if w.Config.Serve.ControlTopic == "" {
		return nil
	}
	access := w.Granted.Control
	control := &settings.Control{
		Brokers: access.Brokers, Topic: w.Config.Serve.ControlTopic, Username: access.Username, Mechanism: access.Mechanism, TLS: access.TLS,
	}
	if access.Username != "" {
		to[controlPassword] = access.Password
		control.PasswordFile = w.Layout.managerFile(controlPassword)
	}
	if !access.CA.IsZero() {
		to[controlCA] = access.CA
		control.CAFile = w.Layout.managerFile(controlCA)
	}
	return control
}
