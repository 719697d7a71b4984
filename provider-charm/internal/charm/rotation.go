package charm

import (
	"context"
	"fmt"
	"slices"
	"time"

	"connectcharms/requirer-lib/hook"
)

// Rotation is how far a change of password is.
//
//	BeginRotation ──► the next password lies in a secret of its own; every gateway is to accept both
//	AnnouncePassword ──► once they do: it becomes a new revision of the secret that the client reads
//	EndRotation ──► once the overlap is over, or no client reads the old revision any more: the old password opens nothing
type Rotation struct {
	Secret string    `json:"secret,omitempty"` // ID of the secret with the next password, until it is announced
	Revoke bool      `json:"revoke,omitempty"` // the old one is to end with the announcement
	Ends   time.Time `json:"ends,omitzero"`    // when the old one ends, once the next is announced
}

// policies are how often Juju asks for a rotation.
var policies = []string{"never", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly"}

// maxOverlap is two weeks: one that outlives the holidays of whoever has to act, and not the reason to rotate.
const maxOverlap = 14 * 24 * 60

// readRotationConfig reads how often passwords change, and how long both work.
func readRotationConfig(config *Config, options hook.Config, _ hook.Event) (problem string) {
	minutes, problem := within(options, "credentials-overlap", 0, maxOverlap)
	config.Overlap = time.Duration(minutes) * time.Minute
	config.RotationPolicy = or(options.String("credentials-rotation"), "never")
	if !slices.Contains(policies, config.RotationPolicy) {
		return fmt.Sprintf("config credentials-rotation is %.20q: set it to one of %v", config.RotationPolicy, policies)
	}
	return problem
}

// setPolicies has Juju ask for rotations as often as the operator wants.
func setPolicies(w *World) Step {
	if !w.Leader || w.Config.Problem != "" {
		return nil
	}
	all := w.credentials()
	var due []Step
	for _, name := range sortedKeys(all) {
		if or(all[name].Policy, "never") != w.Config.RotationPolicy {
			due = append(due, SetPolicy{Username: name, Secret: all[name].Secret, Policy: w.Config.RotationPolicy})
		}
	}
	return inOne(due)
}

// SetPolicy sets how often Juju asks for a rotation.
type SetPolicy struct{ Username, Secret, Policy string }

func (s SetPolicy) Apply(ctx context.Context, u *unit, w *World) error {
	if err := u.SecretSet(ctx, "secret:"+s.Secret, nil, hook.SecretOptions{Rotate: s.Policy}); err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		shared.changeCredentials(s.Username, func(c *Credentials) { c.Policy = s.Policy })
	})
}

// beginRotations begins the one that Juju asks for.
func beginRotations(w *World) Step {
	name, credentials := w.secretOfEvent()
	if w.Event.Kind != hook.SecretRotate || !w.Leader || name == "" || credentials.Rotation != nil {
		return nil
	}
	return w.once("rotate "+name, BeginRotation{Username: name})
}

// secretOfEvent finds the credentials that a hook about a secret is about.
func (w *World) secretOfEvent() (name string, credentials Credentials) {
	if w.Event.Secret == nil {
		return "", Credentials{}
	}
	id, err := secretID(w.Event.Secret.URI)
	if err != nil {
		return "", Credentials{}
	}
	all := w.credentials()
	for _, name := range sortedKeys(all) {
		if all[name].Secret == id {
			return name, all[name]
		}
	}
	return "", Credentials{}
}

// BeginRotation makes the next password of an account.
type BeginRotation struct {
	Username string
	Revoke   bool
}

func (s BeginRotation) Apply(ctx context.Context, u *unit, w *World) error {
	id, hash, err := u.addPassword(ctx, s.Username, s.Username+".next")
	if err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		shared.changeCredentials(s.Username, func(c *Credentials) {
			c.Account.Previous, c.Account.Hash = c.Account.Hash, hash
			c.Rotation = &Rotation{Secret: id, Revoke: s.Revoke}
		})
	})
}

// goOnWithRotations announces passwords that every gateway accepts, and ends old ones.
func goOnWithRotations(w *World) Step {
	if !w.Leader {
		return nil
	}
	all := w.credentials()
	acceptedEverywhere := len(w.behindWithAccounts()) == 0
	var due []Step
	for _, name := range sortedKeys(all) {
		switch rotation := all[name].Rotation; {
		case rotation == nil:
		case rotation.Secret != "" && acceptedEverywhere:
			due = append(due, AnnouncePassword{Username: name, Secret: all[name].Secret, Next: rotation.Secret})
		case rotation.Secret == "" && w.overlapIsOver(name, *rotation):
			due = append(due, EndRotation{Username: name})
		}
	}
	return inOne(due)
}

