package charm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/hook"
)

// The steps of overlays, each for one relation.
type (
	// TakeOverlays gives this unit's manager what Juju keeps.
	TakeOverlays struct{ Relation hook.RelationID }
	// LookAtOverlays asks the manager what it has, and the provider's units what they have of it.
	LookAtOverlays struct{ Relation hook.RelationID }
	// KeepOverlays has Juju keep what the manager has.
	KeepOverlays struct{ Relation hook.RelationID }
	// BringSecrets has the provider bring files to its workers.
	BringSecrets struct {
		Relation hook.RelationID
		Content  connectorsecrets.Content
	}
	// TellDelivered tells the manager that every worker has the files of a version.
	TellDelivered struct {
		Relation hook.RelationID
		Version  int64
	}
	// ForgetOverlays removes the secrets of relations that are gone.
	ForgetOverlays struct{}
	// ForgetRevision removes what nobody reads any more.
	ForgetRevision struct {
		URI      string
		Revision int
	}
)

const (
	overlaysLabel = "overlays-"
	overlaysKey   = "overlays" // of the secret
)

func labelOf(relation hook.RelationID) string { return overlaysLabel + relation.String() }

// observeOverlays reads what Juju keeps. Only the leader may.
func (u *unit) observeOverlays(ctx context.Context, w *World) error {
	if !w.Leader {
		return nil
	}
	taken, err := readTaken(u.layout.takenFile())
	if err != nil {
		return err
	}
	for i := range w.Clusters {
		cluster := &w.Clusters[i]
		if cluster.Overlays, err = u.keptOverlays(ctx, cluster.Relation); err != nil {
			return err
		}
		cluster.Overlays.Taken = taken[cluster.Relation.String()]
	}
	return nil
}

func (u *unit) keptOverlays(ctx context.Context, relation hook.RelationID) (found Overlays, err error) {
	info, err := u.SecretInfoByLabel(ctx, labelOf(relation))
	if hook.IsNotFound(err) {
		return found, nil
	}
	if err != nil {
		return found, err
	}
	found.Secret = info.ID
	content, err := u.SecretGet(ctx, "secret:"+info.ID, hook.Peek)
	if err != nil {
		return found, err
	}
	if found.Kept, err = readKept(content[overlaysKey]); err != nil {
		found.Problem, found.unreadable = err.Error(), true
	}
	return found, nil
}

func (s TakeOverlays) Apply(ctx context.Context, u *unit, w *World) error {
	cluster := w.cluster(s.Relation)
	overlays := &cluster.Overlays
	if err := u.manager.importOverlays(ctx, cluster.Provider, overlays.Kept); err != nil {
		overlays.Problem = fmt.Sprintf("Connect Manager does not take the overlays that Juju keeps: %v", err)
		return ctx.Err()
	}
	overlays.Has = nil
	w.tried.Forget("look at overlays " + s.Relation.String())
	w.tried.Forget("run") // it may work now
	return u.noteTaken(overlays, s.Relation, overlays.Kept)
}

// Apply waits for a manager that Pebble has just started again.
func (s LookAtOverlays) Apply(ctx context.Context, u *unit, w *World) error {
	limited, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if err := u.manager.awaitAnswer(limited); err != nil {
		u.log.Warn("the manager does not answer", "error", err)
		return ctx.Err()
	}
	cluster := w.cluster(s.Relation)
	has, err := u.manager.exportOverlays(ctx, cluster.Provider)
	if err != nil {
		u.log.Warn("overlays", "cluster", cluster.Provider, "error", err)
		return ctx.Err()
	}
	cluster.Overlays.Has = &has
	if len(has.Files) > 0 && !cluster.Place.IsZero() {
		cluster.Overlays.Held, err = u.connections[s.Relation].SecretsHeld(ctx)
	}
	return err
}

func (s KeepOverlays) Apply(ctx context.Context, u *unit, w *World) error {
	overlays := &w.cluster(s.Relation).Overlays
	text := overlays.Has.text()
	if len(text.Reveal()) > mostKept {
		overlays.Problem = fmt.Sprintf("overlays have more than the %d bytes that Juju keeps: clear some", mostKept)
		return nil
	}
	content := hook.SecretContent{overlaysKey: text}
	var err error
	if overlays.Secret == "" {
		_, err = u.SecretAdd(ctx, content, hook.SecretOptions{Label: labelOf(s.Relation), Description: "what connectors have changed of their configuration"})
	} else {
		err = u.SecretSet(ctx, "secret:"+overlays.Secret, content, hook.SecretOptions{})
	}
	if err != nil {
		return err
	}
	return u.noteTaken(overlays, s.Relation, *overlays.Has)
}

// noteTaken writes down that this unit's manager has what is kept. Should the hook fail, it takes it once more, which changes
// nothing.
func (u *unit) noteTaken(overlays *Overlays, relation hook.RelationID, kept document) error {
	overlays.Kept, overlays.Taken = kept, kept.digest()
	taken, err := readTaken(u.layout.takenFile())
	if err != nil {
		return err
	}
	taken[relation.String()] = overlays.Taken
	text, err := json.Marshal(taken)
	if err != nil {
		return err
	}
	return atomicfile.Write(u.layout.takenFile(), text, 0o600)
}

// readTaken reads the digests of what this unit's manager has taken, by relation.
func readTaken(file string) (map[string]string, error) {
	taken := map[string]string{}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return taken, nil
	}
	if err == nil && json.Unmarshal(text, &taken) != nil {
		taken = map[string]string{} // a damaged one is none
	}
	return taken, err
}

func (s BringSecrets) Apply(ctx context.Context, u *unit, w *World) error {
	if err := s.Content.Check(); err != nil {
		w.cluster(s.Relation).Overlays.Problem = fmt.Sprintf("secrets of connectors cannot be brought to the workers: %v", err)
		return nil
	}
	return u.client.BringSecrets(ctx, s.Relation, s.Content)
}

func (s TellDelivered) Apply(ctx context.Context, u *unit, w *World) error {
	cluster := w.cluster(s.Relation)
	if err := u.manager.delivered(ctx, cluster.Provider, s.Version); err != nil {
		u.log.Warn("overlays", "cluster", cluster.Provider, "delivered", s.Version, "error", err)
	}
	return ctx.Err()
}

func (ForgetOverlays) Apply(ctx context.Context, u *unit, w *World) error {
	ids, err := u.SecretIDs(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range ids {
		info, err := u.SecretInfo(ctx, "secret:"+id)
		if err == nil && w.isLeftOver(info.Label) {
			err = u.SecretRemove(ctx, "secret:"+id, 0)
		}
		if err != nil && !hook.IsNotFound(err) {
			failed = append(failed, err)
		}
	}
	failed = append(failed, u.client.RemoveSecrets(ctx))
	return errors.Join(failed...)
}

// isLeftOver says whether a label is that of the overlays of a relation that is gone.
func (w *World) isLeftOver(label string) bool {
	number, is := strings.CutPrefix(label, overlaysLabel)
	relation, err := strconv.Atoi(number)
	return is && err == nil && w.cluster(hook.RelationID(relation)) == nil
}

func (s ForgetRevision) Apply(ctx context.Context, u *unit, _ *World) error {
	if err := u.SecretRemove(ctx, s.URI, s.Revision); err != nil && !hook.IsNotFound(err) {
		return err
	}
	return nil
}
