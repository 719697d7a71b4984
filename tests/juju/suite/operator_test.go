package suite

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"connectcharms/requirer-lib/secret"
	"connectcharms/tests/kafka"
)

// ran is what came of an action on one unit.
type ran struct {
	Status  string
	Message string // why it failed
	Results map[string]any
}

func (s *pair) try(unit, action string, params ...string) ran {
	s.T().Helper()
	answer, err := s.home.Juju(limited(s.T()), append([]string{"run", unit, action, "--format", "json", "--wait", patience.String()}, params...)...)
	s.Require().NoError(err)
	var byUnit map[string]ran
	s.Require().NoError(json.Unmarshal([]byte(answer), &byUnit), answer)
	return byUnit[unit]
}

// run runs an action on a unit that can do it, and returns its results.
func (s *pair) run(unit, action string, params ...string) map[string]any {
	s.T().Helper()
	done := s.try(unit, action, params...)
	s.Require().Equal("completed", done.Status, done.Message)
	return done.Results
}

// password has connect-integrator's password changed. It reads its secret with --refresh, so the old one ends early.
func (s *pair) password() {
	before := s.link(integrator)
	_, leader := s.units(s.home, provider)
	s.run(leader, "rotate-credentials", "client="+integrator)
	until(s.T(), "the secret has another password", func() string {
		if s.link(integrator).password == before.password {
			return "it is the old one"
		}
		return ""
	})
	after := s.link(integrator)
	s.Equal(before.published.SecretUser, after.published.SecretUser, "another revision, not another secret")
	s.letsIn(after)
	until(s.T(), "the old password ends, for nobody reads it any more", func() (reason string) {
		for _, at := range after.published.Endpoints {
			if code := s.ask(at, before.username, before.password); code != http.StatusUnauthorized {
				reason += fmt.Sprintf("%s answers %d; ", at, code)
			}
		}
		return reason
	})
	s.awaitActive(s.home, provider, integrator, mirror)
	s.flows(s.topic)
}

// userSecret adds a secret as an operator does, its content by files, and has the application read it.
func (s *pair) userSecret(name string, content map[string]string) (uri string) {
	s.T().Helper()
	args := []string{"add-secret", name}
	for key, text := range content {
		file := filepath.Join(s.T().TempDir(), key)
		s.Require().NoError(os.WriteFile(file, []byte(text), 0o600))
		args = append(args, key+"#file="+file)
	}
	out, err := s.home.Juju(limited(s.T()), args...)
	s.Require().NoError(err)
	uri = strings.TrimSpace(out)
	_, err = s.home.Juju(limited(s.T()), "grant-secret", name, provider)
	s.Require().NoError(err)
	return uri
}

func (s *pair) operator() {
	password := secret.New("0123456789abcdef0123456789abcdef")
	uri := s.userSecret("login", map[string]string{"username": "alice", "password": password.Reveal()})
	s.Require().NoError(s.home.SetConfig(limited(s.T()), provider, map[string]string{"operator-secret": uri}))
	until(s.T(), "alice gets in everywhere", func() string { return s.answers(http.StatusOK, "alice", password) })
	_, err := s.home.Juju(limited(s.T()), "remove-secret", "login")
	s.Require().NoError(err)
	s.Require().NoError(s.home.SetConfig(limited(s.T()), provider, map[string]string{"operator-secret": ""}))
	until(s.T(), "alice is gone", func() string { return s.answers(http.StatusUnauthorized, "alice", password) })

	_, leader := s.units(s.home, provider)
	own := s.run(leader, "get-operator-password")
	all, err := s.home.Secrets(limited(s.T()))
	s.Require().NoError(err)
	for _, one := range all {
		if "secret:"+one.ID == own["secret"] {
			s.Empty(s.answers(http.StatusOK, one.Value("username"), secret.New(one.Value("password"))))
			return
		}
	}
	s.Fail("the charm's own secret is not one of the model's", "%v", own)
}

// answers says which published endpoint answers something else than it should.
func (s *pair) answers(want int, username string, password secret.Value) (reason string) {
	s.T().Helper()
	for _, at := range s.link(integrator).published.Endpoints {
		if code := s.ask(at, username, password); code != want {
			reason += fmt.Sprintf("%s answers %d; ", at, code)
		}
	}
	return reason
}

