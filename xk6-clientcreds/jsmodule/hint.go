package jsmodule

import (
	"crypto/tls"
	"errors"
	"net/http"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// hints say, at 2 a.m., where to look first: by Error.Code.
var hints = map[string]string{
	codeInvalidClient:        hintSecret,
	"unauthorized_client":    "the server does not allow this client the client_credentials grant",
	"invalid_grant":          "the server may require something that it does not mention, such as dpop: true",
	"unsupported_grant_type": "the server does not offer the client_credentials grant at this endpoint",
	"invalid_scope":          "the client may not request this scope; check the scope option",
	"invalid_target":         "the server does not know this audience or resource",
	"invalid_request": "a parameter is missing or not accepted by the server; check params, audience and " +
		"resource",
	"access_denied":             "a policy of the server denies this client a token; see the server's log",
	"slow_down":                 hintTooMany,
	"temporarily_unavailable":   hintBroken,
	"server_error":              hintBroken,
	oauth.CodeCanceled:          "k6 ended the iteration or the test in the meantime",
	oauth.CodeConnectionRefused: "nothing listens there; check tokenUrl or issuer, and k6's hosts option",
	oauth.CodeConnectionReset: "the server or a proxy in front of it closed the connection: it is overloaded, " +
		"restarting, or not an HTTP server",
	oauth.CodeDNS: "the host cannot be resolved; check tokenUrl or issuer, and k6's hosts and dns options",
	oauth.CodeTLS: "check the certificate; SSL_CERT_FILE names a CA file to trust, insecureSkipTLSVerify " +
		"is k6's option for tests",
	oauth.CodeTimeout: "the server did not answer within the timeout option",
	oauth.CodeInvalidResponse: "this is not the answer of a token endpoint (RFC 6749 §5.1); check tokenUrl, or the " +
		"server",
	oauth.CodeClientAuth: "nothing was sent; check the assertion, or key",
	oauth.CodeDiscovery:  "check issuer, or give tokenUrl instead",
	oauth.CodeTokenType: "check the dpop option, and whether the server binds this client's tokens to a key " +
		"(RFC 9449)",
	oauth.CodeTokenBinding: "this token cannot be used with the client's key; the server must be fixed",
	oauth.CodeUseNonce: "the server demands a nonce, and then rejects its own nonces or sends none; with " +
		"several nodes, they may not share nonces",
	codeProof: "check dpop and its alg, the clocks on both sides, and whether the server knows its " +
		"own URL as in tokenUrl",

	"invalid_authorization_details": "the server does not know these authorization details, or the client may not " +
		"request them; check authorizationDetails",
}

const (
	codeInvalidClient = "invalid_client"     // RFC 6749 §5.2
	codeProof         = "invalid_dpop_proof" // RFC 9449 §5
)

const (
	hintTooMany = "the server limits the rate of token requests; cache.scope: 'shared' needs the fewest"
	hintSecret  = "check clientId and clientSecret, and whether the server expects auth: 'client_secret_post' or " +
		"basicEncoding: 'raw'"
	// A server rarely says why it rejects an assertion.
	hintAssertion = "check clientId, the key or secret with its kid and alg, assertion.audience (the issuer or the " +
		"token endpoint, as the server expects), and the clocks"
	hintProof   = "the server requires this client's tokens to be bound to a key (RFC 9449); set dpop: true"
	hintExpired = "the server takes longer to answer than its tokens live: find out why it is slow, or have it " +
		"grant a longer lifetime"
	hintClear       = "; or the server expects https" // some end plain HTTP at a port for TLS without a word
	hintCertificate = "check clientId, and that the subject or the key of this certificate is registered at the server " +
		"for it; " +
		"a proxy that terminates TLS in front of the server must pass the certificate on, or issuer must lead to the " +
		"endpoint that asks for it (mtls_endpoint_aliases)"
	hintBroken = "the server has an internal problem; see its log"
)

// statusHints are the hints for answers that are not OAuth errors, by status.
var statusHints = map[int]string{
	http.StatusBadRequest: "check that tokenUrl is a token endpoint, and whether the server expects https",
	http.StatusUnauthorized: "something in front of the token endpoint expects other credentials, such as a " +
		"proxy or gateway",
	http.StatusForbidden: "something in front of the token endpoint forbids the request, such as a proxy, " +
		"gateway or firewall",
	http.StatusNotFound:            "there is nothing at this path; check tokenUrl",
	http.StatusMethodNotAllowed:    "this path does not take POST; check that tokenUrl is a token endpoint",
	http.StatusTooManyRequests:     hintTooMany,
	http.StatusInternalServerError: hintBroken,
	http.StatusBadGateway:          "a proxy cannot reach the server",
	http.StatusServiceUnavailable:  "the server or a proxy in front of it is overloaded or down",
	http.StatusGatewayTimeout:      "the server does not answer its proxy in time",
}

// dated reports whether what the server refused has the time of this machine in it, so that the server's
// clock can be the reason.
func dated(o *options, e *oauth.Error) bool {
	return (e.Code == codeProof && o.DPoP.On) || (e.RefusesClient() && o.method().signs)
}

func hint(o *options, e *oauth.Error) string {
	if errors.Is(e, oauth.ErrExpired) {
		return hintExpired
	}
	if e.Grant == oauth.GrantTokenExchange {
		if text, ok := exchangeHints[e.Code]; ok {
			return text
		}
	}
	if (e.Code == codeProof || e.Code == oauth.CodeUseNonce) && !o.DPoP.On {
		return hintProof
	}
	switch {
	case e.WrongScheme():
		return "" // the error says what to do
	case e.RefusesClient():
		return hintRefused(o, e)
	}
	if text := certificateHints[e.Code]; text != "" && o.byCertificate() && !distrusted(e) {
		return text
	}
	if e.Code == oauth.CodeConnectionReset && o.inTheClear() {
		return hints[e.Code] + hintClear
	}
	return generalHint(e)
}

// generalHint is the hint of an error whatever the client is.
func generalHint(e *oauth.Error) string {
	if e.Code == oauth.CodeHTTPError {
		return statusHints[e.Status]
	}
	return hints[e.Code]
}

// hintRefused is for a server that does not know the client's credentials: they come first, whatever else
// the error can mean.
func hintRefused(o *options, e *oauth.Error) string {
	text := o.method().hint
	if other := generalHint(e); other != "" && e.Code != codeInvalidClient {
		text += "; if they are right, " + other
	}
	return text
}

// inTheClear reports whether the endpoint, or the issuer, has an http URL.
func (o *options) inTheClear() bool {
	return strings.HasPrefix(strings.ToLower(o.TokenURL+o.Issuer), "http:")
}

// hintHandshake is for a server that ends the handshake, or the connection right after it: with TLS
// 1.3 it says so only once the client thinks that it is connected, and many servers do not say why.
const hintHandshake = "the server may have refused the client's certificate: check that it is not expired, that " +
	"certificate contains the intermediate CAs, " +
	"and that the server trusts its CA"

// certificateHints are the hints for clients that authenticate with a certificate, by Error.Code.
var certificateHints = map[string]string{
	oauth.CodeTLS: hintHandshake +
		"; or its own certificate is not trusted: SSL_CERT_FILE names a CA file to trust",
	oauth.CodeConnectionReset: hintHandshake + "; or it is overloaded or restarting",
	oauth.CodeTokenBinding: "the server received another certificate than this client's, such as the certificate of a " +
		"proxy, " +
		"or it issues one token to several clients",
}

// distrusted reports whether it is this side that did not trust the other's certificate.
func distrusted(e *oauth.Error) bool {
	var unverified *tls.CertificateVerificationError
	return errors.As(e, &unverified)
}

// exchangeHints are the hints where it was the token exchange (RFC 8693) that failed.
var exchangeHints = map[string]string{
	// RFC 8693 §2.2.2 has servers say so of whatever they have against a token.
	"invalid_request": "the server does not accept a token of the exchange, or its type, or a parameter; check " +
		"exchange",
	"invalid_scope": "the token may not get this scope in the exchange; check exchange.scope",
	"invalid_target": "the server does not know the exchange's audience or resource, or this client may not " +
		"have tokens for it",
	"unauthorized_client":    "the server does not allow this client the token-exchange grant",
	"unsupported_grant_type": "the server does not offer token exchange (RFC 8693) at this endpoint",
	oauth.CodeInvalidResponse: "this is not the answer to a token exchange (RFC 8693 §2.2.1); check " +
		"exchange.requestedTokenType, or the server",
}
