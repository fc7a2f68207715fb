package hint

import (
	"net/http"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// Settings lists the placeholders of the texts, so that callers can prove that they have a name for each. The name of a
// setting that begins with "and" is a clause of a sentence, which may be empty.
func Settings() []string {
	return []string{
		"andHosts", "andDNS", "andInsecure", "assertionAudience", "audience", "authorizationDetails", "basic",
		"certificate", "clientId", "clientSecret", "dpop", "dpopAlg", "dpopOn", "exchange", "exchangeRequestedTokenType",
		"exchangeScope", "issuer", "params", "post", "raw", "resource", "scope", "shared", "signingKey", "timeout",
		"tokenUrl",
	}
}

const (
	codeInvalidClient = "invalid_client"     // RFC 6749 §5.2
	codeProof         = "invalid_dpop_proof" // RFC 9449 §5
)

const (
	rateLimit = "the server limits the rate of token requests; {shared} needs the fewest"
	broken    = "the server has an internal problem; see its log"
	bindKey   = "the server requires this client's tokens to be bound to a key (RFC 9449); set {dpopOn}"
	expired   = "the server takes longer to answer than its tokens live: find out why it is slow, or have it " +
		"grant a longer lifetime"
	// With TLS 1.3, a server ends the handshake, or the connection right after it, once the client thinks that it is
	// connected. Many servers do not say why.
	handshake = "the server may have refused the client's certificate: check that it is not expired, that " +
		"{certificate} contains the intermediate CAs, and that the server trusts its CA"
)

// hints are by Error.Code.
var hints = map[string]string{
	"unauthorized_client":    "the server does not allow this client the client_credentials grant",
	"invalid_grant":          "the server may require something that it does not mention, such as {dpopOn}",
	"unsupported_grant_type": "the server does not offer the client_credentials grant at this endpoint",
	"invalid_scope":          "the client may not request this scope; check {scope}",
	"invalid_target":         "the server does not know this audience or resource",
	"invalid_request": "a parameter is missing or not accepted by the server; check {params}, {audience} and " +
		"{resource}",
	"access_denied":             "a policy of the server denies this client a token; see the server's log",
	"slow_down":                 rateLimit,
	"temporarily_unavailable":   broken,
	"server_error":              broken,
	oauth.CodeCanceled:          "k6 ended the iteration or the test in the meantime",
	oauth.CodeConnectionRefused: "nothing listens there; check {tokenUrl} or {issuer}{andHosts}",
	oauth.CodeConnectionReset: "the server or a proxy in front of it closed the connection: it is overloaded, " +
		"restarting, or not an HTTP server",
	oauth.CodeDNS:     "the host cannot be resolved; check {tokenUrl} or {issuer}{andDNS}",
	oauth.CodeTLS:     "check the certificate; SSL_CERT_FILE names a CA file to trust{andInsecure}",
	oauth.CodeTimeout: "the server did not answer within {timeout}",
	oauth.CodeInvalidResponse: "this is not the answer of a token endpoint (RFC 6749 §5.1); check {tokenUrl}, or the " +
		"server",
	oauth.CodeClientAuth: "nothing was sent; check {signingKey}",
	oauth.CodeDiscovery:  "check {issuer}, or set {tokenUrl} instead",
	oauth.CodeTokenType: "check {dpop}, and whether the server binds this client's tokens to a key " +
		"(RFC 9449)",
	oauth.CodeTokenBinding: "this token cannot be used with the client's key; the server must be fixed",
	oauth.CodeUseNonce: "the server demands a nonce, and then rejects its own nonces or sends none; with " +
		"several nodes, they may not share nonces",
	codeProof: "check {dpopAlg}, the clocks on both sides, and whether the server knows its own URL as in {tokenUrl}",

	"invalid_authorization_details": "the server does not know these authorization details, or the client may not " +
		"request them; check {authorizationDetails}",
}

// statusHints are for answers that are not OAuth errors, by status.
var statusHints = map[int]string{
	http.StatusBadRequest: "check that {tokenUrl} is a token endpoint, and whether the server expects https",
	http.StatusUnauthorized: "something in front of the token endpoint expects other credentials, such as a " +
		"proxy or gateway",
	http.StatusForbidden: "something in front of the token endpoint forbids the request, such as a proxy, " +
		"gateway or firewall",
	http.StatusNotFound:            "there is nothing at this path; check {tokenUrl}",
	http.StatusMethodNotAllowed:    "this path does not take POST; check that {tokenUrl} is a token endpoint",
	http.StatusInternalServerError: broken,
	http.StatusBadGateway:          "a proxy cannot reach the server",
	http.StatusServiceUnavailable:  "the server or a proxy in front of it is overloaded or down",
	http.StatusGatewayTimeout:      "the server does not answer its proxy in time",
}

// certificateHints are for clients that authenticate with a certificate, by Error.Code.
var certificateHints = map[string]string{
	oauth.CodeTLS: handshake +
		"; or its own certificate is not trusted: SSL_CERT_FILE names a CA file to trust",
	oauth.CodeConnectionReset: handshake + "; or it is overloaded or restarting",
	oauth.CodeTokenBinding: "the server received another certificate than this client's, such as the certificate of a " +
		"proxy, or it issues one token to several clients",
}

// exchangeHints are for a token exchange (RFC 8693) that failed, by Error.Code.
var exchangeHints = map[string]string{
	// RFC 8693 §2.2.2 has servers say so of whatever they have against a token.
	"invalid_request": "the server does not accept a token of the exchange, or its type, or a parameter; check " +
		"{exchange}",
	"invalid_scope": "the token may not get this scope in the exchange; check {exchangeScope}",
	"invalid_target": "the server does not know the exchange's audience or resource, or this client may not " +
		"have tokens for it",
	"unauthorized_client":    "the server does not allow this client the token-exchange grant",
	"unsupported_grant_type": "the server does not offer token exchange (RFC 8693) at this endpoint",
	oauth.CodeInvalidResponse: "this is not the answer to a token exchange (RFC 8693 §2.2.1); check " +
		"{exchangeRequestedTokenType}, or the server",
}
