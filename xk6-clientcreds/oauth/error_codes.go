package oauth

import "sync"

// Retryability says when the same request may succeed later.
type Retryability string

// What Error.Retryable decides by.
const (
	RetryAlways   Retryability = "yes"
	RetryNever    Retryability = "no"
	RetryByStatus Retryability = "after 429 and 5xx"
)

// CodeInfo describes a value of Error.Code.
type CodeInfo struct {
	Code    string
	Source  string // the RFC section that registers the code; empty for the class of another failure
	Meaning string
	Retry   Retryability
}

// Codes lists the error codes of token and revocation endpoints, and the classes of other failures. These are the
// values of Error.Label, besides "other".
func Codes() []CodeInfo {
	return []CodeInfo{
		{"invalid_request", "RFC 6749 §5.2", "A parameter is missing, repeated, or not accepted by the server.", RetryNever},
		{
			"invalid_client", "RFC 6749 §5.2", "The server does not know the client, or rejects its credentials or its method.",
			RetryNever,
		},
		{
			"invalid_grant", "RFC 6749 §5.2", "The grant is not valid, for example the subject token of a token exchange.",
			RetryNever,
		},
		{"unauthorized_client", "RFC 6749 §5.2", "The client may not use this grant type.", RetryNever},
		{"unsupported_grant_type", "RFC 6749 §5.2", "The server does not support the grant type.", RetryNever},
		{"invalid_scope", "RFC 6749 §5.2", "The scope is unknown, or the client may not request it.", RetryNever},
		{"invalid_target", "RFC 8707 §2", "The resource or audience is unknown or not accepted.", RetryNever},
		{
			"invalid_authorization_details", "RFC 9396 §5", "The authorization details are unknown or not accepted.",
			RetryNever,
		},
		{"invalid_dpop_proof", "RFC 9449 §5", "The DPoP proof is missing or not valid.", RetryNever},
		{CodeUseNonce, "RFC 9449 §8", "The DPoP proof lacks the nonce that the server requires.", RetryNever},
		{"unsupported_token_type", "RFC 7009 §2.2.1", "The server does not revoke tokens of this type.", RetryNever},
		{"access_denied", "RFC 6749 §4.1.2.1", "The server denies the request.", RetryNever},
		{"server_error", "RFC 6749 §4.1.2.1", "The server failed unexpectedly.", RetryAlways},
		{"temporarily_unavailable", "RFC 6749 §4.1.2.1", "The server is overloaded or in maintenance.", RetryAlways},
		{"slow_down", "RFC 8628 §3.5", "The client sends requests too fast.", RetryAlways},
		{CodeTimeout, "", "The server did not answer within `timeout`.", RetryAlways},
		{CodeCanceled, "", "The iteration or the test ended before the server answered.", RetryNever},
		{CodeConnectionRefused, "", "Nothing listens at the endpoint's address.", RetryAlways},
		{CodeConnectionReset, "", "The server or a proxy closed the connection.", RetryAlways},
		{CodeDNS, "", "The host name cannot be resolved.", RetryAlways},
		{CodeTLS, "", "The TLS handshake failed.", RetryNever},
		{CodeTransport, "", "The request failed below HTTP for another reason.", RetryAlways},
		{CodeHTTPError, "", "The response contains no OAuth error, for example the page of a proxy.", RetryByStatus},
		{CodeInvalidResponse, "", "The response is successful and contains no usable token.", RetryNever},
		{CodeDiscovery, "", "The issuer has no usable metadata.", RetryByStatus},
		{CodeClientAuth, "", "The credentials could not be built, so no request was sent.", RetryNever},
		{CodeHostNotAllowed, "", "`CLIENTCREDS_ALLOW_HOSTS` does not list the host. The test ends.", RetryNever},
		{CodeMaxRequests, "", "The run has sent as many token requests as `maxRequests` allows. The test ends.", RetryNever},
		{CodeTokenType, "", "The token has another type than requested, such as `Bearer` despite a DPoP proof.", RetryNever},
		{CodeTokenBinding, "", "The token is bound to another key or certificate than the client's.", RetryNever},
	}
}

// codeTable has the rows of Codes by their code.
var codeTable = sync.OnceValue(func() map[string]CodeInfo {
	table := make(map[string]CodeInfo)
	for _, row := range Codes() {
		table[row.Code] = row
	}
	return table
})

// isClass reports whether code is the class of a failure that is not an OAuth error.
func isClass(code string) bool {
	info, known := codeTable()[code]
	return known && info.Source == ""
}

// isRegistered reports whether an RFC registers code.
func isRegistered(code string) bool { return codeTable()[code].Source != "" }
