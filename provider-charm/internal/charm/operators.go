package charm

import (
	"context"
	"fmt"
	"strings"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// AdminWish is the account that the operator wants to have, from the user secret in config operator-secret. Only the
// leader reads it.
type AdminWish struct {
	Username string // empty: none
	Password secret.Value
	Problem  string // why the secret makes no account
}

// readOperatorConfig reads where the operator's own account is.
func readOperatorConfig(config *Config, options hook.Config, _ hook.Event) (problem string) {
	config.OperatorSecret = options.String("operator-secret")
	return ""
}

func (u *unit) observeAdmin(ctx context.Context, w *World) error {
	if w.Config.OperatorSecret == "" || !w.Leader {
		return nil
	}
	content, err := u.SecretGet(ctx, w.Config.OperatorSecret, hook.Latest)
	if err != nil {
		w.Admin.Problem = fmt.Sprintf("config operator-secret cannot be read: juju grant-secret %s %s", w.Config.OperatorSecret, u.Application())
		return nil
	}
	w.Admin = readAdmin(content)
	return nil
}

// readAdmin makes an account of a secret's content, or says what is wrong with it.
func readAdmin(content hook.SecretContent) AdminWish {
	wish := AdminWish{Username: content["username"].Reveal(), Password: content["password"]}
	trial := accounts.Account{Username: wish.Username, Operator: true}
	var err error
	if trial.Hash, err = accounts.HashPassword(wish.Password); err == nil {
		err = trial.Validate()
	}
	switch {
	case err != nil:
		return AdminWish{Problem: "config operator-secret: " + err.Error()}
	case wish.Username == operatorName, strings.HasPrefix(wish.Username, "relation-"):
		return AdminWish{Problem: fmt.Sprintf("config operator-secret: the user name %s is the charm's: choose another", wish.Username)}
	}
	return wish
}

// setAdmin opens the operator's own account, or closes it: in doubt it is closed.
func setAdmin(w *World) Step {
	if !w.Leader || w.PeerRelation == nil {
		return nil
	}
	have := w.Shared.Admin
	switch {
	case w.Admin.Username == "" && have == nil:
		return nil
	case w.Admin.Username != "" && have != nil && have.Username == w.Admin.Username && have.Hash.Verify(w.Admin.Password):
		return nil
	}
	return SetAdmin{w.Admin}
}

// SetAdmin opens the account, or with none closes the one there is.
type SetAdmin struct{ Wish AdminWish }

func (s SetAdmin) Apply(ctx context.Context, u *unit, w *World) error {
	var admin *accounts.Account
	if s.Wish.Username != "" {
		hash, err := accounts.HashPassword(s.Wish.Password)
		if err != nil {
			return err
		}
		admin = &accounts.Account{Username: s.Wish.Username, Hash: hash, Operator: true}
	}
	return u.share(ctx, w, func(shared *Shared) { shared.Admin = admin })
}

func adminStatus(w *World) (hook.Status, bool) {
	if w.Admin.Problem != "" {
		return blocked("%s", w.Admin.Problem)
	}
	return hook.Status{}, false
}
