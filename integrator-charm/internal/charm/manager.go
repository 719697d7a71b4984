package charm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/secret"
	"connectcharms/requirer-lib/supervisor"
)

// Manager is Connect Manager on this unit, as it is.
type Manager struct {
	Running bool
	Died    string             // why it ended, where it ended by itself
	Files   files              // that it has
	Given   *settings.Settings // what is in its settings file; nil: there is none
	Note    note               // what it runs with
	Changed bool               // in this hook
	Refused string             // why it did not take what it was given in this hook
}

// note is what the manager has taken. It is written when it has, so what a hook that is killed leaves half done is done
// again.
type note struct {
	Service string `json:"service"` // digest of how it is run, and of what it cannot change while it runs
	Files   string `json:"files"`   // and of what it is given
}

// wanted is what the manager is to have.
type wanted struct {
	files   files
	service supervisor.Service
	note    note
}

// wantedManager says what the manager is to have; nil where it is not to run: no cluster is ready, or there is no state
// file yet. A part of the configuration that is wrong, or cannot be read, stays in force as it was.
func (w *World) wantedManager() *wanted {
	serve, files := w.wantedServe()
	contexts := w.wantedContexts(files)
	if serve == nil || len(contexts) == 0 || !w.wantedState(files) {
		return nil
	}
	w.wantedSecrets(files)
	serve.Connections, serve.Call = w.wantedTold(files), w.wantedCall()
	serve.Contexts = slices.Sorted(maps.Keys(contexts))
	serve.Active, serve.Socket, serve.Data = w.Leader && w.haveTaken(contexts), w.Layout.socket(), w.Layout.managerFile(storeDir)
	document, err := yaml.Marshal(settings.Settings{Contexts: contexts, Serve: *serve})
	if err != nil {
		panic(err) // a struct of texts and of YAML that was read
	}
	files[settingsFile] = secret.New(string(document))
	want := &wanted{files: files, service: w.wantedService(contexts)}
	want.note = note{Service: digest(want.service, w.Program, serve.Listen, serve.TLS), Files: files.digest()}
	return want
}

// wantedServe is what the manager is told, but for what depends on the cluster and the unit. Nil: it is wrong, and was never
// right.
func (w *World) wantedServe() (*settings.Serve, files) {
	found := files{}
	if w.serveProblem() != "" {
		if w.Manager.Given == nil {
			return nil, found
		}
		for _, name := range []string{certificateFile, keyFile, webhookFile, controlPassword, controlCA} {
			if content, is := w.Manager.Files[name]; is {
				found[name] = content
			}
		}
		maps.Copy(found, w.Manager.Files.under(credentialsDir))
		maps.Copy(found, w.Manager.Files.under(connectionSecretsDir))
		kept := w.Manager.Given.Serve
		return &kept, found
	}
	options := w.Config.Serve
	serve := &settings.Serve{Listen: w.listen(), Tokens: w.Granted.Tokens, Interval: options.Interval, Drift: options.Drift}
	serve.Approvals, _ = section("approvals", options.Approvals)
	serve.Notify, _ = section("notify", options.Notify)
	if !w.Granted.Key.IsZero() {
		found[certificateFile], found[keyFile] = w.Granted.Certificate, w.Granted.Key
		serve.TLS = settings.TLS{CertFile: w.Layout.managerFile(certificateFile), KeyFile: w.Layout.managerFile(keyFile)}
	}
	if !w.Granted.Webhook.IsZero() {
		found[webhookFile] = w.Granted.Webhook
		serve.WebhookSecretFile = w.Layout.managerFile(webhookFile)
	}
	serve.Control = w.wantedControl(found)
	for key, value := range w.Granted.SourceCredentials {
		found[path.Join(credentialsDir, key)] = value
	}
	w.addConnectionSecrets(found)
	return serve, found
}

// wantedCall has a hook run at once when connectors have changed their configuration. Where Juju's command is not to be had, any
// later hook does the same. A manager that is started from a hook has no other way back into one.
func (w *World) wantedCall() []string {
	if w.Exec == "" {
		return nil
	}
	return []string{w.Exec, w.Event.Unit, "JUJU_DISPATCH_PATH=hooks/overlays-changed ./dispatch"}
}

// serveProblem is why what the manager is told stays as it is.
func (w *World) serveProblem() string {
	options := w.Config.Serve
	_, approvals := section("approvals", options.Approvals)
	_, notify := section("notify", options.Notify)
	for _, problem := range []string{w.Config.ServeProblem, w.Granted.ServeProblem, approvals, notify} {
		if problem != "" {
			return problem
		}
	}
	if options.Port != 0 && w.Granted.Key.IsZero() && !options.WithoutTLS && w.Address != "" && !isLoopback(w.Address) {
		return "config manager-port is served with TLS only: set manager-tls, or manager-without-tls=true"
	}
	return ""
}

// listen is where the API is served: nowhere while this unit has no address.
func (w *World) listen() string {
	if w.Config.Serve.Port == 0 || w.Address == "" {
		return settings.NoPort
	}
	return net.JoinHostPort(w.Address, strconv.Itoa(w.Config.Serve.Port))
}

func isLoopback(address string) bool {
	parsed, err := netip.ParseAddr(address)
	return err == nil && parsed.IsLoopback()
}

// section reads an option that is a section of the settings file. What is in it, the manager checks.
func section(option, text string) (node yaml.Node, problem string) {
	if strings.TrimSpace(text) == "" {
		return node, ""
	}
	var document yaml.Node
	if err := yaml.Load([]byte(text), &document, yaml.WithUniqueKeys()); err != nil {
		return node, fmt.Sprintf("config %s is not YAML: %v", option, err)
	}
	return *document.Content[0], ""
}

// wantedState adds the state file where it is a text, and says whether there is one at all.
func (w *World) wantedState(to files) bool {
	switch {
	case w.State.isKnown() && w.State.Source == "":
		to[stateFile] = w.State.Text
	case w.State.isKnown():
	case !w.isStateKept():
		return false
	default:
		if before, is := w.Manager.Files[stateFile]; is {
			to[stateFile] = before
		}
	}
	return true
}

// isStateKept says whether the manager goes on with the state file that it has: the one that is meant is wrong, or not
// known yet.
func (w *World) isStateKept() bool {
	return w.Manager.Given != nil && (w.State.Problem != "" || w.State.Waiting != "")
}

func (w *World) wantedSecrets(to files) {
	if w.Granted.StateProblem != "" || w.Config.State.Problem != "" {
		maps.Copy(to, w.Manager.Files.under(secretsDir))
		return
	}
	for name, content := range w.Granted.State {
		for key, value := range content {
			to[path.Join(secretsDir, name, key)] = value
		}
	}
}

// digest tells apart what is not the same.
func digest(parts ...any) string {
	sum := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(sum, "%#v\x00", part)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

func (f files) digest() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(f)) {
		content := f[name].Reveal()
		fmt.Fprintf(sum, "%s\x00%d\x00%s", name, len(content), content)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
