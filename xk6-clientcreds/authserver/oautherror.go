package authserver

import (
	"maps"
	"net/http"
)

// oauthError is an error response of RFC 6749 §5.2. All of them are made once:
// what a request said never gets into them.
type oauthError struct {
	result tokenResult
	status int
	body   []byte
	header http.Header // of a provider's answer, which has no others; nil for the answers of this server
}

func newError(result tokenResult, status int, description string) *oauthError {
	body := append([]byte(`{"error":"`), tokenResultNames[result]...)
	body = append(body, `","error_description":`...)
	body = appendJSONString(body, description)
	return &oauthError{result: result, status: status, body: append(body, '}')}
}

func invalidRequest(description string) *oauthError {
	return newError(resultInvalidRequest, http.StatusBadRequest, description)
}

func invalidClient(description string) *oauthError {
	return newError(resultInvalidClient, http.StatusUnauthorized, description)
}

var (
	errMethod   = newError(resultInvalidRequest, http.StatusMethodNotAllowed, "this endpoint takes POST requests only")
	errTooLarge = newError(resultInvalidRequest, http.StatusRequestEntityTooLarge,
		"the request body is larger than 64 KiB")

	errContentType      = invalidRequest("the Content-Type must be application/x-www-form-urlencoded")
	errQueryCredentials = invalidRequest("client credentials must not be sent in the URI")
	errBody             = invalidRequest("the request body could not be read")
	errEncoding         = invalidRequest("the request body is not form-encoded")
	errTooManyParams    = invalidRequest("the request has more than 64 parameters")
	errDuplicate        = invalidRequest("a parameter is included more than once")
	errManyMethods      = invalidRequest("the request uses more than one client authentication method")
	errManyHeaders      = invalidRequest("the request has more than one Authorization header")
	errOtherClientID    = invalidRequest("client_id is not the client that authenticated")
	errNoGrantType      = invalidRequest("grant_type is missing")
	errNoToken          = invalidRequest("token is missing")

	errNoCredentials   = invalidClient("the request has no client authentication")
	errWrongScheme     = invalidClient("the scheme of the Authorization header is not supported")
	errBasicSyntax     = invalidClient("the Basic credentials are malformed")
	errBasicEncoding   = invalidClient("the Basic credentials are not form-encoded")
	errWrongSecret     = invalidClient("client authentication failed")
	errMethodForbidden = invalidClient("the client may not use this authentication method")

	errUnsupportedGrant = newError(resultUnsupportedGrantType, http.StatusBadRequest,
		"the grant type is not supported, only client_credentials and token-exchange are")
	errForbiddenGrant = newError(resultUnauthorizedClient, http.StatusBadRequest,
		"the client may not use this grant")
	errForeignToken = newError(resultUnauthorizedClient, http.StatusBadRequest,
		"the token was issued to another client")
	errScopeSyntax = newError(resultInvalidScope, http.StatusBadRequest,
		"the scope is malformed; it must be tokens separated by single spaces")
	errUnknownScope = newError(resultInvalidScope, http.StatusBadRequest,
		"the scope is unknown or not allowed for this client")
	errTarget = newError(resultInvalidTarget, http.StatusBadRequest,
		"resource must be an absolute URI without a fragment")
	errAudience = newError(resultInvalidTarget, http.StatusBadRequest,
		"audience must be printable ASCII")
	errIssue       = newError(resultServerError, http.StatusInternalServerError, "the token could not be made")
	errRevokedFull = newError(resultServerError, http.StatusServiceUnavailable,
		"too many tokens are revoked, try again later")
)

// Header values are shared by all responses: net/http only reads them.
var (
	headerJSON    = []string{"application/json"}
	headerNoStore = []string{"no-store"}
	headerNoCache = []string{"no-cache"}
	headerPost    = []string{http.MethodPost}
	headerBasic   = []string{`Basic realm="clientcreds"`}
	headerRetry   = []string{"1"}
)

// writeJSON sends an answer that must not be cached (RFC 6749 §5.1).
func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = headerJSON
	h["Cache-Control"] = headerNoStore
	h["Pragma"] = headerNoCache
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone: nobody is left to tell
}

// write sends the error. A 401 names the one scheme of the Authorization
// header that the server knows, as RFC 6749 §5.2 demands where that header was
// used and RFC 9110 §15.5.2 demands everywhere.
func (e *oauthError) write(w http.ResponseWriter) {
	if e.header != nil {
		e.writeAsProvider(w)
		return
	}
	switch e.status {
	case http.StatusUnauthorized:
		w.Header()["Www-Authenticate"] = headerBasic
	case http.StatusMethodNotAllowed:
		w.Header()["Allow"] = headerPost
	case http.StatusServiceUnavailable:
		w.Header()["Retry-After"] = headerRetry
	}
	writeJSON(w, e.status, e.body)
}

// writeAsProvider sends the answer of a profile.
func (e *oauthError) writeAsProvider(w http.ResponseWriter) {
	maps.Copy(w.Header(), e.header)
	if len(e.body) == 0 {
		w.WriteHeader(e.status)
		return
	}
	writeJSON(w, e.status, e.body)
}

// appendJSONString appends printable ASCII as a JSON string.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, s[i])
	}
	return append(dst, '"')
}
