package source

import (
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// settings are what an address sets beside the place that it names.
type settings map[string]string

// readSettings reads key=value&…, of the keys that this kind of source has.
func readSettings(query string, known ...string) (settings, *Error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, failed(BadAddress, "its settings cannot be read; write them as key=value&key=value, with special characters as %%XX")
	}
	found := settings{}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		switch {
		case !slices.Contains(known, key):
			return nil, failed(BadAddress, "there is no setting %q; there are: %s", shorten(key), strings.Join(known, ", "))
		case len(values[key]) > 1:
			return nil, failed(BadAddress, "the setting %s is there more than once", key)
		case values[key][0] == "":
			return nil, failed(BadAddress, "the setting %s is empty; leave it out or give it a value", key)
		}
		found[key] = values[key][0]
	}
	return found, nil
}

// checkServer refuses addresses at which a document could be read, or changed, on its way.
func checkServer(address *url.URL, encrypted string) *Error {
	switch {
	case address.Hostname() == "":
		return failed(BadAddress, "the address names no host")
	case address.Scheme != encrypted && !loopback(address.Hostname()):
		return failed(BadAddress, "%s is not encrypted, and only allowed to this machine; use %s", shorten(address.Scheme), encrypted)
	default:
		return nil
	}
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// redacted is an address without what may be secret in it: user and password; the query, which may be a presigned URL's signature; the
// fragment, which has settings.
func redacted(address *url.URL) string {
	shown := url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path, RawPath: address.RawPath}
	if address.RawQuery != "" {
		return shown.String() + "?…"
	}
	return shown.String()
}

func sameServer(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(net.JoinHostPort(a.Hostname(), port(a)), net.JoinHostPort(b.Hostname(), port(b)))
}

func port(address *url.URL) string {
	switch {
	case address.Port() != "":
		return address.Port()
	case address.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// isPath says whether a text leads to a file in a repository, by names alone.
func isPath(text string) bool {
	for name := range strings.SplitSeq(text, "/") {
		if name == "" || name == "." || name == ".." {
			return false
		}
	}
	return true
}
