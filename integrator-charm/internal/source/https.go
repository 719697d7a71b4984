package source

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
)

// https is a document at a URL. The query is the server's; the settings stand in the fragment, which servers never see.
type https struct {
	address *url.URL // without user, password and fragment
	account account
	caFile  string
	options Options
}

func parseHTTPS(address *url.URL, options Options) (Source, *Error) {
	if err := checkServer(address, "https"); err != nil {
		return nil, err
	}
	set, err := readSettings(address.EscapedFragment(), "user", "password-file", "token-file", "ca-file")
	if err != nil {
		return nil, err
	}
	user, _ := options.Env("SOURCE_HTTPS_USER")
	who := account{
		user:     cmp.Or(set["user"], user),
		password: options.credential(set["password-file"], "SOURCE_HTTPS_PASSWORD"),
		token:    options.credential(set["token-file"], "SOURCE_HTTPS_TOKEN"),
	}
	if address.User != nil {
		who = account{user: address.User.Username(), password: inAddress(address.User)}
	}
	bare := *address
	bare.User, bare.Fragment, bare.RawFragment = nil, "", ""
	return &https{address: &bare, account: who, caFile: set["ca-file"], options: options}, nil
}

func (h *https) String() string { return redacted(h.address) }

func (h *https) Fetch(ctx context.Context, have Revision) (Document, error) {
	return h.options.fetch(ctx, h.String(), have, func(ctx context.Context, have Revision) (Document, error) {
		header := http.Header{}
		if err := h.account.authorize(header); err != nil {
			return Document{}, err
		}
		return h.options.ask(ctx, question{url: h.address, header: header, have: have, caFile: h.caFile})
	})
}

// authorize says who asks: a token as bearer, unless it belongs to a user.
func (a account) authorize(header http.Header) error {
	switch {
	case a.user != "":
		password, err := a.basicPassword()
		if err != nil {
			return err
		}
		pair := base64.StdEncoding.EncodeToString([]byte(a.user + ":" + password.Reveal()))
		header.Set("Authorization", "Basic "+pair)
	case !a.token.isZero():
		token, err := a.token.line()
		if err != nil {
			return err
		}
		header.Set("Authorization", "Bearer "+token.Reveal())
	}
	return nil
}
