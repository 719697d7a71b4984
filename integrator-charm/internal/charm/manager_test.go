package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// given are the settings that the manager is to have.
func given(t *testing.T, w *World) settings.Settings {
	t.Helper()
	want := w.wantedManager()
	require.NotNil(t, want)
	var s settings.Settings
	require.NoError(t, yaml.Unmarshal([]byte(want.files[settingsFile].Reveal()), &s))
	return s
}

func TestTheManagerHasAContextForEachRelationThatIsReady(t *testing.T) {
	t.Parallel()
	w := inRest()
	w.Clusters[0].CA = "a CA"
	w.Clusters = append(w.Clusters, Cluster{Relation: 9, Provider: "other", NotReady: assert.AnError})
	w.Granted.State = map[string]hook.SecretContent{"irc": {"password": secret.New("s3cret")}}
	s := given(t, w)
	assert.Equal(t, map[string]settings.Context{"kafka-connect": {
		Endpoints: []string{"http://10.0.0.1:8083"}, Username: "relation-7", PasswordFile: "/data/manager/clusters/7/password",
		CAFile: "/data/manager/clusters/7/ca.pem", NameSuffix: "_r7_uuid", State: "/data/manager/state.yaml",
		SecretsDir: "/data/manager/secrets", Server: "/data/manager/socket",
	}}, s.Contexts)
	assert.Equal(t, []string{"kafka-connect"}, s.Serve.Contexts)
	assert.True(t, s.Serve.Active)
	assert.Equal(t, settings.NoPort, s.Serve.Listen)
	want := w.wantedManager()
	assert.Equal(t, "hunter2", want.files["clusters/7/password"].Reveal())
	assert.Equal(t, "s3cret", want.files["secrets/irc/password"].Reveal())
	assert.Equal(t, linesFile, want.files[stateFile].Reveal())
	assert.Equal(t, "/charm/bin/connect-manager serve --config /data/manager/config.yaml", want.service.Command)
	for _, hidden := range []string{"hunter2", "s3cret"} {
		assert.NotContains(t, want.files[settingsFile].Reveal(), hidden)
	}

	w.Leader = false
	assert.False(t, given(t, w).Serve.Active, "one works, the others stand by")
}

func TestWhatIsWrongStaysInForceAsItWas(t *testing.T) {
	t.Parallel()
	spoil := map[string]func(*World){
		"state":         func(w *World) { w.State = StateFile{Problem: "line 1"} },
		"state unknown": func(w *World) { w.State = StateFile{Waiting: "the controller"} },
		"state secrets": func(w *World) { w.Granted.State, w.Granted.StateProblem = nil, "not granted" },
		"serve secrets": func(w *World) { w.Granted.Tokens, w.Granted.ServeProblem = nil, "not granted" },
		"interval":      func(w *World) { w.Config.Serve.Interval, w.Config.ServeProblem = 0, "config interval" },
		"approvals":     func(w *World) { w.Config.Serve.Approvals = "{" },
		"one relation":  func(w *World) { w.Clusters[0].NotReady, w.Clusters[0].Password = assert.AnError, secret.Value{} },
		"source":        func(w *World) { w.State = StateFile{Source: "https://h/s", Problem: "x"} },
	}
	for name, change := range spoil {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := inRest()
			w.Granted.State = map[string]hook.SecretContent{"irc": {"password": secret.New("s3cret")}}
			w.Granted.Tokens = []settings.Token{{Name: "ada", SHA256: "00", Roles: []settings.Role{settings.Viewer}}}
			w.take()
			before := w.Manager.Files
			change(w)
			want := w.wantedManager()
			require.NotNil(t, want)
			assert.Equal(t, reveal(before), reveal(want.files))
			assert.Equal(t, w.Manager.Note, want.note)
		})
	}
}

func reveal(f files) map[string]string {
	shown := map[string]string{}
	for name, content := range f {
		shown[name] = content.Reveal()
	}
	return shown
}