// https gives the units a certificate. No worker is restarted for it.
func (s *pair) https() {
	workers := s.workerPIDs()
	authority, err := kafka.NewAuthority("the suite's")
	s.Require().NoError(err)
	certificate, key, err := authority.Issue(s.addresses()...)
	s.Require().NoError(err)
	uri := s.userSecret("certificate", map[string]string{
		"certificate": certificate, "private-key": key, "ca-certificate": authority.PEM(),
	})
	s.Require().NoError(s.home.SetConfig(limited(s.T()), provider, map[string]string{"tls-secret": uri, "tls-overlap": "0"}))
	s.awaitScheme("https")
	client := s.link(integrator)
	ca := s.secretTLS(client)
	s.trusted = x509.NewCertPool()
	s.Require().True(s.trusted.AppendCertsFromPEM([]byte(ca)))
	s.letsIn(client)
	until(s.T(), "http ends, for there is no overlap", func() (reason string) {
		for _, at := range client.published.Endpoints {
			if code := s.ask(strings.Replace(at, "https", "http", 1), client.username, client.password); code != http.StatusUpgradeRequired {
				reason += fmt.Sprintf("%s answers %d; ", at, code)
			}
		}
		return reason
	})
	s.awaitActive(s.home, provider, integrator, mirror)
	s.flows(s.topic)
	s.Equal(workers, s.workerPIDs())
}

// http takes the certificate away again.
func (s *pair) http() {
	workers := s.workerPIDs()
	_, err := s.home.Juju(limited(s.T()), "remove-secret", "certificate")
	s.Require().NoError(err)
	s.Require().NoError(s.home.SetConfig(limited(s.T()), provider, map[string]string{"tls-secret": ""}))
	s.awaitScheme("http")
	s.awaitActive(s.home, provider, integrator, mirror)
	s.flows(s.topic)
	s.Equal(workers, s.workerPIDs())
}

// addresses are the hosts of the published endpoints.
func (s *pair) addresses() (hosts []string) {
	for _, at := range s.link(integrator).published.Endpoints {
		hosts = append(hosts, strings.Split(strings.TrimPrefix(at, "http://"), ":")[0])
	}
	return hosts
}

func (s *pair) awaitScheme(scheme string) {
	s.T().Helper()
	until(s.T(), "endpoints are "+scheme, func() string {
		for _, at := range s.link(integrator).published.Endpoints {
			if !strings.HasPrefix(at, scheme+"://") {
				return at
			}
		}
		return ""
	})
}

// secretTLS is the authority that a client is told.
func (s *pair) secretTLS(client link) string {
	s.T().Helper()
	all, err := s.home.Secrets(limited(s.T()))
	s.Require().NoError(err)
	for _, one := range all {
		if one.ID == client.published.SecretTLS.ID {
			s.Contains(one.Readers, "application-"+integrator)
			return one.Value("tls-ca")
		}
	}
	s.Require().Fail("secret-tls is not one of the model's secrets")
	return ""
}

// restart has an operator's wish go round from a unit that does not lead.
func (s *pair) restart() {
	before := s.workerPIDs()
	units, leader := s.units(s.home, provider)
	for _, unit := range units {
		if unit != leader {
			s.run(unit, "restart")
		}
	}
	s.awaitRestarted(before)
	s.awaitActive(s.home, provider, integrator, mirror)
	s.flows(s.topic)
}

// awaitRestarted waits until every unit has another worker than before.
func (s *pair) awaitRestarted(before map[string]string) {
	s.T().Helper()
	until(s.T(), "every worker is another process", func() (reason string) {
		for unit, pid := range s.workerPIDs() {
			if pid == before[unit] || pid == "" {
				reason += unit + " is not; "
			}
		}
		return reason
	})
}

// awaitGoodMoment waits until the charm has nothing against a refresh.
func (s *pair) awaitGoodMoment() {
	s.T().Helper()
	_, leader := s.units(s.home, provider)
	until(s.T(), "it is a good moment for a refresh", func() string { return s.try(leader, "pre-refresh-check").Message })
}

// client reaches endpoints as clients do, and trusts the authority that they have been told, if any.
func (s *pair) client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: s.home.dial, TLSClientConfig: &tls.Config{RootCAs: s.trusted}, DisableKeepAlives: true,
	}}
}
