package probe

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"connectcharms/requirer-lib/connection"
)

// token is a bearer token, with what it says of itself where it is a JWT. That is told and never relied on: nobody has
// verified it here.
type token struct {
	text string
	claims
	// isRenewed says that each probe gets one of its own: when this one ends is nobody's concern.
	isRenewed bool
}

type claims struct {
	Subject      string  `json:"sub"`
	Email        string  `json:"email"`
	Organization string  `json:"organizationId"` // Confluent's
	Expiry       float64 `json:"exp"`            // seconds since 1970
}

// token takes the one that credentials have, or gets one from where they say.
func (a *asked) token(ctx context.Context, credentials connection.Credentials, trust *connection.TLS) (token, *failure) {
	if credentials.Token == nil {
		return a.fetchToken(ctx, credentials, trust)
	}
	value, failed := a.vault.take("the token", credentials.Token)
	return token{text: value.Reveal(), claims: claimsOf(value.Reveal())}, failed
}

// fetchToken gets one by client credentials (RFC 6749, 4.4).
func (a *asked) fetchToken(ctx context.Context, credentials connection.Credentials, trust *connection.TLS) (token, *failure) {
	secret, failed := a.vault.take("the client's secret", credentials.ClientSecret)
	if failed != nil {
		return token{}, failed
	}
	verify, failed := a.vault.tokenServerTLS(trust)
	if failed != nil {
		return token{}, failed
	}
	// Both are encoded first (RFC 6749, 2.3.1).
	who := a.vault.basic(url.QueryEscape(credentials.ClientID), url.QueryEscape(secret.Reveal()))
	server := newREST(credentials.TokenURL, verify, who)
	defer server.close()
	form := url.Values{"grant_type": {"client_credentials"}}
	if credentials.Scope != "" {
		form.Set("scope", credentials.Scope)
	}
	var answer struct {
		Token string `json:"access_token"`
		Type  string `json:"token_type"`
	}
	if failed := server.post(ctx, form, decode(&answer)); failed != nil {
		return token{}, tokenFailure(failed, hostOf(credentials.TokenURL))
	}
	if answer.Token == "" || !strings.EqualFold(answer.Type, "Bearer") {
		return token{}, &failure{phase: connection.PhaseToken, text: hostOf(credentials.TokenURL) + ": its answer has no bearer token in it"}
	}
	a.vault.hides(answer.Token)
	return token{text: answer.Token, claims: claimsOf(answer.Token), isRenewed: true}, nil
}

// refusals are what a token server says of credentials that it does not accept (RFC 6749, 5.2).
var refusals = []string{"invalid_client", "invalid_grant", "unauthorized_client"}

// tokenFailure is one of getting a token, whatever it was to the token's server.
func tokenFailure(of *failure, host string) *failure {
	return &failure{
		phase: connection.PhaseToken, text: host + ": " + of.text, transient: of.transient,
		refused: of.refused || slices.Contains(refusals, of.word),
	}
}

// claimsOf reads the payload of a JWT (RFC 7519); another token has none.
func claimsOf(text string) (said claims) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return claims{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &said) != nil {
		return claims{}
	}
	return said
}

// lastExpiry ends the year 9999: RFC 3339, and so JSON, has none later.
const lastExpiry = 253402300799

// ends is when the token does; zero where it does not say, or is renewed.
func (t token) ends() time.Time {
	if t.isRenewed || t.Expiry <= 0 || t.Expiry > lastExpiry {
		return time.Time{}
	}
	return time.Unix(int64(t.Expiry), 0).UTC()
}

// enter notes who one is by a token, and until when.
func (a *asked) enter(by token) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.user = connection.User{ID: by.Subject, Username: by.Email, OrganizationID: by.Organization}
	a.ends = by.ends()
}
