package charm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"connectcharms/provider-charm/internal/certificates"
	"connectcharms/provider-charm/internal/gateway"
	"connectcharms/requirer-lib/connectprovider"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/secret"
	"connectcharms/schemas"
)

// This file is what the application tells clients of TLS, and when its gateways change what they show:
//
//	http ──► every unit shows a certificate, beside http ──► https is published ──► an overlap later, http ends
//	https ──► no source of certificates any more: http too ──► http is published ──► an overlap later, https ends
//	another CA ──► it is published beside the old one ──► an overlap later, it is shown ──► the old one is taken back
//
// A certificate of a CA that clients have known for an overlap is shown at once. So a client that reads what is published
// within the overlap never meets what it does not know.

// The application's own names for the secrets that tell clients of TLS. All relations of one version of the contract share
// one: the words differ.
const (
	tlsLabel   = clientEndpoint + ".tls.secret"
	tlsV1Label = clientEndpoint + ".tls-v1.secret"
)

// TLSRecord is what clients are told of TLS.
type TLSRecord struct {
	Secret  string        `json:"secret"`           // ID of the Juju secret
	CAs     []PublishedCA `json:"cas,omitempty"`    // what it says
	HTTPS   bool          `json:"https,omitempty"`  // endpoints are https
	Changed time.Time     `json:"changed,omitzero"` // when HTTPS last changed; zero: it never did
	fresh   bool          // the secret was added in this very hook
}

// TLSRecordV1 is the secret for clients of contract v1.
type TLSRecordV1 struct {
	Secret string `json:"secret"` // ID of the Juju secret
	Says   string `json:"says"`   // fingerprint of the CAs in it
	fresh  bool   // the secret was added in this very hook
}

// PublishedCA is a CA that clients are told of.
type PublishedCA struct {
	PEM   string    `json:"pem"`
	Since time.Time `json:"since"`
}

// TLSReport is what a unit tells the others of its certificate. CAs are PEM, as clients get them.
type TLSReport struct {
	Offered string `json:"offered,omitempty"` // CAs of the certificate that it has or is to show
	Shown   string `json:"shown,omitempty"`   // CAs of the one that its gateway shows
	Plain   bool   `json:"plain,omitempty"`   // its gateway takes http
}

// tls is the record, also where there is none.
func (w *World) tls() TLSRecord {
	if w.Shared.TLS == nil {
		return TLSRecord{}
	}
	return *w.Shared.TLS
}

// overlapIsPast says whether an overlap that began then is over now. A time that is not set is over.
func (w *World) overlapIsPast(began time.Time) bool {
	return began.IsZero() || !w.Now.Before(began.Add(w.Config.TLSOverlap))
}

// tlsInUse says whether clients may use https: it is published, or was until a moment ago.
func (w *World) tlsInUse() bool { return w.tls().HTTPS || !w.overlapIsPast(w.tls().Changed) }

// mayShow says whether a certificate can be shown without a client meeting a CA that it does not know.
func (w *World) mayShow(certificate certificates.Certificate) bool {
	if !w.tlsInUse() {
		return true
	}
	return !slices.ContainsFunc(blocks(certificate.CA()), func(ca string) bool { return !w.isKnown(ca) })
}

// isKnown says whether clients know a CA: it came with https itself, is shown already, or was published an overlap ago.
// What replaces a certificate that is over needs no overlap, since nobody takes the old one.
func (w *World) isKnown(ca string) bool {
	held := w.Certificate.Held
	i := slices.IndexFunc(w.tls().CAs, func(published PublishedCA) bool { return published.PEM == ca })
	if i < 0 {
		return false
	}
	since := w.tls().CAs[i].Since
	isShown := !held.IsZero() && (held.Expired(w.Now) || slices.Contains(blocks(held.CA()), ca))
	return isShown || !since.After(w.tls().Changed) || w.overlapIsPast(since)
}

// takesPlain says whether this unit's gateway is to take http: while that is published and for an overlap after, and again
// when it is to be published.
func (w *World) takesPlain() bool {
	return w.Certificate.Held.IsZero() || !w.tls().HTTPS || !w.wantsTLS() || !w.overlapIsPast(w.tls().Changed)
}

// gatewayTLS is the certificate in the gateway's configuration.
func (u *unit) gatewayTLS(w *World) *gateway.KeyPair {
	if w.Certificate.Held.IsZero() {
		return nil
	}
	return &gateway.KeyPair{Certificate: u.seen.certificateFile(), Key: u.seen.certificateFile()}
}

// reportTLS brings this unit's report up to date. While the gateway does not answer, what it showed last counts.
func (w *World) reportTLS() {
	c, own := w.Certificate, &w.Own.TLS
	own.Offered = ""
	if !c.Offered.IsZero() {
		own.Offered = c.Offered.CA()
	}
	if !w.Services.GatewayUp {
		return
	}
	own.Plain = w.Services.Plain
	switch w.Services.Shown {
	case "":
		own.Shown = ""
	case c.Held.Fingerprint():
		own.Shown = c.Held.CA()
	}
}

