package charm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"connectcharms/provider-charm/internal/gateway"
	"connectcharms/provider-charm/internal/identity"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
)

// identityLabel is the application's own name for the secret with its identity.
const identityLabel = "cluster.identity.secret"

// Identity is what this unit has of the key pair that the application's workers show each other.
type Identity struct {
	Files   identity.Files
	Seen    identity.Files    // the same, where the services see them
	Held    identity.Identity // what is in the files
	Problem string            // why it could not be read from its secret
}

// IdentityRecord is where the identity is, for all units.
type IdentityRecord struct {
	Secret      string `json:"secret"` // ID of the Juju secret
	Fingerprint string `json:"fingerprint"`
}

func (i Identity) forGateway() gateway.KeyPair {
	return gateway.KeyPair{Certificate: i.Seen.Certificate(), Key: i.Seen.PrivateKey()}
}

func (i Identity) forWorker() worker.Internal {
	return worker.Internal{KeyStore: i.Seen.KeyStore(), TrustStore: i.Seen.TrustStore(), Password: i.Held.StorePassword()}
}

// observeIdentity reads this unit's files. What is broken there is not held, and so is fetched anew.
func (u *unit) observeIdentity(_ context.Context, w *World) error {
	w.Identity.Files, w.Identity.Seen = identity.Files(u.layout.identityDir()), identity.Files(u.seen.identityDir())
	held, err := w.Identity.Files.Read()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		u.log.Warn("the files of the identity cannot be used and are written anew", "error", err)
	}
	w.Identity.Held = held
	return nil
}

// hasIdentity says whether this unit has what the others have. Neither worker nor gateway is started before.
func (w *World) hasIdentity() bool {
	return w.Shared.Identity != nil && !w.Identity.Held.IsZero() && w.Identity.Held.Fingerprint() == w.Shared.Identity.Fingerprint
}

// addIdentity makes the application's identity, once.
func addIdentity(w *World) Step {
	if w.Leader && w.PeerRelation != nil && w.Shared.Identity == nil {
		return AddIdentity{}
	}
	return nil
}

// AddIdentity makes the application's identity, and takes it.
type AddIdentity struct{}

func (AddIdentity) Apply(ctx context.Context, u *unit, w *World) error {
	made, err := identity.Generate(u.Application(), w.Now)
	if err != nil {
		return err
	}
	uri, err := u.SecretAdd(ctx, hook.SecretContent(made.Encode()), hook.SecretOptions{Label: identityLabel})
	if err != nil {
		return err
	}
	id, err := secretID(uri)
	if err != nil {
		return err
	}
	if err := w.Identity.write(made); err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		shared.Identity = &IdentityRecord{Secret: id, Fingerprint: made.Fingerprint()}
	})
}

// takeIdentity reads the identity that the leader made. Every unit of an application may read the application's secrets.
func takeIdentity(w *World) Step {
	if w.Shared.Identity == nil || w.hasIdentity() {
		return nil
	}
	return w.once("identity", TakeIdentity{*w.Shared.Identity})
}

// TakeIdentity writes the identity into this unit's files.
type TakeIdentity struct{ Record IdentityRecord }

func (s TakeIdentity) Apply(ctx context.Context, u *unit, w *World) error {
	content, err := u.SecretGet(ctx, "secret:"+s.Record.Secret, hook.Peek)
	if err != nil {
		w.Identity.Problem = err.Error() // a later hook finds it
		return nil
	}
	read, err := identity.Decode(content)
	if err == nil && read.Fingerprint() != s.Record.Fingerprint {
		err = fmt.Errorf("its certificate is %.12s, not %.12s", read.Fingerprint(), s.Record.Fingerprint)
	}
	if err != nil {
		w.Identity.Problem = err.Error()
		return nil
	}
	return w.Identity.write(read)
}

func (i *Identity) write(made identity.Identity) error {
	if err := i.Files.Write(made); err != nil {
		return err
	}
	i.Held, i.Problem = made, ""
	return nil
}

func identityStatus(w *World) (hook.Status, bool) {
	switch {
	case w.hasIdentity():
		return hook.Status{}, false
	case w.Identity.Problem != "":
		return waiting("the workers' common identity: %s", w.Identity.Problem)
	}
	return waiting("the leader to make the workers' common identity")
}
