package notify_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/notify"
)

func TestNoSectionIsNobodyTold(t *testing.T) {
	t.Parallel()
	config, err := notify.Decode(yaml.Node{}, "/etc")
	require.NoError(t, err)
	assert.Equal(t, 30*time.Second, config.GroupWait)
	assert.Len(t, config.Events, 9)
}

func TestFilesAreBesideTheSettings(t *testing.T) {
	t.Parallel()
	var node yaml.Node
	require.NoError(t, yaml.Load([]byte(`
secret-file: hmac
smtp: {address: "mail:587", from: a@example.org, username: u, password-file: /run/password, ca-file: ca.pem}
default: {webhook-file: hook}
teams: {data: {chat-file: sub/chat}}
`), &node))
	config, err := notify.Decode(*node.Content[0], "/etc/manager")
	require.NoError(t, err)
	assert.Equal(t, "/etc/manager/hmac", config.SecretFile)
	assert.Equal(t, "/run/password", config.SMTP.PasswordFile)
	assert.Equal(t, "/etc/manager/ca.pem", config.SMTP.CAFile)
	assert.Equal(t, "/etc/manager/hook", config.Default.WebhookFile)
	assert.Equal(t, "/etc/manager/sub/chat", config.Teams["data"].ChatFile)
}

func TestAWrongSectionSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, message string }{
		"unknown field":                       {`{group-wiat: 1s}`, "group-wiat"},
		"unknown kind":                        {`{events: [failure]}`, `there is no "failure"`},
		"a team's kind":                       {`{teams: {data: {events: [x]}}}`, `team "data": events`},
		"negative":                            {`{repeat-interval: -1h}`, "repeat-interval"},
		"no duration":                         {`{group-wait: soon}`, "time.Duration"},
		"mail without server":                 {`{default: {email: [a@example.org]}}`, "smtp.address"},
		"no mail address":                     {`{smtp: {address: "m:25", from: a@b.c}, default: {email: ["a b"]}}`, `"a b" is no address`},
		"no port":                             {`{smtp: {address: mail, from: a@b.c}}`, "host:port"},
		"no sender":                           {`{smtp: {address: "mail:25"}}`, "smtp.from"},
		"password in clear":                   {`{smtp: {address: "mail:25", from: a@b.c, tls: none, username: u, password-file: p}}`, "without TLS"},
		"half an account":                     {`{smtp: {address: "mail:25", from: a@b.c, username: u}}`, "password-file"},
		"unknown tls":                         {`{smtp: {address: "mail:25", from: a@b.c, tls: maybe}}`, "starttls, tls or none"},
		"template's syntax":                   {`{templates: {title: "{{.Cluster"}}`, "templates.title"},
		"template's field":                    {`{templates: {text: "{{range .Events}}{{.Conector}}{{end}}"}}`, "templates.text"},
		"template's fault on some kinds only": {`{templates: {text: '{{range .Events}}{{if eq .Kind "removed"}}{{index .Labels 1}}{{end}}{{end}}'}}`, "templates.text"},
		"template without end":                {`{templates: {title: '{{define "a"}}{{template "a" .}}x{{end}}{{template "a" .}}'}}`, "templates.title"},
		"no link":                             {`{link: "javascript:alert(1)"}`, "link"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var node yaml.Node
			require.NoError(t, yaml.Load([]byte(test.text), &node))
			_, err := notify.Decode(*node.Content[0], t.TempDir())
			require.ErrorContains(t, err, test.message)
			require.ErrorContains(t, err, "notify: ")
		})
	}
}

func TestAFileThatCannotBeUsedIsRefusedAndNothingChanges(t *testing.T) {
	t.Parallel()
	h := newHook(t)
	d := newDesk(t, quick)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "empty"), []byte("\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "text"), []byte("token-4711, not a URL"), 0o600))
	for text, message := range map[string]string{
		`default: {webhook-file: %s/none}`:                                             "webhook-file",
		`teams: {data: {chat-file: %s/empty}}`:                                         `team "data": chat-file`,
		`default: {webhook-file: %s/text}`:                                             "want a URL",
		`secret-file: %s/none`:                                                         "secret-file",
		`smtp: {address: "mail:25", from: a@b.c, ca-file: %s/text}`:                    "has no certificate",
		`smtp: {address: "mail:25", from: a@b.c, username: u, password-file: %s/none}`: "password-file",
	} {
		err := d.Configure(decode(t, fmt.Sprintf(text, dir)))
		require.ErrorContains(t, err, message)
		assert.NotContains(t, err.Error(), "token-4711")
	}
	d.run()
	d.know(h.subject("orders"))
	d.observe(ill("orders"))
	h.await(t, 1)
}

func FuzzDecode(f *testing.F) {
	f.Add(`{smtp: {address: "m:25", from: a@b.c}, teams: {data: {email: [a@b.c], events: [failed]}}, group-wait: 3s}`)
	f.Add(`{templates: {title: "{{.Summary}}", text: "{{range .Events}}{{.What}}{{end}}"}}`)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		var node yaml.Node
		if yaml.Load([]byte(text), &node) == nil && len(node.Content) == 1 {
			_, _ = notify.Decode(*node.Content[0], dir)
		}
	})
}
