package charm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"connectcharms/provider-charm/internal/certificates"
	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/reconcile"
)

// served is a world in which https is published since then, with a certificate of that CA.
func served(t *testing.T, ca *authority, since time.Time) *World {
	t.Helper()
	w := withRequest(t, settled(t))
	w.Shared.TLS = &TLSRecord{Secret: secretOfTLS, CAs: []PublishedCA{{ca.pem(), since}}, HTTPS: true, Changed: since}
	w.Shared.TLSV1.Says = fingerprintOf([]string{ca.pem()})
	publishes(w, hook.Databag{
		"endpoints": "https://10.0.0.5:8083", "secret-user": "secret://" + modelUUID + "/" + secretOf7,
		"secret-tls": "secret://" + modelUUID + "/" + secretOfTLS, "tls": "enabled", "tls-ca": ca.pem(),
	})
	return holding(w, ca.issue(w.Certificate.Request, noon.Add(100*time.Hour)))
}

// walk is one hook: it follows the rules for TLS, and does to the world what the steps would do, until none is due.
func walk(t *testing.T, w *World) (steps []string) {
	t.Helper()
	w.tried = reconcile.Tried{}
	for range 20 {
		switch step := next(w).(type) {
		case nil:
			return steps
		case TakeCertificate:
			w.Certificate.Held = w.Certificate.Offered
			steps = append(steps, "take")
		case DropCertificate:
			w.Certificate = Certificate{}
			steps = append(steps, "drop")
		case ConfigureGateway:
			w.Services.Shown, w.Services.Plain = w.Certificate.Held.Fingerprint(), w.takesPlain()
			w.reportTLS()
			if w.Services.Plain {
				steps = append(steps, "gateway with http")
			} else {
				steps = append(steps, "gateway without http")
			}
		case PublishCAs:
			w.Shared.publish(step.CAs, w.Now)
			steps = append(steps, "CAs")
		case SetScheme:
			record := *w.Shared.TLS
			record.HTTPS, record.Changed = step.HTTPS, w.Now
			w.Shared.TLS = &record
			steps = append(steps, "scheme")
		case Publish:
			apply(w, step)
			steps = append(steps, "publish "+w.Relations[0].Published["endpoints"])
		case SendReport:
			w.Sent = step.Report.clone()
		default:
			t.Fatalf("%T is due", step)
		}
	}
	t.Fatal("there is no end to it")
	return nil
}

func TestClientsFollowFromHTTPToHTTPSAndBack(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "one")
	w := withRequest(t, settled(t))
	assert.Empty(t, walk(t, w), "without a certificate all stays")

	w.Certificate.Offered = ca.issue(w.Certificate.Request, noon.Add(100*time.Hour))
	assert.Equal(t, []string{"take", "gateway with http", "CAs", "scheme", "publish https://10.0.0.5:8083"}, walk(t, w))
	assert.Equal(t, "secret://"+modelUUID+"/"+secretOfTLS, w.Relations[0].Published["secret-tls"])
	w.Now = noon.Add(59 * time.Minute)
	assert.Empty(t, walk(t, w), "http goes on for an overlap")
	w.Now = noon.Add(60 * time.Minute)
	assert.Equal(t, []string{"gateway without http"}, walk(t, w))

	w.Certificate.Relation, w.Certificate.Offered = nil, certificates.Certificate{}
	assert.Equal(t, []string{"gateway with http", "scheme", "publish http://10.0.0.5:8083"}, walk(t, w))
	assert.NotContains(t, w.Relations[0].Published, "secret-tls")
	assert.NotContains(t, w.Relations[0].Published, "tls-ca")
	w.Now = noon.Add(119 * time.Minute)
	assert.Empty(t, walk(t, w), "https goes on for an overlap")
	w.Now = noon.Add(120 * time.Minute)
	assert.Equal(t, []string{"drop", "gateway with http", "CAs"}, walk(t, w))
	assert.Empty(t, w.Shared.TLS.CAs)
}

func TestWithoutOverlapHTTPEndsAtOnce(t *testing.T) {
	t.Parallel()
	w := withRequest(t, settled(t))
	w.Config.TLSOverlap = 0
	w.Certificate.Offered = newAuthority(t, "one").issue(w.Certificate.Request, noon.Add(time.Hour))
	assert.Contains(t, walk(t, w), "gateway without http")
}

func TestAnotherCAIsPublishedBeforeItIsShown(t *testing.T) {
	t.Parallel()
	one, two := newAuthority(t, "one"), newAuthority(t, "two")
	w := served(t, one, noon.Add(-2*time.Hour))
	assert.Empty(t, walk(t, w))

	w.Certificate.Offered = two.issue(w.Certificate.Request, noon.Add(200*time.Hour))
	w.reportTLS()
	assert.Equal(t, []string{"CAs", "publish https://10.0.0.5:8083"}, walk(t, w))
	assert.Equal(t, one.pem()+two.pem(), w.Relations[0].Published["tls-ca"], "clients know both")
	w.Now = noon.Add(59 * time.Minute)
	assert.Empty(t, walk(t, w))
	w.Now = noon.Add(60 * time.Minute)
	assert.Equal(t, []string{"take", "gateway without http", "CAs", "publish https://10.0.0.5:8083"}, walk(t, w))
	assert.Equal(t, two.pem(), w.Relations[0].Published["tls-ca"], "the old one is taken back")
}

