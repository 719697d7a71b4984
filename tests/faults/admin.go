package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"connectcharms/tests/pair"
)

// Admin is the operator's own account, in a secret of the user's.
type Admin struct {
	mu       sync.Mutex
	uri      string
	password string
	granted  bool
	number   int
}

const adminName = "alice"

// enterAdmin makes the operator's account, and grants it.
func (s *Stage) enterAdmin(context.Context) error {
	s.Admin = &Admin{}
	s.Admin.mu.Lock()
	defer s.Admin.mu.Unlock()
	return s.newAdmin()
}

// newAdmin makes another secret for the operator's account, and has the charm take it. The admin is locked.
func (s *Stage) newAdmin() (err error) {
	s.Admin.nextPassword(s)
	s.Admin.uri, err = s.AddSecret(fmt.Sprintf("admin-%d", s.Admin.number), s.Admin.content())
	if err != nil {
		return err
	}
	if err := s.GrantSecret(s.Admin.uri, pair.Provider); err != nil {
		return err
	}
	s.Admin.granted = true
	return s.SetConfig(pair.Provider, map[string]any{"operator-secret": s.Admin.uri})
}

// nextPassword ends the password before: it may open nothing once the pair rests.
func (a *Admin) nextPassword(s *Stage) {
	if a.password != "" {
		s.Ledger.end(login{adminName, a.password})
	}
	a.number++
	a.password = fmt.Sprintf("%032d", a.number)
}

func (a *Admin) content() map[string]string {
	return map[string]string{"username": adminName, "password": a.password}
}

// login is the account, and whether it is to open.
func (a *Admin) login() (account login, open bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return login{adminName, a.password}, a.granted
}

// explains says whether a status is as it has to be while the operator's secret is not granted.
func (a *Admin) explains(message string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.granted && strings.HasPrefix(message, "config operator-secret cannot be read: ")
}

// changeGrant takes the operator's secret back, or grants it again.
func changeGrant(_ context.Context, s *Stage, _ *rand.Rand) error {
	s.Admin.mu.Lock()
	defer s.Admin.mu.Unlock()
	s.Admin.granted = !s.Admin.granted
	s.say("the operator's secret is granted: %t", s.Admin.granted)
	if s.Admin.granted {
		return s.GrantSecret(s.Admin.uri, pair.Provider)
	}
	return s.RevokeSecret(s.Admin.uri, pair.Provider)
}

// changeSecret gives the operator another password, in the same secret or in another: the old one is removed then.
func changeSecret(_ context.Context, s *Stage, random *rand.Rand) error {
	s.Admin.mu.Lock()
	defer s.Admin.mu.Unlock()
	if random.IntN(2) == 0 {
		s.Admin.nextPassword(s)
		s.say("the operator's secret has another password")
		return s.UpdateSecret(s.Admin.uri, s.Admin.content())
	}
	old := s.Admin.uri
	s.say("the operator has another secret")
	return errors.Join(s.newAdmin(), s.RemoveSecret(old))
}
