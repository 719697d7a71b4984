package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// substrate is what kafka-connect lives on. All in which the tests' stages differ is here.
type substrate struct {
	charm     func() string            // directory of the built charm
	resources func() map[string]string // that it needs
	data      func(unit string) string // where a unit has its files, below its root
	seen      string                   // what the services take for that root, below it
}

var machines = substrate{
	charm:     func() string { return parts.built.KafkaConnect },
	resources: func() map[string]string { return map[string]string{"kafka": parts.kafka.Archive} },
	data:      func(unit string) string { return filepath.Join("var/lib", strings.ReplaceAll(unit, "/", "-")) },
}

var kubernetes = substrate{
	charm:     func() string { return parts.built.KafkaConnectK8s },
	resources: func() map[string]string { return map[string]string{"kafka-connect-image": parts.image} },
	data:      func(string) string { return "var/lib/kafka-connect" },
	seen:      "charm/containers/kafka-connect/root",
}

// onEach runs a test on each substrate.
func onEach(t *testing.T, test func(t *testing.T, s *stage)) {
	t.Parallel()
	for name, on := range map[string]substrate{"machines": machines, "kubernetes": kubernetes} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newStageOn(t, on))
		})
	}
}

// canIsolate says whether containers can be kept from seeing the charm's files, as those of pods are.
func canIsolate() bool {
	return os.Geteuid() == 0 && exec.Command("unshare", "--mount", "true").Run() == nil
}