func TestRenewedCertificateOfAKnownCAIsShownAtOnce(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "one")
	w := served(t, ca, noon.Add(-2*time.Hour))
	w.Certificate.Offered = ca.issue(w.Certificate.Request, noon.Add(200*time.Hour))
	assert.Equal(t, []string{"take", "gateway without http"}, walk(t, w))

	w = served(t, ca, noon)
	w.Certificate.Offered = ca.issue(w.Certificate.Request, noon.Add(200*time.Hour))
	assert.Equal(t, []string{"take", "gateway with http"}, walk(t, w), "clients got the CA with https, a moment ago")
}

func TestWhatReplacesAnExpiredCertificateWaitsForNoOverlap(t *testing.T) {
	t.Parallel()
	one, two := newAuthority(t, "one"), newAuthority(t, "two")
	w := served(t, one, noon.Add(-2*time.Hour))
	w.Now, w.Event.Kind = noon.Add(101*time.Hour), hook.RelationChanged
	w.Certificate.Offered = two.issue(w.Certificate.Request, noon.Add(200*time.Hour))
	w.reportTLS()
	assert.Equal(t, []string{"CAs", "take", "gateway without http", "CAs", "publish https://10.0.0.5:8083"}, walk(t, w))
}

func TestEndpointsAreHTTPSWhenEveryPublishedUnitShowsACertificate(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "one")
	w := withRequest(t, settled(t))
	peer := withPeer(w)
	holding(w, ca.issue(w.Certificate.Request, noon.Add(100*time.Hour)))
	assert.Equal(t, []string{"CAs"}, walk(t, w), "the other unit shows none yet")
	assert.Equal(t, "waiting for the certificate of kafka-connect/1: clients get https when all units have one", status(w).Message)

	peer.TLS = w.Own.TLS
	w.Others["kafka-connect/1"] = *peer
	assert.Equal(t, []string{"scheme", "publish https://10.0.0.5:8083,https://10.0.0.6:8083"}, walk(t, w))

	third := peer.clone()
	third.Address, third.TLS = "10.0.0.7", TLSReport{Plain: true}
	w.Others["kafka-connect/2"] = third
	assert.Empty(t, walk(t, w), "a new unit joins when it has a certificate")
	third.TLS = w.Own.TLS
	w.Others["kafka-connect/2"] = third
	assert.Equal(t, []string{"publish https://10.0.0.5:8083,https://10.0.0.6:8083,https://10.0.0.7:8083"}, walk(t, w))
}

func TestNewUnitShowsAtOnceWhatClientsKnow(t *testing.T) {
	t.Parallel()
	one, two := newAuthority(t, "one"), newAuthority(t, "two")
	w := served(t, one, noon)
	offered := w.Certificate.Offered
	w.Certificate.Held = certificates.Certificate{}
	w.Now = noon.Add(time.Minute)
	assert.True(t, w.mayShow(offered), "the CA came with https")

	w.Shared.TLS = w.Shared.TLS.with([]string{one.pem(), two.pem()}, w.Now)
	assert.True(t, w.mayShow(offered), "that another CA came says nothing of this one")
	assert.False(t, w.mayShow(two.issue(w.Certificate.Request, noon.Add(time.Hour))), "clients have had no overlap")
	w.Now = w.Now.Add(time.Hour)
	assert.True(t, w.mayShow(two.issue(w.Certificate.Request, noon.Add(9*time.Hour))))
}

func TestFirstPasswordDoesNotGoWithoutTLSWhereItIsWanted(t *testing.T) {
	t.Parallel()
	w := withRequest(t, settled(t))
	publishes(w, hook.Databag{})
	assert.Empty(t, walk(t, w), "the client waits for the certificate")
	w.Certificate.Offered = newAuthority(t, "one").issue(w.Certificate.Request, noon.Add(time.Hour))
	steps := walk(t, w)
	assert.Equal(t, "publish https://10.0.0.5:8083", steps[len(steps)-1])
}

func TestSecretMadeInThisHookIsNotGranted(t *testing.T) {
	t.Parallel()
	w := withRequest(t, settled(t))
	w.Shared.TLS.fresh = true
	holding(w, newAuthority(t, "one").issue(w.Certificate.Request, noon.Add(time.Hour)))
	w.Shared.TLS.CAs = []PublishedCA{{w.Own.TLS.Shown, noon}}
	assert.Nil(t, setScheme(w))
	w.Shared.TLS.fresh = false
	assert.Equal(t, SetScheme{HTTPS: true}, setScheme(w))
}

func TestClientThatAsksForTLSAsSecretsGetsNoneInClear(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "one")
	for name, test := range map[string]struct {
		requested []string
		want      map[string]string
	}{
		"all":     {[]string{"username", "password", "tls", "tls-ca"}, map[string]string{}},
		"no CA":   {[]string{"username", "password", "tls"}, map[string]string{"tls-ca": ca.pem()}},
		"nothing": {[]string{"username", "password"}, map[string]string{"tls": "enabled", "tls-ca": ca.pem()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := served(t, ca, noon)
			w.Clients[0].Want.RequestedSecrets = test.requested
			assert.Equal(t, test.want, w.clearTLS(w.Clients[0]))
		})
	}
}

func TestGatewayThatDoesNotAnswerKeepsItsReport(t *testing.T) {
	t.Parallel()
	w := served(t, newAuthority(t, "one"), noon)
	before := w.Own.TLS
	w.Services.GatewayUp, w.Services.Shown, w.Services.Plain = false, "", false
	w.reportTLS()
	assert.Equal(t, before, w.Own.TLS)
}
