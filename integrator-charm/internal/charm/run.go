package charm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/supervisor"
)

// startPatience is how long a hook waits for a manager that was just started to answer.
const startPatience = 10 * time.Second

// observeManager finds out how the manager is.
func (u *unit) observeManager(ctx context.Context, w *World) error {
	program, err := os.Stat(u.layout.program())
	if err != nil {
		return fmt.Errorf("find the manager's program: %w", err)
	}
	w.Program = Program{Size: program.Size(), ModTime: program.ModTime().UnixNano()}
	states, err := u.supervisor.Services(ctx)
	if err != nil {
		return err
	}
	state := states[managerService]
	w.Manager.Running = state.Running()
	if state.Died() {
		w.Manager.Died = u.lastWords()
	}
	if w.Manager.Files, err = readFiles(u.layout.managerDir()); err != nil {
		return err
	}
	if _, is := w.Manager.Files[settingsFile]; is {
		given, err := settings.Load(u.layout.managerFile(settingsFile), noEnvironment)
		if err == nil { // one that cannot be read is written anew
			w.Manager.Given = given
		}
	}
	w.Manager.Note, err = readNote(u.layout.noteFile())
	return err
}

// noEnvironment is that of who reads the manager's settings as they stand in the file.
func noEnvironment(string) (string, bool) { return "", false }

// lastWords is the last line that a manager wrote that ended by itself.
func (u *unit) lastWords() string {
	lines, err := u.supervisor.Logs(managerService, 1)
	if err != nil || len(lines) == 0 {
		return "see its log: pebble logs"
	}
	return strings.TrimSpace(lines[0])
}

func readNote(file string) (n note, err error) {
	document, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	if err == nil {
		_ = json.Unmarshal(document, &n) // a damaged one is none
	}
	return n, err
}

func (n note) write(file string) error {
	document, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return atomicfile.Write(file, document, 0o600)
}

// runManager gives the manager what it is to have, where that is not what it has, and has it run.
func runManager(w *World) Step {
	want := w.wantedManager()
	switch {
	case want == nil && (w.Manager.Running || w.Manager.Died != "" || w.hasLeftovers()):
		return w.once("halt", HaltManager{})
	case want != nil && (want.note != w.Manager.Note || !w.Manager.Running):
		return w.once("run", RunManager{want})
	}
	return nil
}

// hasLeftovers says whether there are files of relations that are gone.
func (w *World) hasLeftovers() bool { return len(w.leftovers()) > 0 }

// leftovers are the files of relations that are gone.
func (w *World) leftovers() files {
	left := w.Manager.Files.under(clustersDir)
	for _, cluster := range w.Clusters {
		for name := range left.under(clustersDir + "/" + cluster.Relation.String()) {
			delete(left, name)
		}
	}
	return left
}

// RunManager has the manager run with what it is to have.
type RunManager struct{ *wanted }

func (s RunManager) Apply(ctx context.Context, u *unit, w *World) error {
	wasRunning, before := w.Manager.Running, w.Manager.Note
	if err := s.files.write(u.layout.managerDir(), w.Manager.Files); err != nil {
		return fmt.Errorf("write the manager's files: %w", err)
	}
	if err := u.supervisor.Ensure(ctx, supervisor.Plan{Services: map[string]supervisor.Service{managerService: s.service}}); err != nil {
		return err
	}
	if err := u.putIntoForce(ctx, w, wasRunning, before.Service == s.note.Service); err != nil {
		return err
	}
	keep, drop := s.files, w.Manager.Files
	if w.Manager.Refused != "" { // it may start again, and is then to find what it goes on with
		keep, drop = w.Manager.Files, s.files
		if err := keep.write(u.layout.managerDir(), drop); err != nil {
			return fmt.Errorf("write the manager's files back: %w", err)
		}
	} else if err := s.note.write(u.layout.noteFile()); err != nil {
		return err
	}
	if err := keep.removeOthers(u.layout.managerDir(), drop); err != nil {
		return err
	}
	w.Manager.Changed = true
	return u.observeManager(ctx, w)
}

// putIntoForce has a manager that ran read its files again, or start anew where it is run in another way, and waits until
// it answers.
func (u *unit) putIntoForce(ctx context.Context, w *World, wasRunning, sameService bool) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if wasRunning && sameService {
		err := u.manager.reload(ctx)
		if refusal := new(refusal); errors.As(err, &refusal) && refusal.Status == http.StatusBadRequest {
			w.Manager.Refused = refusal.Message
			return nil
		}
		if err == nil {
			return nil
		}
		u.log.Warn("the manager is started anew", "error", err)
	}
	if wasRunning {
		if err := u.supervisor.Restart(ctx, managerService); err != nil {
			return err
		}
	}
	if err := u.manager.awaitAnswer(ctx); err != nil {
		u.log.Warn("the manager does not answer", "error", err) // its state, and its log, say why
	}
	return nil
}

// HaltManager stops the manager, and removes what it had of relations that are gone. The rest it may have to go on with.
type HaltManager struct{}

func (HaltManager) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.supervisor.Halt(ctx, managerService); err != nil {
		return err
	}
	if u.supervisor.Running() { // so that it does not come back with the machine
		if err := u.supervisor.Ensure(ctx, supervisor.Plan{Services: map[string]supervisor.Service{}}); err != nil {
			return err
		}
	}
	if err := (files{}).removeOthers(u.layout.managerDir(), w.leftovers()); err != nil {
		return err
	}
	return u.observeManager(ctx, w)
}
