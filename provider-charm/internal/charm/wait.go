package charm

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
)

// Wait is what the unit waits for, in the words of its status, and since when.
type Wait struct {
	For   string    `json:"for"`
	Since time.Time `json:"since"`
}

// goOn is the wait of a status: the one before, where it is for the same.
func (w Wait) goOn(status hook.Status, now time.Time) Wait {
	switch {
	case status.Name != hook.Waiting:
		return Wait{}
	case status.Message == w.For:
		return w
	}
	return Wait{For: status.Message, Since: now.UTC().Truncate(time.Second)}
}

// since is the wait with its begin, which unlike its length does not change the status in every hook.
func (w Wait) since(now time.Time) string {
	layout := "15:04 UTC"
	if now.Sub(w.Since) >= 24*time.Hour {
		layout = "2 Jan 15:04 UTC"
	}
	return w.For + " (since " + w.Since.Format(layout) + ")"
}

// setStatus sets the unit's status; a wait with its begin, which the unit remembers in a file. A full disk costs the begin.
func (u *unit) setStatus(ctx context.Context, status hook.Status, now time.Time) error {
	before, _ := os.ReadFile(u.layout.waitFile())
	var noted Wait
	_ = json.Unmarshal(before, &noted) // a damaged note costs a begin
	wait := noted.goOn(status, now)
	if wait != noted {
		document, err := json.Marshal(wait)
		if err != nil {
			return err
		}
		if err := atomicfile.Write(u.layout.waitFile(), document, 0o600); err != nil && !reconcile.IsDiskFull(err) {
			return err
		}
	}
	if wait.For != "" {
		status.Message = wait.since(now)
	}
	return u.StatusSet(ctx, status)
}
