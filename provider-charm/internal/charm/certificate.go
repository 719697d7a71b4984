package charm

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"connectcharms/provider-charm/internal/certificates"
	"connectcharms/requirer-lib/atomicfile"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
)

// This file is how one unit comes by the certificate that clients see. When it may show it, and what clients are told,
// is in tls.go.

const certificatesEndpoint = "certificates"

// Certificate is how far this unit is with the certificate that clients see.
type Certificate struct {
	Relation *hook.RelationID         // with a provider of certificates; nil: none
	Request  certificates.Request     // what this unit asks it for, from its file
	Asked    string                   // what the databag says of that
	Offered  certificates.Certificate // what relation or secret give, if it can be used
	Problem  string                   // why not
	Revoked  bool                     // its provider took it back
	Held     certificates.Certificate // what lies in the gateway's file
}

// readTLSConfig reads where certificates come from and what is to be in them.
func readTLSConfig(config *Config, options hook.Config, _ hook.Event) (problem string) {
	config.TLSSecret = options.String("tls-secret")
	minutes, problem := within(options, "tls-overlap", 0, maxOverlap)
	config.TLSOverlap = time.Duration(minutes) * time.Minute
	for name := range strings.SplitSeq(options.String("tls-names"), ",") {
		switch name = strings.TrimSpace(name); {
		case name == "":
		case legalName.MatchString(name) && len(name) <= maxName:
			config.TLSNames = append(config.TLSNames, name)
		default:
			return fmt.Sprintf("config tls-names: %.60q is neither a DNS name nor an IP address", name)
		}
	}
	return problem
}

// legalName is a DNS name, with a wildcard at most in its first place, or an IP address.
var legalName = func() *regexp.Regexp {
	const label, ipv6 = `[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?`, `[0-9A-Fa-f]*:[0-9A-Fa-f:.]+`
	return regexp.MustCompile(`^(\*\.)?` + label + `(\.` + label + `)*$|^` + ipv6 + `$`)
}()

// maxName is the longest that DNS knows.
const maxName = 253

// wantsTLS says whether certificates are to come from anywhere.
func (w *World) wantsTLS() bool { return w.Config.TLSSecret != "" || w.Certificate.Relation != nil }

// subject is whom this unit's certificate is to name: where clients find it, and what the operator adds.
func (w *World) subject() certificates.Subject {
	subject := certificates.Subject{CommonName: w.Address}
	for _, name := range append([]string{w.Address}, w.Config.TLSNames...) {
		if address, err := netip.ParseAddr(name); err == nil {
			subject.Addresses = append(subject.Addresses, address.Unmap().WithZone("").String()) // as X.509 gives it back
		} else {
			subject.Names = append(subject.Names, name)
		}
	}
	if len(subject.Names) > 0 {
		subject.CommonName = subject.Names[0]
	}
	slices.Sort(subject.Names)
	slices.Sort(subject.Addresses)
	subject.Names, subject.Addresses = slices.Compact(subject.Names), slices.Compact(subject.Addresses)
	return subject
}