func TestWhatWasNeverRightIsNotRun(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*World){
		"state":            func(w *World) { w.State = StateFile{Problem: "line 1"} },
		"no state at all":  func(w *World) { w.State = StateFile{} },
		"serve":            func(w *World) { w.Config.ServeProblem = "config interval" },
		"relation":         func(w *World) { w.Clusters[0].NotReady = assert.AnError },
		"an API in clear":  func(w *World) { w.Config.Serve.Port, w.Address = 8081, "10.0.0.5" },
		"a relation's end": func(w *World) { w.Clusters[0].MayEnd = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := inRest()
			w.Manager = Manager{}
			change(w)
			assert.Nil(t, w.wantedManager())
		})
	}
}

func TestTheEndOfOneRelationLeavesTheOther(t *testing.T) {
	t.Parallel()
	w := inRest()
	other := w.Clusters[0]
	other.Relation, other.Provider = 11, "other"
	w.Clusters = append(w.Clusters, other)
	w.take()
	w.Clusters = w.Clusters[1:]
	want := w.wantedManager()
	assert.NotContains(t, want.files, "clusters/7/password")
	assert.Contains(t, want.files, "clusters/11/password")
	assert.Equal(t, []string{"other"}, given(t, w).Serve.Contexts)
	assert.Equal(t, w.Manager.Note.Service, want.note.Service, "it reads its files again, and is not started anew")
	assert.NotEqual(t, w.Manager.Note.Files, want.note.Files)
}

func TestAnotherProgramOrEnvironmentStartsItAnew(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*World){
		"a refresh":   func(w *World) { w.Program.ModTime = 1 },
		"credentials": func(w *World) { w.Granted.SourceCredentials = hook.SecretContent{"github-token": secret.New("x")} },
		"a proxy":     func(w *World) { w.Event.Proxy.HTTPS = "http://proxy:3128" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := inRest()
			change(w)
			assert.NotEqual(t, w.Manager.Note.Service, w.wantedManager().note.Service)
		})
	}
}

func TestTheSourcesCredentialsAreFilesAndTheirNamesVariables(t *testing.T) {
	t.Parallel()
	w := inRest()
	w.State = StateFile{Source: "github://streams/state/connectors.yaml"}
	w.Granted.SourceCredentials = hook.SecretContent{"github-user": secret.New("ada"), "github-token": secret.New("t0ken")}
	w.Event.Proxy = hook.Proxy{HTTPS: "http://proxy:3128", No: "10.1.0.0/16"}
	want := w.wantedManager()
	assert.Equal(t, map[string]string{
		"HOME": "/data/manager", "LANG": "C.UTF-8", "HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "10.1.0.0/16,10.0.0.1",
		"SOURCE_GITHUB_USER_FILE":  "/data/manager/credentials/github-user",
		"SOURCE_GITHUB_TOKEN_FILE": "/data/manager/credentials/github-token",
	}, want.service.Environment)
	assert.Equal(t, "t0ken", want.files["credentials/github-token"].Reveal())
	assert.Equal(t, "github://streams/state/connectors.yaml", given(t, w).Contexts["kafka-connect"].State)
	assert.NotContains(t, want.files, stateFile)
	assert.Equal(t, "SOURCE_CA_FILE", sourceVariable("ca-certificate"))
}

func TestTheAPIListensWhereItMay(t *testing.T) {
	t.Parallel()
	w := inRest()
	w.Config.Serve.Port, w.Address = 8081, "127.0.3.4"
	assert.Equal(t, "127.0.3.4:8081", given(t, w).Serve.Listen, "loopback needs no TLS")
	w.Address = "10.0.0.5"
	assert.Contains(t, w.serveProblem(), "manager-without-tls")
	w.Config.Serve.WithoutTLS = true
	assert.Equal(t, "10.0.0.5:8081", given(t, w).Serve.Listen)
	w.Config.Serve.WithoutTLS = false
	w.Granted.Certificate, w.Granted.Key = secret.New("c"), secret.New("k")
	s := given(t, w)
	assert.Equal(t, settings.TLS{CertFile: "/data/manager/tls/certificate.pem", KeyFile: "/data/manager/tls/private-key.pem"}, s.Serve.TLS)
	w.Address = ""
	assert.Equal(t, settings.NoPort, given(t, w).Serve.Listen)
}