// behindWithAccounts lists the units whose gateway does not accept the present accounts yet.
func (w *World) behindWithAccounts() []string {
	revision := w.accounts().Revision()
	units := w.units()
	return slices.DeleteFunc(sortedKeys(units), func(unit string) bool { return units[unit].Accounts == revision })
}

// overlapIsOver says so also before its time, when Juju says that nobody reads the old revision; and where that lies further ahead than
// any overlap is long, for it was set by a clock that was ahead and has been put right.
func (w *World) overlapIsOver(name string, rotation Rotation) bool {
	about, _ := w.secretOfEvent()
	left := rotation.Ends.Sub(w.Now)
	return left <= 0 || left > maxOverlap*time.Minute || w.Event.Kind == hook.SecretRemove && about == name
}

// AnnouncePassword gives the next password to those who read the secret.
type AnnouncePassword struct{ Username, Secret, Next string }

func (s AnnouncePassword) Apply(ctx context.Context, u *unit, w *World) error {
	content, err := u.SecretGet(ctx, "secret:"+s.Next, hook.Peek)
	if err != nil {
		return err
	}
	if err := u.SecretSet(ctx, "secret:"+s.Secret, content, hook.SecretOptions{}); err != nil {
		return err
	}
	if err := u.SecretRemove(ctx, "secret:"+s.Next, 0); err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		shared.changeCredentials(s.Username, func(c *Credentials) {
			ends := w.Now.Add(w.Config.Overlap)
			if c.Rotation.Revoke {
				ends = w.Now
			}
			c.Rotation = &Rotation{Ends: ends.UTC().Truncate(time.Second)}
		})
	})
}

// EndRotation ends the old password.
type EndRotation struct{ Username string }

func (s EndRotation) Apply(ctx context.Context, u *unit, w *World) error {
	return u.share(ctx, w, func(shared *Shared) {
		shared.changeCredentials(s.Username, func(c *Credentials) {
			c.Account.Previous, c.Rotation = "", nil
		})
	})
}

// rotationStatus tells what a rotation waits for.
func rotationStatus(w *World) (hook.Status, bool) {
	all := w.credentials()
	for _, name := range sortedKeys(all) {
		if rotation := all[name].Rotation; w.Leader && rotation != nil && rotation.Secret != "" {
			return waiting("the gateway of %v, to change the password of %s", w.behindWithAccounts(), name)
		}
	}
	return hook.Status{}, false
}

// rotateCredentials is the action of that name.
func rotateCredentials(ctx context.Context, u *unit, w *World) (map[string]string, error) {
	if !w.Leader {
		return nil, refuse("only the leader changes passwords: run it on %s/leader", u.Application())
	}
	var wish struct {
		Client string `json:"client"`
		Revoke bool   `json:"revoke"`
	}
	if err := u.ActionGet(ctx, &wish); err != nil {
		return nil, err
	}
	names := w.rotatable(wish.Client)
	if len(names) == 0 {
		return nil, refuse("no credentials of %q: name an application or a relation id that list-clients lists, operator, or all", wish.Client)
	}
	results := map[string]string{}
	all := w.credentials()
	var due batch
	for _, name := range names {
		if all[name].Rotation != nil {
			results[name] = "its password is being changed already"
			continue
		}
		due = append(due, BeginRotation{Username: name, Revoke: wish.Revoke})
		results[name] = "its next password is made, and announced once every gateway accepts it"
	}
	return results, due.Apply(ctx, u, w)
}

// rotatable are the user names that an operator means.
func (w *World) rotatable(meant string) []string {
	var names []string
	for name := range w.credentials() {
		if meant == "all" || meant == name {
			names = append(names, name)
		}
	}
	for _, client := range w.Clients {
		if meant == client.App || meant == client.Key.Relation.String() {
			names = append(names, client.Key.Username())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// getOperatorPassword is the action of that name. It tells where the password is, never the password: what an action
// answers is kept and shown to all who may read the model.
func getOperatorPassword(_ context.Context, _ *unit, w *World) (map[string]string, error) {
	if w.Shared.Operator == nil {
		return nil, refuse("the charm has not made its own account yet")
	}
	id := "secret:" + w.Shared.Operator.Secret
	return map[string]string{"username": operatorName, "secret": id, "reveal": "juju show-secret --reveal " + id}, nil
}