// observeCertificate reads what this unit has, and what its source gives.
func (u *unit) observeCertificate(ctx context.Context, w *World) error {
	held, err := os.ReadFile(u.layout.certificateFile())
	if err == nil {
		if w.Certificate.Held, err = certificates.Decode(secret.New(string(held))); err != nil {
			u.log.Warn("the certificate's file cannot be used", "error", err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := u.observeCertificates(ctx, w); err != nil {
		return err
	}
	if w.Config.TLSSecret != "" {
		u.observeTLSSecret(ctx, w)
	}
	return nil
}

// observeCertificates reads the relation, and what this unit asks for over it.
func (u *unit) observeCertificates(ctx context.Context, w *World) error {
	c := &w.Certificate
	if err := u.readRequest(c); err != nil {
		return err
	}
	ids, err := u.RelationIDs(ctx, certificatesEndpoint)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, u.IsEndOf)
	if len(ids) == 0 {
		return nil
	}
	c.Relation = &ids[0]
	own, err := u.RelationGet(ctx, ids[0], u.Unit)
	if err != nil {
		return err
	}
	c.Asked = own[certificates.RequestsKey]
	app, err := u.RelationApp(ctx, ids[0])
	if err != nil {
		return err
	}
	bag, err := u.RelationGet(ctx, ids[0], app)
	if err != nil || c.Request.IsZero() {
		return err
	}
	c.Offered, err = c.Request.Answer(bag, w.addressesToName(), w.Now)
	c.Revoked = errors.Is(err, certificates.ErrRevoked)
	if err != nil && !errors.Is(err, certificates.ErrNotIssued) {
		c.Problem = "relation certificates: " + err.Error()
	}
	return nil
}

func (u *unit) readRequest(c *Certificate) error {
	text, err := os.ReadFile(u.layout.requestFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.Request, err = certificates.DecodeRequest(secret.New(string(text))); err != nil {
		u.log.Warn("the file of the request cannot be used: another is made", "error", err)
	}
	return nil
}

// addressesToName are what a certificate must name to be of use: where clients are sent.
func (w *World) addressesToName() []string {
	if w.Address == "" {
		return nil
	}
	return []string{w.Address}
}

// observeTLSSecret reads the operator's own secret, which goes before the relation.
func (u *unit) observeTLSSecret(ctx context.Context, w *World) {
	c := &w.Certificate
	c.Offered, c.Problem, c.Revoked = certificates.Certificate{}, "", false
	content, err := u.SecretGet(ctx, w.Config.TLSSecret, hook.Latest)
	if err != nil {
		c.Problem = fmt.Sprintf("config tls-secret cannot be read: juju grant-secret %s %s", w.Config.TLSSecret, u.Application())
		return
	}
	if c.Offered, err = certificates.FromSecret(content, w.addressesToName(), w.Now); err != nil {
		c.Problem = "config tls-secret: " + err.Error()
	}
}

// askForCertificate puts this unit's request before the provider.
func askForCertificate(w *World) Step {
	c := w.Certificate
	if c.Relation == nil || w.Config.TLSSecret != "" || w.Address == "" || w.Config.Problem != "" {
		return nil
	}
	if !c.Request.IsFor(w.subject()) || w.renewalDue() {
		return w.once("new request", AskForCertificate{Relation: *c.Relation, New: true})
	}
	if c.Asked != c.Request.Databag() {
		return AskForCertificate{Relation: *c.Relation}
	}
	return nil
}

// renewalDue says whether it is time for another request. It is looked at as time passes and not in every hook: a provider
// whose certificates are never fresh would be asked without end.
func (w *World) renewalDue() bool {
	c := w.Certificate
	if !w.mayHaveChanged() {
		return false
	}
	return c.Revoked || c.Request.Answers(c.Held) && c.Held.RenewalDue(w.Now)
}

// AskForCertificate writes the request into the unit's databag; a new one, with a new key, into its file before.
type AskForCertificate struct {
	Relation hook.RelationID
	New      bool
}

func (s AskForCertificate) Apply(ctx context.Context, u *unit, w *World) error {
	if s.New {
		request, err := certificates.NewRequest(w.subject())
		if err != nil {
			return err
		}
		if err := atomicfile.Write(u.layout.requestFile(), []byte(request.Encode().Reveal()), 0o600); err != nil {
			return err
		}
		w.Certificate.Request = request
		w.Certificate.Offered, w.Certificate.Problem, w.Certificate.Revoked = certificates.Certificate{}, "", false
	}
	w.Certificate.Asked = w.Certificate.Request.Databag()
	return u.RelationSet(ctx, s.Relation, hook.Databag{certificates.RequestsKey: w.Certificate.Asked})
}

// takeCertificate has the gateway show what the source offers, once clients can know its CA.
func takeCertificate(w *World) Step {
	c := w.Certificate
	if c.Offered.IsZero() || c.Offered.Fingerprint() == c.Held.Fingerprint() || !w.mayShow(c.Offered) {
		return nil
	}
	return TakeCertificate{}
}

// TakeCertificate puts the certificate that is offered into the gateway's file.
type TakeCertificate struct{}

func (TakeCertificate) Apply(_ context.Context, u *unit, w *World) error {
	offered := w.Certificate.Offered
	if err := atomicfile.Write(u.layout.certificateFile(), []byte(offered.File().Reveal()), 0o640); err != nil {
		return err
	}
	u.log.Info("the gateway gets a certificate", "fingerprint", offered.Fingerprint(), "expires", offered.NotAfter())
	w.Certificate.Held = offered
	return nil
}

// dropCertificate removes what nobody uses any more.
func dropCertificate(w *World) Step {
	if w.wantsTLS() || w.tlsInUse() || w.Certificate.Held.IsZero() && w.Certificate.Request.IsZero() {
		return nil
	}
	return DropCertificate{}
}

// DropCertificate removes certificate, request and keys.
type DropCertificate struct{}

func (DropCertificate) Apply(_ context.Context, u *unit, w *World) error {
	for _, path := range []string{u.layout.certificateFile(), u.layout.requestFile()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	w.Certificate = Certificate{}
	return nil
}

// certificateProblem is what a person has to mend.
func certificateProblem(w *World) (hook.Status, bool) {
	c := w.Certificate
	switch {
	case !w.wantsTLS():
		return hook.Status{}, false
	case c.Problem != "":
		return blocked("%s", c.Problem)
	case !c.Held.IsZero() && c.Held.Expired(w.Now) && c.Offered.IsZero():
		return blocked("the certificate expired at %s: relation certificates gives no other", clock(c.Held.NotAfter()))
	}
	return hook.Status{}, false
}

func certificateStatus(w *World) (hook.Status, bool) {
	if w.wantsTLS() && w.Certificate.Held.IsZero() && w.Certificate.Offered.IsZero() {
		return waiting("the certificate from relation certificates")
	}
	return hook.Status{}, false
}

// expiryNote warns of a certificate that nobody renews.
func (w *World) expiryNote() string {
	c := w.Certificate
	isReplaced := !c.Offered.IsZero() && c.Offered.Fingerprint() != c.Held.Fingerprint()
	if !w.wantsTLS() || c.Held.IsZero() || !c.Held.RenewalDue(w.Now) || isReplaced {
		return ""
	}
	return "; the certificate expires at " + clock(c.Held.NotAfter())
}

// clock is a time as people read it.
func clock(when time.Time) string { return when.UTC().Format("2006-01-02 15:04 UTC") }
