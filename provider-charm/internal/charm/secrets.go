package charm

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"connectcharms/provider-charm/internal/secretfiles"
	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// ConnectorSecrets are the secret values that one relation's connectors refer to.
type ConnectorSecrets struct {
	Named   bool                      // the requirer names a secret, or may: what it says cannot be read
	Wanted  *connectorsecrets.Content // what is in the secret; nil: not known now
	Problem string                    // why it is not
	Lasts   bool                      // somebody has to do something about it
	OnDisk  bool                      // there is something of it
	Have    *connectorsecrets.Content // what is there; nil: nothing that is whole
}

// SecretsReport is what a unit has of one relation's secrets.
type SecretsReport struct {
	Version int64  `json:"version,omitempty"` // that its worker can read; the requirer was told so
	Problem string `json:"problem,omitempty"`
	Lasts   bool   `json:"lasts,omitempty"`
}

func (u *unit) observeSecrets(ctx context.Context, w *World) error {
	onDisk, err := u.secrets.Relations()
	if err != nil {
		return err
	}
	w.Secrets = map[hook.RelationID]ConnectorSecrets{}
	for _, id := range onDisk {
		w.Secrets[id] = ConnectorSecrets{OnDisk: true}
	}
	for _, relation := range w.Relations {
		if w.Secrets[relation.ID], err = u.observeSecretsOf(ctx, relation, w.Secrets[relation.ID]); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) observeSecretsOf(ctx context.Context, relation connectprovider.Relation, secrets ConnectorSecrets) (ConnectorSecrets, error) {
	if secrets.OnDisk {
		have, whole, err := u.secrets.Read(relation.ID)
		if err != nil {
			return secrets, err
		}
		if whole {
			secrets.Have = &have
		}
	}
	wanted, named, err := u.clients.ConnectorSecrets(ctx, relation)
	secrets.Named = named || relation.Unclear || isOfSecrets(relation.Problem)
	unreadable, is := errors.AsType[*connectprovider.UnreadableError](err)
	switch {
	case is:
		secrets.Problem, secrets.Lasts = unreadable.Reason, unreadable.Lasts
	case err != nil:
		return secrets, err
	case named:
		secrets.Wanted = &wanted
	}
	return secrets, nil
}

// isOfSecrets says whether it is what the requirer says of its secrets that breaks a rule.
func isOfSecrets(problem error) bool {
	return slices.ContainsFunc(schemas.Problems(problem), func(p *schemas.FieldError) bool { return p.Key == "connector-secrets" })
}

func (s ConnectorSecrets) isCurrent() bool { return s.Have != nil && s.Have.Equal(*s.Wanted) }

// keepSecrets makes the files what the requirers want them to be. What cannot be read now leaves them as they are.
func keepSecrets(w *World) Step {
	var due []Step
	for _, id := range sortedKeys(w.Secrets) {
		var step Step
		switch secrets := w.Secrets[id]; {
		case !secrets.Named && secrets.OnDisk:
			step = RemoveSecrets{ID: id}
		case secrets.Wanted != nil && !secrets.isCurrent():
			step = WriteSecrets{ID: id, Content: *secrets.Wanted}
		}
		if step == nil {
			continue
		}
		if step = w.once("secrets "+id.String(), step); step != nil {
			due = append(due, step)
		}
	}
	return inOne(due)
}

// WriteSecrets makes these the files of a relation.
type WriteSecrets struct {
	ID      hook.RelationID
	Content connectorsecrets.Content
}

func (s WriteSecrets) Apply(_ context.Context, u *unit, w *World) error {
	secrets := w.Secrets[s.ID]
	if err := u.secrets.Write(s.ID, s.Content); err != nil {
		u.log.Error("a relation's connector secrets are not written; tried again in the next hook", "relation", s.ID, "error", err)
		secrets.Problem = "connector-secrets: " + err.Error()
	} else {
		secrets.Have, secrets.OnDisk = &s.Content, true
	}
	w.Secrets[s.ID] = secrets
	w.reportSecrets()
	return nil
}

// RemoveSecrets removes the files of a relation that is gone, or wants none.
type RemoveSecrets struct{ ID hook.RelationID }

func (s RemoveSecrets) Apply(_ context.Context, u *unit, w *World) error {
	if err := u.secrets.Remove(s.ID); err != nil {
		return err
	}
	delete(w.Secrets, s.ID)
	w.reportSecrets()
	return nil
}

// reportSecrets brings this unit's report up to date. A worker that was started by an earlier version of this charm reads no
// secrets, whatever is there.
func (w *World) reportSecrets() {
	w.Own.Secrets = nil
	for id, secrets := range w.Secrets {
		report := SecretsReport{Problem: secrets.Problem, Lasts: secrets.Lasts}
		reads := !w.Services.WorkerRunning || w.Services.Started.ReadsSecrets
		if reads && secrets.Named && secrets.Have != nil && w.areNoted(id) {
			report.Version = secrets.Have.Version
		}
		if report == (SecretsReport{}) {
			continue
		}
		if w.Own.Secrets == nil {
			w.Own.Secrets = map[hook.RelationID]SecretsReport{}
		}
		w.Own.Secrets[id] = report
	}
}

// noteSecrets has all units know whose connectors refer to secrets, before any unit tells a requirer that it has them: a new
// unit then knows at once what its worker has to wait for.
func noteSecrets(w *World) Step {
	if !w.Leader || w.PeerRelation == nil {
		return nil
	}
	var noted []hook.RelationID
	for _, relation := range w.Relations {
		secrets := w.Secrets[relation.ID]
		if has := secrets.Wanted != nil && secrets.Wanted.Version > 0; secrets.Named && (has || w.areNoted(relation.ID)) {
			noted = append(noted, relation.ID)
		}
	}
	if slices.Equal(noted, w.Shared.Secrets) {
		return nil
	}
	return NoteSecrets{Relations: noted}
}

// NoteSecrets has all units know whose connectors refer to secrets.
type NoteSecrets struct{ Relations []hook.RelationID }

func (s NoteSecrets) Apply(ctx context.Context, u *unit, w *World) error {
	err := u.share(ctx, w, func(shared *Shared) { shared.Secrets = s.Relations })
	w.reportSecrets()
	return err
}

func (w *World) areNoted(id hook.RelationID) bool { return slices.Contains(w.Shared.Secrets, id) }

// acknowledgeSecrets tells requirers which version this unit's worker can read. What they were told stands in the report that
// was sent in the same hook: so nothing has to be asked.
func acknowledgeSecrets(w *World) Step {
	if w.PeerRelation == nil {
		return nil
	}
	var due []Step
	for _, relation := range w.Relations {
		if version := w.Own.Secrets[relation.ID].Version; version != w.Acknowledged[relation.ID] {
			due = append(due, AcknowledgeSecrets{ID: relation.ID, Version: version})
		}
	}
	return inOne(due)
}

// AcknowledgeSecrets tells a requirer which version this unit's worker can read.
type AcknowledgeSecrets struct {
	ID      hook.RelationID
	Version int64
}

func (s AcknowledgeSecrets) Apply(ctx context.Context, u *unit, w *World) error {
	w.Acknowledged[s.ID] = s.Version
	return u.clients.AcknowledgeSecrets(ctx, s.ID, s.Version)
}

// missingSecrets names a requirer whose connectors may refer to secrets that are not here. A worker that takes up their tasks
// gives them the reference in the secret's place: it does not begin before.
func (w *World) missingSecrets() (app string) {
	for _, relation := range w.Relations {
		if secrets := w.Secrets[relation.ID]; secrets.Named && secrets.Have == nil && w.areNoted(relation.ID) {
			return or(relation.App, "relation "+relation.ID.String())
		}
	}
	return ""
}

// whySecretsMiss is why some are not here, where that is known.
func (w *World) whySecretsMiss() string {
	for _, relation := range w.Relations {
		if problem := w.Secrets[relation.ID].Problem; problem != "" {
			return problem
		}
	}
	return "they are not read yet"
}

// otherModel is how Juju calls an application of another model where that has consumed an offer.
var otherModel = regexp.MustCompile(`^remote-[0-9a-f]{32}$`)

// secretsPlace is where workers have a relation's secrets. A requirer of another model cannot grant one.
func secretsPlace(relation connectprovider.Relation) schemas.SecretsPlace {
	if otherModel.MatchString(relation.App) {
		return schemas.SecretsPlace{}
	}
	return secretfiles.Place(relation.ID)
}

// secretsTrouble is why a unit does not have a relation's secrets.
func (w *World) secretsTrouble(id hook.RelationID) []schemas.StatusEntry {
	units := w.units()
	for _, unit := range sortedKeys(units) {
		secrets := units[unit].Secrets[id]
		switch {
		case secrets.Problem == "":
			continue
		case secrets.Lasts:
			return []schemas.StatusEntry{{Code: schemas.LastingTrouble, Message: secrets.Problem, Resolution: "correct the secret"}}
		}
		return []schemas.StatusEntry{{Code: schemas.PassingTrouble, Message: secrets.Problem, Resolution: "grant the secret to the relation; the workers go on with what they have"}}
	}
	return nil
}
