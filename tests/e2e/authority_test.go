package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"connectcharms/requirer-lib/hook"
	"connectcharms/requirer-lib/jujutest"
)

// authority is a charm that provides certificates, and the CA behind it.
type authority struct {
	t *testing.T

	mu     sync.Mutex
	serial int64
	ca     *x509.Certificate
	key    *ecdsa.PrivateKey
	issued map[string]string // by request: certificate, of this CA and since the last renewal
}

// authority deploys self-signed-certificates, a stand-in for the charm of that name.
func (s *stage) authority() *authority {
	s.t.Helper()
	a := &authority{t: s.t}
	a.rotate()
	require.NoError(s.t, s.Deploy("self-signed-certificates", jujutest.FromFunc([]byte(
		"name: self-signed-certificates\nprovides:\n  certificates:\n    interface: tls-certificates\n"), a.provide), jujutest.DeployOptions{}))
	return a
}

// rotate gives the authority another CA. What it issued is issued anew in its next hook.
func (a *authority) rotate() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.serial++
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(a.t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.serial), Subject: pkix.Name{CommonName: fmt.Sprintf("CA %d", a.serial)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(a.t, err)
	a.ca, err = x509.ParseCertificate(der)
	require.NoError(a.t, err)
	a.key, a.issued = key, map[string]string{}
}

// renew has the authority issue anew, by the same CA, in its next hook.
func (a *authority) renew() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.issued = map[string]string{}
}

// pem is the present CA.
func (a *authority) pem() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return certificatePEM(a.ca.Raw)
}

// provide is the charm: every unit's request gets its answer in the application's databag.
func (a *authority) provide(ctx context.Context, h *hook.Hook) error {
	ids, err := h.RelationIDs(ctx, "certificates")
	if err != nil || h.Kind == hook.RelationBroken {
		return err
	}
	for _, id := range ids {
		units, err := h.RelationUnits(ctx, id)
		if err != nil {
			return err
		}
		answers := []map[string]any{}
		for _, unit := range units {
			bag, err := h.RelationGet(ctx, id, unit)
			if err != nil {
				return err
			}
			var requests []struct {
				CSR string `json:"certificate_signing_request"`
				CA  *bool  `json:"ca"`
			}
			if text := bag["certificate_signing_requests"]; text != "" {
				if err := json.Unmarshal([]byte(text), &requests); err != nil {
					return err
				}
			}
			for _, request := range requests {
				certificate, ca, err := a.sign(request.CSR)
				if err != nil {
					return err
				}
				answers = append(answers, map[string]any{
					"certificate_signing_request": request.CSR, "certificate": certificate, "ca": ca, "chain": []string{certificate, ca},
				})
			}
		}
		text, err := json.Marshal(answers)
		if err != nil {
			return err
		}
		if err := h.RelationSetApp(ctx, id, hook.Databag{"certificates": string(text)}); err != nil {
			return err
		}
	}
	return nil
}

func (a *authority) sign(request string) (certificate, ca string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.issued[request]; known != "" {
		return known, certificatePEM(a.ca.Raw), nil
	}
	block, _ := pem.Decode([]byte(request))
	if block == nil {
		return "", "", fmt.Errorf("%q is no request", request)
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return "", "", err
	}
	a.serial++
	certificate, err = a.issue(csr.PublicKey, csr.DNSNames, csr.IPAddresses)
	a.issued[request] = certificate
	return certificate, certificatePEM(a.ca.Raw), err
}

// issue signs a certificate. The caller has the lock, or the authority to itself.
func (a *authority) issue(public any, names []string, addresses []net.IP) (string, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.serial), DNSNames: names, IPAddresses: addresses,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(100 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.ca, public, a.key)
	return certificatePEM(der), err
}

func certificatePEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