// addTLSSecrets makes the secrets that tell clients of TLS, long before they are of use: Juju 4.1-beta2 drops a grant made
// in the hook that makes the secret.
func addTLSSecrets(w *World) Step {
	switch {
	case !w.Leader || w.PeerRelation == nil:
		return nil
	case w.Shared.TLS == nil:
		return AddTLSSecret{Version: schemas.V0}
	case w.Shared.TLSV1 == nil:
		return AddTLSSecret{Version: schemas.V1}
	}
	return nil
}

// tlsIsFresh says whether the secret was made in this very hook.
func (w *World) tlsIsFresh(version schemas.Version) bool {
	return version == schemas.V1 && (w.Shared.TLSV1 == nil || w.Shared.TLSV1.fresh) && w.tls().HTTPS
}

// AddTLSSecret makes the secret for clients of a version.
type AddTLSSecret struct{ Version schemas.Version }

func (s AddTLSSecret) Apply(ctx context.Context, u *unit, w *World) error {
	label := map[schemas.Version]string{schemas.V0: tlsLabel, schemas.V1: tlsV1Label}[s.Version]
	cas := w.tls().pems()
	uri, err := u.SecretAdd(ctx, aboutTLS(s.Version, cas), hook.SecretOptions{Label: label})
	if err != nil {
		return err
	}
	id, err := secretID(uri)
	if err != nil {
		return err
	}
	return u.share(ctx, w, func(shared *Shared) {
		if s.Version == schemas.V1 {
			shared.TLSV1 = &TLSRecordV1{Secret: id, Says: fingerprintOf(cas), fresh: true}
		} else {
			shared.TLS = &TLSRecord{Secret: id, fresh: true}
		}
	})
}

// aboutTLS is the content of the secret: what clients of the version look for.
func aboutTLS(version schemas.Version, cas []string) hook.SecretContent {
	content := hook.SecretContent{"tls": secret.New(connectprovider.TLSWord(version, len(cas) > 0))}
	if len(cas) > 0 {
		content["tls-ca"] = secret.New(strings.Join(cas, ""))
	}
	return content
}

func fingerprintOf(cas []string) string {
	sum := sha256.Sum256([]byte(strings.Join(cas, "")))
	return hex.EncodeToString(sum[:8])
}

// publishCAs tells clients of every CA that a unit shows or is to show, and of no other.
func publishCAs(w *World) Step {
	if !w.Leader || w.Shared.TLS == nil || w.Shared.TLSV1 == nil {
		return nil
	}
	cas := w.casInUse()
	if slices.Equal(cas, w.tls().pems()) && w.Shared.TLSV1.Says == fingerprintOf(cas) {
		return nil
	}
	return PublishCAs{V0: w.tls().Secret, V1: w.Shared.TLSV1.Secret, CAs: cas}
}

// casInUse lists every CA that a unit shows or is to show: first those that are published, in their order.
func (w *World) casInUse() []string {
	needed := map[string]bool{}
	for _, report := range w.units() {
		for _, ca := range blocks(report.TLS.Shown + report.TLS.Offered) {
			needed[ca] = true
		}
	}
	var cas []string
	for _, ca := range append(w.tls().pems(), sortedKeys(needed)...) {
		if needed[ca] && !slices.Contains(cas, ca) {
			cas = append(cas, ca)
		}
	}
	return cas
}

func (r TLSRecord) pems() []string {
	var pems []string
	for _, ca := range r.CAs {
		pems = append(pems, ca.PEM)
	}
	return pems
}

// PublishCAs makes a new revision of the secrets with these CAs.
type PublishCAs struct {
	V0, V1 string
	CAs    []string
}

func (s PublishCAs) Apply(ctx context.Context, u *unit, w *World) error {
	for version, id := range map[schemas.Version]string{schemas.V0: s.V0, schemas.V1: s.V1} {
		if err := u.SecretSet(ctx, "secret:"+id, aboutTLS(version, s.CAs), hook.SecretOptions{}); err != nil {
			return err
		}
	}
	return u.share(ctx, w, func(shared *Shared) { shared.publish(s.CAs, w.Now) })
}

// publish notes what the secrets say now.
func (s *Shared) publish(cas []string, now time.Time) {
	told := *s.TLSV1
	told.Says = fingerprintOf(cas)
	s.TLS, s.TLSV1 = s.TLS.with(cas, now), &told
}

// with is the record with these CAs. Those that were published before keep their time.
func (r TLSRecord) with(cas []string, now time.Time) *TLSRecord {
	before := r.CAs
	r.CAs = nil
	for _, ca := range cas {
		published := PublishedCA{PEM: ca, Since: now}
		if i := slices.IndexFunc(before, func(old PublishedCA) bool { return old.PEM == ca }); i >= 0 {
			published = before[i]
		}
		r.CAs = append(r.CAs, published)
	}
	return &r
}

// blocks takes certificates in PEM apart.
func blocks(pem string) []string {
	const end = "-----END CERTIFICATE-----\n"
	var all []string
	for block := range strings.SplitAfterSeq(pem, end) {
		if strings.HasSuffix(block, end) {
			all = append(all, block)
		}
	}
	return all
}
