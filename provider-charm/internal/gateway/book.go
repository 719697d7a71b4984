package gateway

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"sync/atomic"

	"connectcharms/provider-charm/internal/accounts"
	"connectcharms/requirer-lib/secret"
)

// book holds the accounts that are accepted now, as the accounts file says.
//
//	the file is            at start          at reload
//	as it should be        its accounts      its accounts
//	missing or of no size  nobody            nobody
//	anything else          nobody            as before; the reload fails
//
// A file that cannot be understood is an accident, and an accident must not cut off all clients; taking the file away
// is how everybody can be shut out.
type book struct {
	path string
	log  *slog.Logger

	current atomic.Pointer[page]
}

// page is one state of the book and is never changed.
type page struct {
	revision string
	names    []string
	byName   map[string]accounts.Account
	problem  string // why these are not the accounts in the file, or ""
}

func openBook(path string, log *slog.Logger) *book {
	b := &book{path: path, log: log}
	b.current.Store(newPage(nil, ""))
	if err := b.reload(); err != nil {
		log.Error("no account is accepted until the accounts file is mended and reloaded", "error", err)
	}
	return b
}

// reload reads the file again. From its return on every request is checked against the new accounts. One reload must
// have ended before the next begins.
func (b *book) reload() error {
	set, err := accounts.ReadFile(b.path)
	switch {
	case err == nil:
		b.turnTo(newPage(set, ""))
		return nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, accounts.ErrEmpty):
		b.turnTo(newPage(nil, err.Error()))
		return nil
	default:
		kept := *b.current.Load()
		kept.problem = err.Error()
		b.current.Store(&kept)
		return err
	}
}

func (b *book) turnTo(next *page) {
	b.current.Store(next)
	b.log.Info("accounts loaded", "accounts", len(next.names), "revision", next.revision, "problem", next.problem)
}

func newPage(set accounts.Set, problem string) *page {
	p := &page{revision: set.Revision(), names: set.Names(), byName: make(map[string]accounts.Account, len(set)), problem: problem}
	for _, account := range set {
		p.byName[account.Username] = account
	}
	return p
}

// nobodysHash makes the check of an unknown name as long as that of a known one. No password is known that fits it.
const nobodysHash accounts.Hash = "sha256:00000000000000000000000000000000:0000000000000000000000000000000000000000000000000000000000000000"

// authenticate finds the account whose name and password the request carries, in exactly one Authorization header of
// the Basic scheme. With a wrong password it is not accepted, and the account of that name, if any, is only for the log.
func (b *book) authenticate(request *http.Request) (account accounts.Account, accepted bool) {
	username, password, basic := request.BasicAuth()
	if !basic || len(request.Header.Values("Authorization")) != 1 {
		return accounts.Account{}, false
	}
	account, known := b.current.Load().byName[username]
	checked := account
	if !known {
		checked.Hash = nobodysHash
	}
	fits := checked.Verify(secret.New(password))
	return account, known && fits
}
