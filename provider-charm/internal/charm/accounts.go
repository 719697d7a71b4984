package charm

import (
	"context"
	"fmt"
	"strings"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// operatorName is the charm's own user name.
const operatorName = "operator"

// accounts is the set that every gateway is to accept: that of relations which go on, and the charm's own.
func (w *World) accounts() accounts.Set {
	set := accounts.Set{}
	if w.Shared.Operator != nil {
		set = append(set, w.Shared.Operator.Account)
	}
	for id, record := range w.Shared.Clients {
		if _, live := w.client(id); live && record.Account != nil && !record.Closing {
			set = append(set, *record.Account)
		}
	}
	return set
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
	if err := s.Accounts.WriteFile(u.layout.accountsFile()); err != nil {
		return err
	}
	if !w.Services.GatewayUp {
		return nil // it reads the file when it starts
	}
	limited, cancel := context.WithTimeout(ctx, gatewayPatience)
	defer cancel()
	if _, err := u.control.Reload(limited); err != nil {
		w.Services.GatewayReason = err.Error()
	}
	return u.observeServices(ctx, w)
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
	password := accounts.GeneratePassword()
	hash, err := accounts.HashPassword(password)
	if err != nil {
		return err
	}
	id, err := u.addCredentials(ctx, operatorName, password, operatorName+".user.secret")
	if err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		shared.Operator = &OperatorRecord{Secret: id, Account: accounts.Account{Username: operatorName, Hash: hash, Operator: true}}
	})
}

// addCredentials makes a secret of the application's.
func (u *unit) addCredentials(ctx context.Context, username string, password secret.Value, label string) (id string, err error) {
	content := hook.SecretContent{"username": secret.New(username), "password": password}
	uri, err := u.SecretAdd(ctx, content, hook.SecretOptions{Label: label})
	if err != nil {
		return "", err
	}
	return secretID(uri)
}

// secretID is the part of a secret's URI that names it within its model.
func secretID(uri string) (string, error) {
	id := uri[strings.LastIndexAny(uri, ":/")+1:]
	if id == "" {
		return "", fmt.Errorf("secret-add: its answer %q is no secret URI", uri)
	}
	return id, nil
}
