package plugins

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"
)

// Reason is why a plugin could not be installed.
type Reason string

// The reasons, in the order in which an installation can meet them.
const (
	// BadURL: not an http or https URL with a host.
	BadURL Reason = "bad-url"
	// Unreachable: no name, no connection, or no answer that is HTTP.
	Unreachable Reason = "unreachable"
	// Untrusted: the server's TLS certificate could not be verified.
	Untrusted Reason = "untrusted"
	// BadRedirect: a loop, too many, to another protocol, or from https to http.
	BadRedirect Reason = "bad-redirect"
	// BadStatus: an answer other than 200; InstallError.Status has its code.
	BadStatus Reason = "bad-status"
	// TooSlow: Limits.Stall or Limits.Total ran out.
	TooSlow Reason = "too-slow"
	// CutShort: the connection ended before the archive did.
	CutShort Reason = "cut-short"
	// TooLarge: Limits.Download, Limits.Unpacked or Limits.Files was passed.
	TooLarge Reason = "too-large"
	// NotArchive: the bytes are something else, such as an HTML page, or packed in a way that is not read.
	NotArchive Reason = "not-archive"
	// BrokenArchive: it begins as an archive, arrived whole, and is damaged.
	BrokenArchive Reason = "broken-archive"
	// UnsafeEntry: the archive holds something no plugin needs: a link, a device, a path outside, a name twice, a password.
	UnsafeEntry Reason = "unsafe-entry"
	// WrongDigest: the bytes are not the ones that were asked for.
	WrongDigest Reason = "wrong-digest"
	// NoJar: nothing in it that Kafka Connect could load.
	NoJar Reason = "no-jar"
	// BrokenJar: a jar in it cannot be read.
	BrokenJar Reason = "broken-jar"
	// NoClass: its jars hold no class that Kafka Connect lists.
	NoClass Reason = "no-class"
	// Disk: the store could not be written: full, read-only, not permitted.
	Disk Reason = "disk"
	// Canceled: the caller's context ended.
	Canceled Reason = "canceled"
)

// longestMessage is the most characters of InstallError.Error: what `juju status` shows of a unit's message without
// pushing everything else off the line.
const longestMessage = 120

// InstallError is the one error of Store.Install.
type InstallError struct {
	// URL is where the plugin was to come from, fit to be shown: without user, password, query or fragment.
	URL string
	// Reason is why it could not be installed.
	Reason Reason
	// Status is the HTTP status code when Reason is BadStatus, otherwise 0.
	Status int
	// Err says it in words and holds the cause; it never holds the URL's secrets.
	Err error
}

// Error returns one line of at most 120 characters, fit for a unit's status. It names the whole URL when that leaves
// room for the cause, and its host when not.
func (e *InstallError) Error() string {
	detail := oneLine(e.Err.Error())
	for _, source := range []string{e.URL, hostOf(e.URL)} {
		if message := "plugin " + source + ": " + detail; utf8.RuneCountInString(message) <= longestMessage {
			return message
		}
	}
	return shorten("plugin "+shorten(hostOf(e.URL), longestMessage/3)+": "+detail, longestMessage)
}

// Unwrap returns the cause.
func (e *InstallError) Unwrap() error { return e.Err }

// Temporary says whether another try soon may succeed without anybody changing the plugin or its URL: the network, a
// server that is starting (404 included), this unit's disk. The other failures last until the file behind the URL changes.
func (e *InstallError) Temporary() bool {
	switch e.Reason {
	case Unreachable, TooSlow, CutShort, Disk, Canceled:
		return true
	case BadStatus:
		return e.Status >= http.StatusInternalServerError || e.Status == http.StatusNotFound ||
			e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooEarly || e.Status == http.StatusTooManyRequests
	default:
		return false
	}
}

// failed makes an InstallError whose URL Store.Install fills in.
func failed(reason Reason, format string, args ...any) *InstallError {
	return &InstallError{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// The causes with which an installation's own context ends.
var (
	errStalled  = errors.New("stalled")
	errOvertime = errors.New("overtime")
)

// networkError names what ended a request or the reading of its body.
func networkError(ctx context.Context, limits Limits, err error) *InstallError {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errStalled):
		return failed(TooSlow, "the server sent nothing for %s", limits.Stall)
	case errors.Is(cause, errOvertime):
		return failed(TooSlow, "not installed within %s: the server is too slow", limits.Total)
	case cause != nil:
		return failed(Canceled, "stopped: %w", cause)
	}
	var (
		named       *InstallError
		operation   *net.OpError
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		notTLS      tls.RecordHeaderError
		network     net.Error
	)
	switch {
	case errors.As(err, &named):
		return named
	case errors.As(err, &operation) && operation.Op == "proxyconnect":
		return failed(Unreachable, "no connection to the proxy: %w", operation.Err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return failed(Unreachable, "its host is not known to DNS: %w", err)
	case errors.As(err, &dns):
		return failed(Unreachable, "DNS gives no answer about its host: %w", err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return failed(Unreachable, "connection refused: is the server running? (%w)", err)
	case errors.As(err, &certificate):
		return failed(Untrusted, "its TLS certificate is not trusted: %w", certificate.Err)
	case errors.As(err, &notTLS):
		return failed(Unreachable, "the server does not speak TLS: is its URL http://? (%w)", err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return failed(CutShort, "the connection ended too early: %w", err)
	case errors.Is(err, io.EOF):
		return failed(Unreachable, "the server closed the connection without an answer")
	case errors.As(err, &network):
		return failed(Unreachable, "no connection: %w", err)
	default:
		// net/http quotes the answer in these, and the answer may quote the request, query and all.
		return failed(Unreachable, "the server's answer is not usable HTTP")
	}
}

// diskError names what kept the store from being written.
func diskError(err error) *InstallError {
	var named *InstallError
	switch {
	case errors.As(err, &named):
		return named
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return failed(Disk, "the unit's disk is full: free some space (%w)", err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return failed(Disk, "the unit's disk cannot be written: %w", err)
	default:
		return failed(Disk, "cannot store it on the unit: %w", err)
	}
}

// asInstallError gives err its URL. Whatever is not named yet comes from the file system.
func asInstallError(shownURL string, err error) *InstallError {
	var known *InstallError
	if !errors.As(err, &known) {
		known = diskError(err)
	}
	named := *known
	named.URL = shownURL
	return &named
}

// hostOf returns the host and port of a URL that was made fit to be shown.
func hostOf(shownURL string) string {
	_, rest, found := strings.Cut(shownURL, "://")
	if !found {
		return shownURL
	}
	host, _, _ := strings.Cut(rest, "/")
	return host
}

// oneLine replaces line breaks and other control characters, which a server may have put into an error.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// shorten cuts text to at most length characters, the last of which then says that it was cut.
func shorten(text string, length int) string {
	if utf8.RuneCountInString(text) <= length {
		return text
	}
	return string([]rune(text)[:length-1]) + "…"
}
