package charm

import (
	"context"
	"fmt"
	"strings"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// operatorName is the charm's own user name, and operatorLabel its name for the secret with the password.
const (
	operatorName  = "operator"
	operatorLabel = operatorName + ".user.secret"
)

// accounts is the set that every gateway is to accept: that of requests which go on, the charm's own, and the operator's.
func (w *World) accounts() accounts.Set {
	set := accounts.Set{}
	if w.Shared.Admin != nil {
		set = append(set, *w.Shared.Admin)
	}
	if w.Shared.Operator != nil {
		set = append(set, w.Shared.Operator.Account)
	}
	for key, record := range w.Shared.Clients {
		if w.goesOn(key) && record.Open && !record.Closing {
			set = append(set, record.Account)
		}
	}
	return set
}

// credentials are those that the charm has made and that go on, by user name.
func (w *World) credentials() map[string]Credentials {
	all := map[string]Credentials{}
	if w.Shared.Operator != nil {
		all[operatorName] = *w.Shared.Operator
	}
	for key, record := range w.Shared.Clients {
		if w.goesOn(key) && !record.Closing {
			all[key.Username()] = record.Credentials
		}
	}
	return all
}

// changeCredentials changes those of one user name.
func (s *Shared) changeCredentials(name string, change func(*Credentials)) {
	if name == operatorName {
		operator := *s.Operator
		change(&operator)
		s.Operator = &operator
		return
	}
	for key, record := range s.Clients {
		if key.Username() == name {
			change(&record.Credentials)
			s.Clients[key] = record
		}
	}
}

// secrets are the IDs of all secrets that exist for these credentials.
func (c Credentials) secrets() []string {
	ids := []string{c.Secret}
	if c.Rotation != nil && c.Rotation.Secret != "" {
		ids = append(ids, c.Rotation.Secret)
	}
	return ids
}

// writeAccounts has this unit's gateway accept exactly the accounts of relations that go on.
func writeAccounts(w *World) Step {
	set := w.accounts()
	revision := set.Revision()
	if w.Services.Accounts == revision {
		return nil
	}
	return w.once("accounts "+revision, WriteAccounts{Accounts: set})
}

// WriteAccounts has the gateway accept exactly these accounts.
type WriteAccounts struct{ Accounts accounts.Set }

func (s WriteAccounts) Apply(ctx context.Context, u *unit, w *World) error {
	taken, err := u.putAccounts(ctx, s.Accounts)
	if err != nil {
		return err
	}
	if !w.Services.GatewayUp {
		return nil
	}
	if taken != nil {
		w.Services.GatewayReason = taken.Error()
	}
	return u.observeServices(ctx, w)
}

// putAccounts writes the gateway's accounts and has it read them, also where it did not answer a moment ago: Pebble may just be
// starting it. It opens its socket before it reads the file, so one that is not to be reached yet will read what is written.
// taken says why it could not be reached.
func (u *unit) putAccounts(ctx context.Context, set accounts.Set) (taken, err error) {
	if err := set.WriteFile(u.layout.accountsFile()); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, gatewayPatience)
	defer cancel()
	_, taken = u.control.Reload(limited)
	return taken, nil
}

// addOperator makes the charm's own account.
func addOperator(w *World) Step {
	if w.Leader && w.PeerRelation != nil && w.Shared.Operator == nil {
		return AddOperator{}
	}
	return nil
}

// AddOperator makes the charm's own account.
type AddOperator struct{}

func (AddOperator) Apply(ctx context.Context, u *unit, w *World) error {
	credentials, err := u.addCredentials(ctx, operatorLabel, accounts.Account{Username: operatorName, Operator: true})
	if err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) { shared.Operator = &credentials })
}

// addCredentials makes a password for an account, and a secret of the application's for it.
func (u *unit) addCredentials(ctx context.Context, label string, account accounts.Account) (Credentials, error) {
	id, hash, err := u.addPassword(ctx, account.Username, label)
	account.Hash = hash
	return Credentials{Secret: id, Account: account}, err
}

// addPassword makes a password, and a secret of the application's for it and the user name.
func (u *unit) addPassword(ctx context.Context, name, label string) (id string, hash accounts.Hash, err error) {
	content, hash, err := newPassword(name)
	if err != nil {
		return "", "", err
	}
	uri, err := u.SecretAdd(ctx, content, hook.SecretOptions{Label: label})
	if err != nil {
		return "", "", err
	}
	id, err = secretID(uri)
	return id, hash, err
}

// newPassword is what belongs into the secret of a user name, and the password's hash.
func newPassword(name string) (hook.SecretContent, accounts.Hash, error) {
	password := accounts.GeneratePassword()
	hash, err := accounts.HashPassword(password)
	return hook.SecretContent{"username": secret.New(name), "password": password}, hash, err
}

// secretID is the part of a secret's URI that names it within its model.
func secretID(uri string) (string, error) {
	id := uri[strings.LastIndexAny(uri, ":/")+1:]
	if id == "" {
		return "", fmt.Errorf("secret-add: its answer %q is no secret URI", uri)
	}
	return id, nil
}
