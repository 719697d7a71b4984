package connections

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"time"

	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/connection"
)

// successes are when attempts last got in, as the store has it: all of a status that outlives the process. So that what is refused
// after a restart is known to have expired.
type successes map[system]store.Success

// system is one of a connection.
type system struct {
	id   string
	part connection.Part
}

// rememberEvery is how exact the time is that is kept: not every success is written.
const rememberEvery = time.Hour

func (s successes) read(ctx context.Context, from Keeper) error {
	kept, err := from.Successes(ctx)
	for _, each := range kept {
		s[system{each.ID, connection.Part(each.Part)}] = each
	}
	return err
}

// recall adds to a new status what is known of its very spec.
func (s successes) recall(spec connection.Spec, status connection.Status) connection.Status {
	for _, part := range spec.Parts() {
		if of, is := s[system{spec.ID, part}]; is && of.Spec == digest(spec) {
			status = status.Recall(part, of.At)
		}
	}
	return status
}

// isNews notes a success, and says whether it is to be written.
func (s successes) isNews(spec connection.Spec, part connection.Part, now time.Time) bool {
	of := system{spec.ID, part}
	is := digest(spec)
	if was := s[of]; was.Spec == is && now.Sub(was.At) < rememberEvery {
		return false
	}
	s[of] = store.Success{ID: spec.ID, Part: string(part), Spec: is, At: now}
	return true
}

// forget is for a connection that is deleted: one that is made in its place is another.
func (s successes) forget(id string) {
	maps.DeleteFunc(s, func(of system, _ store.Success) bool { return of.id == id })
}

func digest(spec connection.Spec) string {
	text, err := json.Marshal(spec)
	if err != nil {
		return "" // not reached: a spec is texts
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// writePatience is how long the disk may take.
const writePatience = 5 * time.Second

// remember writes that an attempt got in. Where that fails, the connection is as it is all the same.
func (r *Registry) remember(ctx context.Context, spec connection.Spec, part connection.Part) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writePatience)
	defer cancel()
	of := store.Success{ID: spec.ID, Part: string(part), Spec: digest(spec), At: time.Now()}
	if err := r.store.SaveSuccess(ctx, of); err != nil {
		r.log.Error("it is not kept that a connection got in", "connection", spec.ID, "part", part, "error", err)
	}
}
