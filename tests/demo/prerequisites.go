package demo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// needs lists what the demo takes from the machine beside Go and make, and the Debian package that has it.
var needs = []struct{ program, pkg string }{
	{"java", "openjdk-17-jre-headless"},
	{"mvn", "maven"},
}

// installMissing installs by apt what is missing, where it may, else says exactly what to install.
func installMissing(ctx context.Context, say func(format string, args ...any)) error {
	var missing []string
	for _, need := range needs {
		if need.program == "java" && os.Getenv("JAVA_HOME") != "" {
			continue
		}
		if _, err := exec.LookPath(need.program); err != nil {
			missing = append(missing, need.pkg)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	packages := strings.Join(missing, " ")
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("missing on this machine: %s\n  install it first, on Debian or Ubuntu: sudo apt-get install %s", packages, packages)
	}
	say("installing %s (apt-get)", packages)
	for _, arguments := range [][]string{{"update", "-q"}, append([]string{"install", "-y", "-q", "--no-install-recommends"}, missing...)} {
		command := exec.CommandContext(ctx, "apt-get", arguments...)
		command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(arguments, " "), err, out)
		}
	}
	return nil
}
