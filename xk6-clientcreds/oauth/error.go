package oauth

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// The classes of failures that are not OAuth errors. They stand in Error.Code where an OAuth error
// has its code.
const (
	CodeTimeout           = "timeout"
	CodeCanceled          = "canceled"
	CodeConnectionRefused = "connection_refused"
	CodeConnectionReset   = "connection_reset"
	CodeDNS               = "dns"
	CodeTLS               = "tls"
	CodeTransport         = "transport"
	CodeHTTPError         = "http_error"            // an answer without an OAuth error, such as a proxy's page
	CodeInvalidResponse   = "invalid_response"      // a 2xx answer without a usable token
	CodeDiscovery         = "discovery"             // no usable metadata document
	CodeClientAuth        = "client_authentication" // the credentials could not be made; nothing was sent
	CodeHostNotAllowed    = "host_not_allowed"      // a request to this host is not wanted; nothing was sent
	CodeMaxRequests       = "max_requests"          // no further request is wanted; nothing was sent
	// a token of another type than was asked for: a DPoP proof brought a Bearer token
	CodeTokenType    = "token_type"
	CodeTokenBinding = "token_binding" // a token that is bound to another's certificate or key
)

const (
	maxCode = 64
	// maxDescription is more than anybody needs to read. Callers that show a description hide secrets in it
	// before they shorten it, because half a secret would not be recognized as one.
	maxDescription = 4096
)

// Error is a token request that brought no token: an OAuth error (RFC 6749 §5.2), another answer,
// or none.
type Error struct {
	// Code is the OAuth error code, or the class of the failure: one of the Code constants.
	Code string
	// Description is the server's error_description, or what happened, in one line of at most 4096
	// characters.
	Description string
	// URI is the server's error_uri.
	URI string
	// Status is the HTTP status; 0 when there was no answer.
	Status int
	// Grant says which of two requests failed, GrantClientCredentials or GrantTokenExchange; it is empty
	// where there is one.
	Grant string
	// RetryAfter is how long the server asked to wait (RFC 9110 §10.2.3); 0 when it did not.
	RetryAfter time.Duration

	cause       error
	wrongScheme bool
}

// Error says the code, the status and the description.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	switch e.Grant {
	case GrantClientCredentials:
		b.WriteString(" in the client credentials grant")
	case GrantTokenExchange:
		b.WriteString(" in the token exchange")
	}
	if e.Description != "" {
		b.WriteString(": ")
		b.WriteString(e.Description)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, " (retry after %s)", e.RetryAfter)
	}
	return b.String()
}

// Unwrap returns the error of the transport, if the transport failed.
func (e *Error) Unwrap() error { return e.cause }

// Retryable reports whether the same request may succeed later: after a transport error, where the
// OAuth code says so, and after 429 and 5xx where it says nothing. A token request may be
// repeated: it changes nothing.
func (e *Error) Retryable() bool {
	switch codeTable()[e.Code].Retry {
	case RetryAlways:
		return true
	case RetryNever: // above all the errors of a server that understood the request: servers lock out clients that insist
		return false
	default:
		return e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError
	}
}

// Unsent reports whether no request was sent, because the client could not or should not send it.
func (e *Error) Unsent() bool {
	return e.Code == CodeClientAuth || e.Code == CodeHostNotAllowed || e.Code == CodeMaxRequests
}

// RefusesClient reports whether the server may not know the client or its credentials: invalid_client
// (RFC 6749 §5.2), or status 401 with whatever is not about a DPoP proof. For a wrong secret Keycloak says
// unauthorized_client, Auth0 access_denied, and a gateway nothing that OAuth knows. For a wrong signature Keycloak says
// unauthorized_client too, but with the status 400, as servers do that do not allow the client this grant.
func (e *Error) RefusesClient() bool {
	switch e.Code {
	case "invalid_client", "unauthorized_client":
		return true
	case CodeUseNonce, "invalid_dpop_proof":
		return false
	}
	return e.Status == http.StatusUnauthorized && (e.Code == CodeHTTPError || !isClass(e.Code))
}

// WrongScheme reports whether the request was plain HTTP and the server wanted TLS, or the other way
// round. Description says what to do about it.
func (e *Error) WrongScheme() bool { return e.wrongScheme }

// Label is Code for use as a metric's tag: from a bounded vocabulary, "other" for codes outside.
func (e *Error) Label() string {
	if _, known := codeTable()[e.Code]; known {
		return e.Code
	}
	return "other"
}

// Printable returns a server's text in one line of at most n characters, without characters that a
// terminal obeys: control characters, and marks that change the direction of text or cannot be seen.
func Printable(s string, n int) string {
	var b strings.Builder
	for _, r := range s {
		if n == 0 {
			b.WriteString("…")
			break
		}
		n--
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

// errorCode returns s if it is an error code by RFC 6749 §5.2's character set, else "". Sentences and
// status phrases are none: frameworks write {"error":"Unauthorized"}.
func errorCode(s string) string {
	if s == "" || len(s) > maxCode || statusPhrases()[strings.ToLower(s)] {
		return ""
	}
	for _, c := range []byte(s) {
		if c <= 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return ""
		}
	}
	return s
}

// statusPhrases are the reason phrases of HTTP (RFC 9110 §15), in lower case.
var statusPhrases = sync.OnceValue(func() map[string]bool {
	phrases := make(map[string]bool)
	for status := 100; status < 600; status++ {
		phrases[strings.ToLower(http.StatusText(status))] = true
	}
	return phrases
})
