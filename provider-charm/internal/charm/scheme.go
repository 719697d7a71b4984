package charm

import (
	"context"
	"net"
	"slices"
	"strconv"

	"connectcharms/requirer-lib/hook"
	"connectcharms/schemas"
)

// setScheme turns the endpoints to https once every unit that clients know shows a certificate, and back once all of them
// take http again.
func setScheme(w *World) Step {
	if !w.Leader || w.Shared.TLS == nil || w.tls().fresh || w.wantsTLS() == w.tls().HTTPS || len(w.serving()) == 0 || w.withoutScheme() != "" {
		return nil
	}
	return SetScheme{HTTPS: w.wantsTLS()}
}

// SetScheme notes what the endpoints' scheme is from now on. They are published in the same hook.
type SetScheme struct{ HTTPS bool }

func (s SetScheme) Apply(ctx context.Context, u *unit, w *World) error {
	return u.share(ctx, w, func(shared *Shared) {
		record := *shared.TLS
		record.HTTPS, record.Changed = s.HTTPS, w.Now
		shared.TLS = &record
	})
}

// serving are the units that clients know; while there are none, those that could be published.
func (w *World) serving() []string {
	var known, ready []string
	units := w.units()
	for _, unit := range sortedKeys(units) {
		if units[unit].Ready {
			ready = append(ready, unit)
		}
		if slices.ContainsFunc(w.Clients, func(client Client) bool { return client.has(w.endpoint(units[unit])) }) {
			known = append(known, unit)
		}
	}
	if len(known) > 0 {
		return known
	}
	return ready
}

// withoutScheme is the first unit that does not yet do what the endpoints' next scheme takes; empty when all do.
func (w *World) withoutScheme() string {
	units := w.units()
	for _, unit := range w.serving() {
		if report := units[unit].TLS; w.wantsTLS() && report.Shown == "" || !w.wantsTLS() && !report.Plain {
			return unit
		}
	}
	return ""
}

// secretTLS is the secret that clients read of TLS, while endpoints are https.
func (w *World) secretTLS(version schemas.Version) schemas.SecretURI {
	switch {
	case !w.tls().HTTPS:
		return schemas.SecretURI{}
	case version == schemas.V1:
		return schemas.SecretURI{ModelUUID: w.Event.ModelUUID, ID: w.Shared.TLSV1.Secret}
	}
	return schemas.SecretURI{ModelUUID: w.Event.ModelUUID, ID: w.tls().Secret}
}

// clearTLS is what a client gets beside the secret: of what it did not ask for as a secret, v0 clients look for the value
// in the databag. None of it is secret.
func (w *World) clearTLS(client Client) map[string]string {
	fields := map[string]string{}
	if !w.tls().HTTPS {
		return fields
	}
	for key, value := range aboutTLS(schemas.V0, w.tls().pems()) {
		if !client.Want.Requests(key) {
			fields[key] = value.Reveal()
		}
	}
	return fields
}

// endpoint is where clients reach a unit, without the scheme.
func (w *World) endpoint(report Report) string {
	return "://" + net.JoinHostPort(report.Address, strconv.Itoa(w.Config.Port))
}

func tlsStatus(w *World) (hook.Status, bool) {
	if !w.Leader || w.wantsTLS() == w.tls().HTTPS {
		return hook.Status{}, false
	}
	switch unit := w.withoutScheme(); {
	case unit != "" && w.wantsTLS():
		return waiting("the certificate of %s: clients get https when all units have one", unit)
	case unit != "":
		return waiting("%s to take http again", unit)
	}
	return hook.Status{}, false
}
