package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"syscall"

	"connectcharms/requirer-lib/connection"
)

// dialer makes the connections of a probe. Its errors are of the type failure.
type dialer struct {
	tls *tls.Config // nil: in clear
	// reached is told of each phase as it begins; nil: nobody is.
	reached func(connection.Phase)
}

// dial resolves, connects, and where there is to be TLS, has the server show who it is.
func (d dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d.tell(connection.PhaseResolve)
	// Called when there is an address.
	resolved := func(context.Context, string, string, syscall.RawConn) error {
		d.tell(connection.PhaseConnect)
		return nil
	}
	plain, err := (&net.Dialer{ControlContext: resolved}).DialContext(ctx, network, address)
	if err != nil {
		return nil, unreached(err)
	}
	if d.tls == nil {
		d.tell(connection.PhaseRequest)
		return plain, nil
	}
	d.tell(connection.PhaseTLS)
	config := d.tls.Clone()
	config.ServerName, _, _ = net.SplitHostPort(address)
	conn := tls.Client(plain, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, untrusted(err)
	}
	d.tell(connection.PhaseRequest)
	return conn, nil
}

// dialToAsk is dial for HTTP.
func (d dialer) dialToAsk(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return newAskingFirst(conn), nil
}

func (d dialer) tell(phase connection.Phase) {
	if d.reached != nil {
		d.reached(phase)
	}
}

// tlsConfig is how a server is verified and what it is shown; nil stands for what the system trusts, and nothing.
func (v *vault) tlsConfig(spec *connection.TLS) (*tls.Config, *failure) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if spec == nil {
		return config, nil
	}
	var failed *failure
	if spec.CA != nil {
		if config.RootCAs, failed = v.authorities(*spec.CA, x509.NewCertPool()); failed != nil {
			return nil, failed
		}
	}
	if spec.Certificate != nil {
		if config.Certificates, failed = v.shown(*spec); failed != nil {
			return nil, failed
		}
	}
	return config, nil
}

// tokenServerTLS is for the server that gives tokens: it may be a public one, or stand beside the system that they are for.
func (v *vault) tokenServerTLS(spec *connection.TLS) (config *tls.Config, failed *failure) {
	config = &tls.Config{MinVersion: tls.VersionTLS12}
	if spec == nil || spec.CA == nil {
		return config, nil
	}
	system, err := x509.SystemCertPool()
	if err != nil {
		system = x509.NewCertPool()
	}
	config.RootCAs, failed = v.authorities(*spec.CA, system)
	return config, failed
}

// authorities adds the certificates that servers are verified by to a pool.
func (v *vault) authorities(from connection.PEM, pool *x509.CertPool) (*x509.CertPool, *failure) {
	text := from.Text
	if from.From != nil {
		value, failed := v.take("the CA certificates", from.From)
		if failed != nil {
			return nil, failed
		}
		text = value.Reveal()
	}
	if !pool.AppendCertsFromPEM([]byte(text)) {
		return nil, &failure{phase: connection.PhaseSecrets, text: "the CA certificates are none in PEM"}
	}
	return pool, nil
}

// shown is the certificate by which we are known to a server.
func (v *vault) shown(spec connection.TLS) ([]tls.Certificate, *failure) {
	certificate, failed := v.take("the certificate", spec.Certificate)
	if failed != nil {
		return nil, failed
	}
	key, failed := v.take("the certificate's key", spec.Key)
	if failed != nil {
		return nil, failed
	}
	pair, err := tls.X509KeyPair([]byte(certificate.Reveal()), []byte(key.Reveal()))
	if err != nil {
		// The error may quote what it was given.
		return nil, &failure{phase: connection.PhaseSecrets, text: "the certificate and its key are not a pair in PEM"}
	}
	return []tls.Certificate{pair}, nil
}
