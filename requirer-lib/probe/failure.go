package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"connectcharms/requirer-lib/connection"
)

// failure is why a system could not be asked.
type failure struct {
	phase connection.Phase
	// text goes on from the system's address: "the port is closed".
	text string
	// transient: it may pass without anybody doing something.
	transient bool
	// refused: the system was reached, and does not accept the credentials.
	refused bool
	// word is the one by which OAuth tells its errors; empty where it does not.
	word string
}

func (f *failure) Error() string { return f.text }

// asFailure judges any error that came up in a phase.
func asFailure(err error, phase connection.Phase) *failure {
	if known, is := errors.AsType[*failure](err); is {
		return known
	}
	if isLate(err) {
		return &failure{phase: phase, text: lateText(phase), transient: true}
	}
	if is := certificateFailure(err); is != nil {
		return is
	}
	if rejected := rejectedByServer(err); rejected != nil {
		return rejected
	}
	if isCutOff(err) {
		return &failure{phase: phase, text: "it closed the connection", transient: true}
	}
	return &failure{phase: phase, text: err.Error()}
}

// unreached judges why there is no connection.
func unreached(err error) *failure {
	lookup, isLookup := errors.AsType[*net.DNSError](err)
	switch {
	case isLookup && lookup.IsNotFound:
		return &failure{phase: connection.PhaseResolve, text: "the name does not resolve"}
	case isLookup:
		return &failure{phase: connection.PhaseResolve, text: "the name could not be looked up", transient: true}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &failure{phase: connection.PhaseConnect, text: "nothing listens there: the connection was refused", transient: true}
	case isLate(err):
		return &failure{phase: connection.PhaseConnect, text: lateText(connection.PhaseConnect), transient: true}
	}
	text := err.Error()
	if inner, is := errors.AsType[syscall.Errno](err); is {
		text = inner.Error()
	}
	return &failure{phase: connection.PhaseConnect, text: text, transient: true}
}

// untrusted judges why there is no TLS with a server.
func untrusted(err error) *failure {
	if known := certificateFailure(err); known != nil {
		return known
	}
	if rejected := rejectedByServer(err); rejected != nil {
		return rejected
	}
	_, isNoRecord := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case isLate(err):
		return &failure{phase: connection.PhaseTLS, text: lateText(connection.PhaseTLS), transient: true}
	case isNoRecord:
		return &failure{phase: connection.PhaseTLS, text: "it does not speak TLS"}
	case isCutOff(err):
		return &failure{phase: connection.PhaseTLS, text: "it closed the connection when TLS began: it may not speak TLS"}
	}
	return &failure{phase: connection.PhaseTLS, text: err.Error()}
}

// certificateFailure says what is wrong with a server's certificate; nil: nothing is, as far as the error tells.
func certificateFailure(err error) *failure {
	text := ""
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](err)
	other, isOther := errors.AsType[x509.HostnameError](err)
	unknown, isUnknown := errors.AsType[x509.UnknownAuthorityError](err)
	switch {
	case isInvalid && invalid.Reason == x509.Expired:
		text = whenValid(invalid.Cert)
	case isOther:
		text = fmt.Sprintf("its certificate is for %s and not for %s", namesOf(other.Certificate), other.Host)
	case isUnknown:
		text = signedBy(unknown.Cert)
	case isInvalid:
		text = "its certificate is not valid: " + invalid.Error()
	default:
		return nil
	}
	return &failure{phase: connection.PhaseTLS, text: text}
}

func whenValid(certificate *x509.Certificate) string {
	if now := time.Now(); now.Before(certificate.NotBefore) {
		return "its certificate is not valid yet: it will be from " + certificate.NotBefore.UTC().Format(time.RFC3339) + " on"
	}
	return "its certificate has expired: it was valid until " + certificate.NotAfter.UTC().Format(time.RFC3339)
}

// mostNames is how many of the names in a certificate are told.
const mostNames = 3

func namesOf(certificate *x509.Certificate) string {
	names := slices.Clone(certificate.DNSNames)
	for _, address := range certificate.IPAddresses {
		names = append(names, address.String())
	}
	switch {
	case len(names) == 0:
		return "no name"
	case len(names) > mostNames:
		return strings.Join(names[:mostNames], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}

func signedBy(certificate *x509.Certificate) string {
	if certificate == nil {
		return "its certificate is not signed by an authority that is trusted"
	}
	if certificate.Issuer.String() == certificate.Subject.String() {
		return "its certificate is signed by itself, and not trusted: name it as ca"
	}
	return fmt.Sprintf("its certificate is signed by %q, which is not trusted: name that authority as ca", certificate.Issuer.CommonName)
}

// rejections are the alerts of TLS by which a server says that it does not take the certificate that it was shown, or
// misses one, as package tls words them.
var rejections = []string{
	"bad certificate", "unsupported certificate", "revoked certificate", "expired certificate", "unknown certificate",
	"unknown certificate authority", "access denied", "certificate required",
}

func rejectedByServer(err error) *failure {
	operation, is := errors.AsType[*net.OpError](err)
	if !is || operation.Op != "remote error" {
		return nil
	}
	alert := strings.TrimPrefix(operation.Err.Error(), "tls: ")
	if slices.Contains(rejections, alert) {
		return &failure{phase: connection.PhaseTLS, text: "it does not accept the certificate that it was shown, or that it was shown none: " + alert, refused: true}
	}
	return &failure{phase: connection.PhaseTLS, text: "it ended TLS: " + alert}
}

func isLate(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

func isCutOff(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// lateText says what did not come in time.
func lateText(phase connection.Phase) string {
	switch phase {
	case connection.PhaseResolve:
		return "the name was not resolved in time"
	case connection.PhaseConnect:
		return "no connection came about in time"
	case connection.PhaseTLS:
		return "it accepted the connection and did not begin TLS in time"
	case connection.PhaseAuthenticate:
		return "it did not answer the log-in in time"
	}
	return "it accepted the connection and did not answer in time"
}
