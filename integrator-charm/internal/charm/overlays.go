package charm

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"connectcharms/integrator-charm/internal/settings"
	"connectcharms/requirer-lib/connectclient"
	"connectcharms/requirer-lib/connectorsecrets"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// Overlays are what connectors have changed of their own configuration on a cluster. The leader's manager has them; a secret of
// the application's keeps them, so that they outlive the unit:
//
//	manager ──► Look ──► Keep (Juju's secret) ──► Bring (a secret that the provider may read) ──► every worker has it ──► TellDelivered
//	new leader: Take (what is kept) ──► the manager works
type Overlays struct {
	Secret string   // ID of Juju's secret; empty: there is none
	Kept   document // what is in it
	Taken  string   // digest of what this unit has put there, or has got from there
	Has    *document
	Held   connectclient.Held // by the provider's units; nil: not asked
	// Problem is why they cannot be read, taken, kept or brought.
	Problem    string
	unreadable bool // what is kept
}

// document is all overlays of a cluster, as the manager exports and imports it. What is in an overlay is the manager's business.
type document struct {
	Version  int64
	Files    map[string]secret.Value // that workers are to have
	Overlays secret.Value            // JSON
}

// kept is a document as Juju's secret keeps it. The files are in the overlays, too.
type kept struct {
	Version  int64           `json:"version"`
	Overlays json.RawMessage `json:"overlays"`
}

// text is the document as it is kept.
func (d document) text() secret.Value {
	text, err := json.Marshal(kept{d.Version, json.RawMessage(cmp.Or(d.Overlays.Reveal(), "[]"))})
	if err != nil {
		panic(err) // it was read as JSON
	}
	return secret.New(string(text))
}

// digest tells documents apart.
func (d document) digest() string {
	sum := sha256.Sum256([]byte(d.text().Reveal()))
	return hex.EncodeToString(sum[:])
}

// readKept undoes text.
func readKept(text secret.Value) (document, error) {
	var read kept
	if err := json.Unmarshal([]byte(text.Reveal()), &read); err != nil || len(read.Overlays) == 0 {
		return document{}, fmt.Errorf("the overlays that Juju keeps cannot be read") // what the parser says would quote them
	}
	return document{Version: read.Version, Overlays: secret.New(string(read.Overlays))}, nil
}

// mostKept is how long a document may be, in bytes: Juju takes a secret of 1 MB in base64.
const mostKept = 700 << 10

// keepOverlays holds what the leader's manager has against what Juju keeps, and what the provider brings to the workers.
func keepOverlays(w *World) Step {
	for i := range w.Clusters {
		if cluster := &w.Clusters[i]; w.works(cluster) {
			if step := w.overlayStep(cluster, &cluster.Overlays); step != nil {
				return step
			}
		}
	}
	return nil
}

// works says whether this unit's manager is the one that works on a cluster.
func (w *World) works(cluster *Cluster) bool {
	return w.Leader && w.Manager.Running && !cluster.MayEnd && w.hasContext(cluster)
}

func (w *World) hasContext(cluster *Cluster) bool {
	if w.Manager.Given == nil {
		return false
	}
	_, is := w.Manager.Given.Contexts[cluster.Provider]
	return is
}

func (w *World) overlayStep(cluster *Cluster, overlays *Overlays) Step {
	relation := cluster.Relation
	switch {
	case overlays.isToBeTaken():
		return w.once("take overlays "+relation.String(), TakeOverlays{relation})
	case overlays.Has == nil:
		return w.once("look at overlays "+relation.String(), LookAtOverlays{relation})
	case overlays.Has.Version > overlays.Kept.Version:
		return w.once("keep overlays "+relation.String(), KeepOverlays{relation})
	}
	if step := w.bringStep(cluster); step != nil {
		return step
	}
	if version := overlays.Has.Version; len(overlays.Has.Files) > 0 && overlays.Held.Everywhere() >= version {
		return w.once("delivered "+relation.String(), TellDelivered{relation, version})
	}
	return nil
}

// isToBeTaken says whether the manager has not got what is kept: this unit leads since then, or has lost what it had. What cannot
// be read is not waited for: the cluster's connectors have marks of what they have changed, and the next change is kept anew.
func (o Overlays) isToBeTaken() bool {
	if o.Secret == "" || o.unreadable {
		return false
	}
	return o.Taken != o.Kept.digest() || o.Has != nil && o.Has.Version < o.Kept.Version
}

// haveTaken says whether the manager may work: before it has what others kept, it would undo it.
func (w *World) haveTaken(contexts map[string]settings.Context) bool {
	return !slices.ContainsFunc(w.Clusters, func(c Cluster) bool {
		_, is := contexts[c.Provider]
		return is && c.Overlays.isToBeTaken()
	})
}

// bringStep has the workers of a provider that can get the files that are referred to.
func (w *World) bringStep(cluster *Cluster) Step {
	if cluster.Place.IsZero() {
		return nil
	}
	content := connectorsecrets.Content{}
	if has := cluster.Overlays.Has; has != nil {
		content = connectorsecrets.Content{Version: has.Version, Files: has.Files}
	}
	return w.once("bring "+cluster.Relation.String(), BringSecrets{cluster.Relation, content})
}

// prepareSecrets has the secret for a provider's workers made before there is anything in it: what is granted is granted in a
// later hook than the one that makes it.
func prepareSecrets(w *World) Step {
	if !w.Leader {
		return nil
	}
	for i := range w.Clusters {
		cluster := &w.Clusters[i]
		if cluster.MayEnd || w.works(cluster) || cluster.Overlays.Secret != "" {
			continue
		}
		if step := w.bringStep(cluster); step != nil {
			return step
		}
	}
	return nil
}

// forgetOverlays removes what is left in Juju of relations that are gone, and of what was kept before.
func forgetOverlays(w *World) Step {
	if !w.Leader {
		return nil
	}
	switch event := w.Event; {
	case event.Kind == hook.SecretRemove && event.Secret != nil && event.Secret.Revision > 0:
		return w.once("forget revision", ForgetRevision{event.Secret.URI, event.Secret.Revision})
	case event.Kind == hook.RelationBroken, event.Kind == hook.LeaderElected:
		return w.once("forget overlays", ForgetOverlays{})
	}
	return nil
}
