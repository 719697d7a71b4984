package jujutest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/jujutest"
)

const toolsMetadata = `
name: tools
provides: {web: {interface: http}}
requires: {database: {interface: sql}}
config:
  options:
    port: {type: int, default: 8083}
    name: {type: string}
    quick: {type: boolean, default: true}
    ratio: {type: float, default: 0.5}
resources: {image: {type: file, filename: image.tgz}, missing: {type: file}}
storage:
  data: {type: filesystem}
  many: {type: filesystem, multiple: {range: 0-}}
`

// toolsShell is a settled unit whose update-status runs what a test gives it, with a related database.
func toolsShell(t *testing.T) (shell, int) {
	t.Helper()
	m := newModel(t, jujutest.Options{HookRetries: -1})
	resource := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(resource, []byte("content"), 0o644))
	deploy(t, m, "tools", charmDir(t, toolsMetadata, shellCharm), jujutest.DeployOptions{Resources: map[string]string{"image": resource}})
	deploy(t, m, "server", quiet(serverMetadata), jujutest.DeployOptions{Units: 2})
	id := integrate(t, m, "tools", "server")
	settle(t, m)
	return shell{m: m, unit: "tools/0"}, id
}

// TestToolsPrintWhatJujusToolsPrint compares whole outputs, refusals included, of command lines in one unit. R stands for the
// relation's id.
func TestToolsPrintWhatJujusToolsPrint(t *testing.T) {
	t.Parallel()
	s, id := toolsShell(t)
	cases := []struct{ command, want string }{
		{"relation-ids database", "database:R"},
		{"relation-ids web", ""},
		{"relation-ids", "ERROR no endpoint name specified\nexit 2"},
		{"relation-ids --format=json web", "[]"},
		{"relation-ids --format yaml web", "[]"},
		{"relation-ids database extra", "ERROR unrecognized args: [\"extra\"]\nexit 2"},
		{"relation-list -r R", "server/0\nserver/1"},
		{"relation-list --relation database:R --format=json", `["server/0","server/1"]`},
		{"relation-list -r R --app", "server"},
		{"relation-list", "ERROR no relation id specified\nexit 2"},
		{"relation-list -r 99", "ERROR invalid value \"99\" for option -r: relation not found\nexit 2"},
		{"relation-list -r x", "ERROR invalid value \"x\" for option -r: invalid relation id\nexit 2"},
		{"relation-list -r", "ERROR option needs an argument: -r\nexit 2"},
		{"relation-list --nope", "ERROR option provided but not defined: --nope\nexit 2"},
		{"relation-list --format=xml -r R", "ERROR invalid value \"xml\" for option --format: unknown format \"xml\"\nexit 2"},
		{"relation-get -r R - server", "ERROR expected unit name, got application name \"server\"\nexit 2"},
		{"relation-get -r R", "ERROR no unit or application specified\nexit 2"},
		{"relation-get -r R nothing tools/0", ""},
		{"relation-get -r R nothing tools/0 --format=json", "null"},
		{"relation-get -r R --app - server", "{}"},
		{"relation-get -r R - server/7", "ERROR relation unit not found\nexit 1"},
		{"relation-set -r R a=1 b='two words' && relation-get -r R a tools/0 && relation-get -r R --format=json b tools/0", "1\n\"two words\""},
		{"relation-set -r R a", "ERROR expected \"key=value\", got \"a\"\nexit 2"},
		{"relation-set -r R a=1 a=2", "ERROR key \"a\" specified more than once\nexit 2"},
		{"relation-set -r R 'a=  spaces around ' && relation-get -r R --format=json a tools/0", `"spaces around"`},
		{"printf 'a: \"  kept \"\\n' | relation-set -r R --file=- && relation-get -r R --format=json a tools/0", `"  kept "`},
		{"relation-list -r=1", "ERROR invalid value \"=1\" for option -r: invalid relation id\nexit 2"},
		{"relation-list --app=maybe -r R", "ERROR invalid value \"maybe\" for option --app: strconv.ParseBool: parsing \"maybe\": invalid syntax\nexit 2"},
		{"relation-list --=x", "ERROR empty option in argument \"--=x\"\nexit 2"},
		{"relation-list --app=false --relation=R", "server/0\nserver/1"},
		{"config-get -a --format json -- name", "ERROR cannot use argument --all together with key \"name\"\nexit 2"},
		{"relation-set a=1", "ERROR no relation id specified\nexit 2"},
		{"printf 'c: three\\nd: 4\\n' | relation-set -r R --file - d=5 && relation-get -r R c tools/0 && relation-get -r R d tools/0", "three\n5"},
		{"echo 'e: six' > f.yaml && relation-set -r R --file f.yaml && relation-get -r R e tools/0", "six"},
		{"relation-model-get -r R", "uuid: UUID"},
		{"is-leader", "True"},
		{"is-leader --format=json", "true"},
		{"is-leader --format=yaml", "true"},
		{"config-get", "port: 8083\nquick: true\nratio: 0.5"},
		{"config-get --all --format=json", `{"name":null,"port":8083,"quick":true,"ratio":0.5}`},
		{"config-get port", "8083"},
		{"config-get quick", "True"},
		{"config-get name", ""},
		{"config-get name --format=json", "null"},
		{"config-get --all port", "ERROR cannot use argument --all together with key \"port\"\nexit 2"},
		{"config-get port -o out.txt && cat out.txt", "8083"},
		{"status-set nonsense", "ERROR invalid status \"nonsense\", expected one of [maintenance blocked waiting active]\nexit 2"},
		{"status-set", "ERROR invalid args, require <status> [message]\nexit 2"},
		{"status-set active 'all is well' && status-get", "active"},
		{"status-get --include-data", "message: all is well\nstatus: active\nstatus-data: {}"},
		{"status-get --format=json", `{"status":"active"}`},
		{"status-set --application waiting 'for it' && status-get --application", "waiting"},
		{"status-get --application --include-data --format=json", `{"application-status":{"message":"for it","status":"waiting","status-data":{},` +
			`"units":{"tools/0":{"message":"all is well","status":"active","status-data":{}}}}}`},
		{"unit-get private-address", "ADDRESS"},
		{"unit-get nothing", "ERROR unknown setting \"nothing\"\nexit 2"},
		{"network-get web --bind-address", "ADDRESS"},
		{"network-get web --ingress-address --format=json", `"ADDRESS"`},
		{"network-get database -r R --egress-subnets", "ADDRESS/32"},
		{"network-get web --bind-address --ingress-address", "bind-address: ADDRESS\ningress-address: ADDRESS"},
		{"network-get web --format=json", `{"bind-addresses":[{"mac-address":"","interface-name":"lo","addresses":[{"hostname":"","value":"ADDRESS",` +
			`"cidr":"127.0.0.0/8"}]}],"egress-subnets":["ADDRESS/32"],"ingress-addresses":["ADDRESS"]}`},
		{"network-get nothing", "ERROR no network config found for binding \"nothing\"\nexit 1"},
		{"network-get", "ERROR no arguments specified\nexit 2"},
		{"open-port 8083 && open-port 9000-9002/udp && open-port icmp && opened-ports", "icmp\n8083/tcp\n9000-9002/udp"},
		{"open-port 8000-9000", "ERROR cannot open 8000-9000/tcp (unit \"tools/0\"): port range conflicts with 8083/tcp (unit \"tools/0\")\nexit 1"},
		{"open-port 80/xyz", "ERROR invalid protocol \"xyz\", expected \"tcp\", \"udp\", or \"icmp\"\nexit 2"},
		{"open-port 70000", "ERROR port range bounds must be between 0 and 65535, got 70000-70000\nexit 2"},
		{"open-port", "ERROR no port or range specified\nexit 2"},
		{"open-port 443 --endpoints web && opened-ports --endpoints", "icmp (*)\n443/tcp (web)\n8083/tcp (*)\n9000-9002/udp (*)"},
		{"close-port 8083/tcp && close-port icmp && close-port 9000-9002/udp && opened-ports --format=json", `["443/tcp"]`},
		{"cat $(resource-get image) && echo", "content"},
		{"basename $(resource-get image)", "image.tgz"},
		{"resource-get missing", "ERROR could not download resource: HTTP request failed: Get https://127.0.0.1:17070/model/UUID/units/unit-tools-0" +
			"/resources/missing: resource \"missing\" not found\nexit 1"},
		{"resource-get", "ERROR missing required resource name\nexit 2"},
		{"state-set a=1 b=2 && state-get", "a: \"1\"\nb: \"2\""},
		{"state-get a", "1"},
		{"state-get none", ""},
		{"state-get none --strict", "ERROR \"none\" not found\nexit 1"},
		{"state-delete a && state-get --format=json", `{"b":"2"}`},
		{"echo '{\"k\":\"v\"}' | state-set --file - && state-get k", "v"},
		{"storage-list", "data/0"},
		{"storage-list many --format=json", "[]"},
		{"storage-get -s data/0 kind", "filesystem"},
		{"test -d $(storage-get -s data/0 location) && echo there", "there"},
		{"storage-get", "ERROR no storage instance specified\nexit 2"},
		{"storage-get -s data/9", "ERROR invalid value \"data/9\" for option -s: storage instance \"data/9\" not found\nexit 2"},
		{"storage-add", "ERROR storage add requires a storage directive\nexit 2"},
		{"action-get", "ERROR not running an action\nexit 1"},
		{"action-set a=b", "ERROR not running an action\nexit 1"},
		{"action-fail", "ERROR not running an action\nexit 1"},
		{"action-set A=b", "ERROR key \"A\" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens\nexit 2"},
		{"credential-get", "ERROR cannot access cloud credentials: permission denied\nexit 1"},
		{"juju-log", "ERROR no message specified\nexit 2"},
		{"application-version-set", "ERROR no version specified\nexit 2"},
		{"secret-get", "ERROR require either a secret URI or label\nexit 2"},
		{"secret-get x", "ERROR secret URI \"x\" not valid\nexit 2"},
		{"secret-get --label none", "ERROR secret URI for consumer label \"none\" not found\nexit 1"},
		{"secret-get 00000000000000000000", "ERROR getting latest secret revision: secret not found\nexit 1"},
		{"secret-get 00000000000000000000 --peek --refresh", "ERROR specify one of --peek or --refresh but not both\nexit 2"},
		{"secret-add", "ERROR missing secret value or filename\nexit 2"},
		{"secret-add s3cret", "ERROR key value \"s3cret\" not valid\nexit 2"},
		{"secret-add K=v", "ERROR key \"K\" not valid\nexit 2"},
		{"secret-add foo=bar --rotate foo", "ERROR rotate policy \"foo\" not valid\nexit 2"},
		{"secret-add foo=bar --owner foo", "ERROR secret owner \"foo\" not valid\nexit 2"},
		{"secret-add foo=bar --expire -1h", "ERROR negative expire duration \"-1h\" not valid\nexit 2"},
		{"secret-grant 00000000000000000000", "ERROR no relation id specified\nexit 2"},
		{"secret-grant 00000000000000000000 -r R", "ERROR secret \"00000000000000000000\" not found\nexit 1"},
		{"secret-revoke 00000000000000000000", "ERROR missing relation or application or unit\nexit 2"},
		{"secret-ids --format=json", "null"},
		{"echo '{\"user\":\"me\",\"pass#base64\":\"aGk=\"}' > $PWD/c.json; u=$(secret-add --file $PWD/c.json --label x); secret-get $u; secret-get $u pass", "pass: hi\nuser: me\nhi"},
		{"printf two > $PWD/v; secret-set $(secret-ids) user#file=$PWD/v && secret-get --label x --refresh", "user: two"},
		{"secret-info-get --label x | grep -v '^[0-9a-v]*:$'", "  revision: 2\n  label: x\n  owner: application\n  rotation: never"},
		{"JUJU_CONTEXT_ID=other is-leader", "ERROR bad request: wrong context ID; got \"other\"\nexit 1"},
		{"is-leader --help", "Usage: is-leader [options]"},
	}
	unit, err := s.m.Unit("tools/0")
	require.NoError(t, err)
	for _, c := range cases {
		replace := strings.NewReplacer("UUID", s.m.UUID(), "ADDRESS", unit.Address)
		command := strings.NewReplacer("-r R", fmt.Sprintf("-r %d", id), "--relation=R", fmt.Sprintf("--relation=%d", id)).Replace(c.command)
		command = strings.ReplaceAll(command, "database:R", fmt.Sprintf("database:%d", id))
		want := strings.ReplaceAll(replace.Replace(c.want), "database:R", fmt.Sprintf("database:%d", id))
		if want != "" {
			want += "\n"
		}
		got := s.run(t, "{ "+command+"\n} || echo exit $?\n")
		assert.Equal(t, want, got, c.command)
	}
}
