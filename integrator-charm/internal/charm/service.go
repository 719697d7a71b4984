package charm

import (
	"maps"
	"path"
	"slices"
	"strings"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/supervisor"
)

// managerService is what Pebble calls it.
const managerService = "connect-manager"

// wantedService is the manager as Pebble runs it: nothing secret stands on its command line or in its environment.
func (w *World) wantedService(contexts map[string]settings.Context) supervisor.Service {
	environment := map[string]string{"HOME": w.Layout.managerDir(), "LANG": "C.UTF-8"}
	for key := range w.Granted.SourceCredentials {
		environment[sourceVariable(key)] = w.Layout.managerFile(path.Join(credentialsDir, key))
	}
	maps.Copy(environment, proxies(w.Event.Proxy, contexts))
	return supervisor.Service{
		Summary: "Connect Manager", Override: "replace", Startup: "enabled",
		Command:     w.Layout.program() + " serve --config " + w.Layout.managerFile(settingsFile),
		Environment: environment, WorkingDir: w.Layout.managerDir(),
		KillDelay: "15s", BackoffDelay: "1s", BackoffLimit: "30s",
	}
}

// sourceVariable names the file that one of the credentials for the state file's source is in.
func sourceVariable(key string) string {
	if key == "ca-certificate" {
		return "SOURCE_CA_FILE" // Juju has no keys of two letters
	}
	return "SOURCE_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_")) + "_FILE"
}

// proxies are the model's, for sources that are on other networks. Kafka Connect itself is asked without.
func proxies(model hook.Proxy, contexts map[string]settings.Context) map[string]string {
	environment := map[string]string{}
	for name, value := range map[string]string{"HTTP_PROXY": model.HTTP, "HTTPS_PROXY": model.HTTPS} {
		if value != "" {
			environment[name] = value
		}
	}
	if len(environment) == 0 {
		return nil
	}
	direct := []string{}
	if model.No != "" {
		direct = append(direct, model.No)
	}
	for _, name := range slices.Sorted(maps.Keys(contexts)) {
		for _, endpoint := range contexts[name].Endpoints {
			direct = append(direct, hostOf(endpoint))
		}
	}
	environment["NO_PROXY"] = strings.Join(direct, ",")
	return environment
}
