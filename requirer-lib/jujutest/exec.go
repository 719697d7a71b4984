package jujutest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// execProgram is where Juju puts its command juju-exec, on machines and in the charm's container alike.
const execProgram = "usr/bin/juju-exec"

// execRun is one run of juju-exec: a shell's commands that wait until their unit is free, and what came of them.
type execRun struct {
	commands string
	done     chan struct{} // closed when all below is there

	code           int
	stdout, stderr string
}

// writeExec puts juju-exec into the unit's file system. It finds its unit's agent without a hook's environment: who calls it
// is a daemon of the charm's.
func (u *unit) writeExec(tools string) error {
	path := filepath.Join(u.root, execProgram)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the unit's juju-exec: %w", err)
	}
	any := toolNames()[0] // they are all one program
	script := fmt.Sprintf("#!/bin/sh\nJUJUTEST_EXEC_SOCKET='%s' exec '%s' \"$@\"\n", u.socketPath(), filepath.Join(tools, any))
	if err := writeFile(path, strings.NewReader(script), 0o755); err != nil {
		return fmt.Errorf("make the unit's juju-exec: %w", err)
	}
	return nil
}

// exec answers juju-exec: it waits for a Settle to run the commands. Whoever asked may have gone by then; they run all the
// same, as they do in Juju.
func (u *unit) exec(call *toolCall) int {
	name, commands, err := execWords(call.args)
	if err != nil {
		return call.refuse(2, err)
	}
	if name != u.name && name != filepath.Base(u.agentDir()) {
		return call.refuse(1, fmt.Errorf("unit %q not found on this machine", name))
	}
	run := &execRun{commands: commands, done: make(chan struct{})}
	u.model.mu.Lock()
	u.commands = append(u.commands, run)
	u.model.changed.Broadcast()
	u.model.mu.Unlock()
	select {
	case <-run.done:
	case <-u.model.life.Done():
		return call.refuse(1, errors.New("command execution aborted"))
	}
	call.stdout.WriteString(run.stdout)
	call.stderr.WriteString(run.stderr)
	return run.code
}

// execWords reads juju-exec's command line: -u UNIT or UNIT, by its name or its tag, and the shell's commands.
func execWords(args []string) (unit, commands string, err error) {
	switch {
	case len(args) > 1 && args[0] == "-u":
		unit, args = args[1], args[2:]
	case len(args) > 0:
		unit, args = args[0], args[1:]
	default:
		return "", "", errors.New("missing unit-name")
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	switch len(args) {
	case 0:
		return "", "", errors.New("missing commands")
	case 1:
		return unit, args[0], nil // it may be several words, which Juju then leaves as they are
	}
	for i, word := range args {
		args[i] = "'" + strings.ReplaceAll(word, "'", `'"'"'`) + "'"
	}
	return unit, strings.Join(args, " "), nil
}

// commandsHook is the commands that wait to be run in the unit's context, also in one that is in an error state.
func (u *unit) commandsHook() *hookInfo {
	if !u.installed || len(u.commands) == 0 {
		return nil
	}
	return &hookInfo{kind: kindExec, exec: u.commands[0]}
}

// runCommands runs them as Juju does: by a shell in the charm's directory. What the shell's exit code is, is for who asked.
func runCommands(ctx context.Context, c *hookContext, env []string) outcome {
	result := runProcess(ctx, c, process{path: "/bin/bash", args: []string{"-s"}, stdin: c.info.exec.commands}, env)
	if result.exit > 0 {
		result.err = nil
	}
	return result
}

// finishExec tells who waits what came of the commands. What their hook tools wrote could not be kept where there is an error.
func (u *unit) finishExec(run *execRun, result outcome) {
	u.commands = u.commands[1:]
	run.code, run.stdout, run.stderr = result.exit, result.stdout, result.stderr
	if result.err != nil {
		run.code = 1
		run.stderr += fmt.Sprintf("ERROR r.runner.RunCommands: %v\n", result.err)
	}
	close(run.done)
}
