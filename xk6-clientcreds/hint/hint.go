package hint

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// Credentials is the hint for a server that rejects the client's credentials. It depends on the authentication method.
type Credentials string

// The hints for the methods that client authentication has.
const (
	SecretBasic Credentials = "check {clientId} and {clientSecret}, and whether the server expects {post} or {raw}"
	SecretPost  Credentials = "check {clientId} and {clientSecret}, and whether the server expects {basic}"
	// A server rarely says why it rejects an assertion.
	Assertion Credentials = "check {clientId}, the key or secret with its kid and alg, {assertionAudience} (the issuer " +
		"or the token endpoint, as the server expects), and the clocks"
	Certificate Credentials = "check {clientId}, and that the subject or the key of this certificate is registered at " +
		"the server for it; a proxy that terminates TLS in front of the server must pass the certificate on, or {issuer} " +
		"must lead to the endpoint that asks for it (mtls_endpoint_aliases)"
)

// Client describes the client whose request failed, as far as hints depend on it.
type Client struct {
	Credentials Credentials // of its authentication method
	Certificate bool        // it shows a certificate (RFC 8705)
	DPoP        bool        // it sends DPoP proofs (RFC 9449)
	PlainHTTP   bool        // its endpoint has an http URL
}

// Hints gives hints that name settings as one kind of user writes them.
type Hints struct{ names *strings.Replacer }

// New returns hints with a name for each of Settings.
func New(names map[string]string) Hints {
	pairs := make([]string, 0, 2*len(names))
	for setting, name := range names {
		pairs = append(pairs, "{"+setting+"}", name)
	}
	return Hints{strings.NewReplacer(pairs...)}
}

// For says what to check first after e; it is empty if e says so itself, or nothing is known.
func (h Hints) For(e *oauth.Error, c Client) string { return h.names.Replace(textFor(e, c)) }

// RateLimit is the hint for a server that limits the rate of requests.
func (h Hints) RateLimit() string { return h.names.Replace(rateLimit) }

func textFor(e *oauth.Error, c Client) string {
	switch {
	case errors.Is(e, oauth.ErrExpired):
		return expired
	case e.WrongScheme():
		return "" // the error says what to do
	}
	if text, ok := exchangeHints[e.Code]; ok && e.Grant == oauth.GrantTokenExchange {
		return text
	}
	switch {
	case (e.Code == codeProof || e.Code == oauth.CodeUseNonce) && !c.DPoP:
		return bindKey
	case e.RefusesClient():
		return forRefusal(e, c)
	}
	if text := certificateHints[e.Code]; text != "" && c.Certificate && !distrusted(e) {
		return text
	}
	if e.Code == oauth.CodeConnectionReset && c.PlainHTTP {
		return hints[e.Code] + "; or the server expects https" // some close plain HTTP at a port for TLS without a word
	}
	return general(e)
}

// general is the hint for an error whatever the client is.
func general(e *oauth.Error) string {
	switch {
	case e.Status == http.StatusTooManyRequests:
		return rateLimit
	case e.Code == oauth.CodeHTTPError:
		return statusHints[e.Status]
	}
	return hints[e.Code]
}

// forRefusal is for a server that may not know the client's credentials. They come first, whatever else the error can
// mean, unless the server knows the client by the status.
func forRefusal(e *oauth.Error, c Client) string {
	other := general(e)
	switch {
	case other == "" || e.Code == codeInvalidClient:
		return string(c.Credentials)
	case e.Status == http.StatusBadRequest:
		return other + "; if it does, " + string(c.Credentials)
	}
	return string(c.Credentials) + "; if they are right, " + other
}

// distrusted reports whether this side did not trust the server's certificate.
func distrusted(e *oauth.Error) bool {
	var unverified *tls.CertificateVerificationError
	return errors.As(e, &unverified)
}
