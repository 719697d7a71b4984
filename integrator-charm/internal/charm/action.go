package charm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"time"

	"connectcharms/integrator-charm/internal/settings"
)

// maxResult is the most of an answer that becomes a result, in bytes: it stands on a command line of Juju's (see
// hook.ActionSet).
const maxResult = 100 << 10

// actionPatience is how long an action may take, beside the time that it is to wait.
const actionPatience = 5 * time.Minute

// result is what came of an action.
type result struct {
	output []byte // JSON
	failed string // why; empty: it did not
}

// act does what an action asks for. What it changes by hand, the state file's policy may change back: so nothing else is
// done in the same run.
func (u *unit) act(ctx context.Context) error {
	verb, is := verbs[u.Action.Name]
	if !is {
		return u.ActionFail(ctx, "no such action: "+u.Action.Name)
	}
	var p parameters
	if err := u.ActionGet(ctx, &p); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, actionPatience+time.Duration(p.Seconds)*time.Second)
	defer cancel()
	done, err := verb(limited, u, p)
	if err != nil {
		done.failed = err.Error()
	}
	return u.tell(ctx, done)
}

func (u *unit) tell(ctx context.Context, done result) error {
	results := map[string]string{}
	if output := strings.TrimSpace(string(done.output)); len(output) > maxResult {
		results["result"] = strings.ToValidUTF8(output[:maxResult], "")
		results["cut"] = fmt.Sprintf("the first %d of %d bytes", maxResult, len(output))
	} else if output != "" {
		results["result"] = output
	}
	if len(results) > 0 {
		if err := u.ActionSet(ctx, results); err != nil {
			return err
		}
	}
	if done.failed == "" {
		return nil
	}
	return u.ActionFail(ctx, strings.ToValidUTF8(done.failed[:min(len(done.failed), maxResult)], ""))
}

// ask asks the manager over its socket.
func (u *unit) ask(ctx context.Context, method, path string, content any) (result, error) {
	if _, err := os.Stat(u.layout.socket()); err != nil {
		return result{}, errors.New("no Connect Manager runs on this unit: juju status says why")
	}
	var answer json.RawMessage
	err := u.manager.send(ctx, method, path, content, &answer)
	return result{output: answer}, err
}

var errNotConfigured = errors.New("no configuration of Connect Manager on this unit yet: juju status says why")

// run runs the manager's program on the unit's own settings.
func (u *unit) run(ctx context.Context, cluster string, input io.Reader, args ...string) (result, error) {
	file := u.layout.managerFile(settingsFile)
	if _, err := os.Stat(file); err != nil {
		return result{}, errNotConfigured
	}
	command := exec.CommandContext(ctx, u.layout.program(), append([]string{"--config", file, "--output", "json"}, args...)...)
	if cluster != "" {
		command.Args = slices.Insert(command.Args, 1, "--context", cluster)
	}
	environment, err := u.sourceEnvironment()
	if err != nil {
		return result{}, err
	}
	command.Env = append(environment, "LANG=C.UTF-8", "HOME="+u.layout.managerDir(), "PATH="+os.Getenv("PATH"))
	var output, said bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr, command.WaitDelay = input, &output, &said, time.Second
	err = command.Run()
	done := result{output: output.Bytes()}
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		done.failed = strings.TrimSpace(said.String())
		return done, nil
	}
	return done, err
}

// suffix is what the names of connectors in Kafka Connect end in, on a cluster; without a name, on the only one.
func (u *unit) suffix(cluster string) (string, error) {
	given, err := settings.Load(u.layout.managerFile(settingsFile), noEnvironment)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errNotConfigured
	}
	if err != nil {
		return "", err
	}
	context, err := given.Context(cluster)
	return context.NameSuffix, err
}

// sourceEnvironment names the files that credentials for the state file's source are in.
func (u *unit) sourceEnvironment() (environment []string, err error) {
	there, err := readFiles(u.layout.managerDir())
	if err != nil {
		return nil, err
	}
	for name := range there.under(credentialsDir) {
		environment = append(environment, sourceVariable(path.Base(name))+"="+u.layout.managerFile(name))
	}
	return environment, nil
}
