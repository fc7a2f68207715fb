package oauth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// refusal is the error that an answer is, nil for one that claims success: an OAuth error (RFC 6749 §5.2),
// also with status 200, as some servers have it; or whatever else came with another status. m is body as
// parseMembers has read it, ok whether it could; endpoint names the endpoint that redirects.
func refusal(resp *http.Response, body []byte, m *members, ok bool, endpoint string) *Error {
	if ok {
		if failure := oauthError(resp, body, m); failure != nil {
			return failure
		}
	}
	switch {
	case redirects(resp):
		return httpError(resp, endpoint+" redirects"+whereTo(resp)+", and credentials do not follow a redirect; configure "+
			"the final URL")
	case successful(resp):
		return nil
	case refusesPlainHTTP(resp, body):
		failure := httpError(resp, needsHTTPS)
		failure.wrongScheme = true
		return failure
	}
	return httpError(resp, whatItIs(resp, body))
}

// oauthError is the OAuth error that an answer is; nil where it is none.
func oauthError(resp *http.Response, body []byte, m *members) *Error {
	code, description := errorCode(string(m.Error)), string(m.ErrorDescription)
	if code == "" && !successful(resp) {
		code = codeElsewhere(body)
	}
	if code == "" {
		return nil
	}
	if description == "" {
		description = sentence(body)
	}
	if description == code {
		description = ""
	}
	return &Error{
		Code:        code,
		Description: Printable(description, maxDescription),
		URI:         Printable(string(m.ErrorURI), maxDescription),
		Status:      resp.StatusCode,
	}
}

// whereTo says where a redirect leads, without what may be secret of the URL.
func whereTo(resp *http.Response) string {
	if location := Printable(shown(resp.Header.Get("Location")), maxHeadline); location != "" {
		return " to " + location
	}
	return ""
}

func redirects(resp *http.Response) bool { return resp.StatusCode >= 300 && resp.StatusCode < 400 }

// httpError is the error of an answer that is not a token response and did not claim to be one.
func httpError(resp *http.Response, description string) *Error {
	return &Error{Code: CodeHTTPError, Status: resp.StatusCode, Description: description}
}

// invalid is an answer that claims success without being one.
func invalid(resp *http.Response, description string) *Error {
	return &Error{Code: CodeInvalidResponse, Status: resp.StatusCode, Description: description}
}

// whatItIs describes an answer that is not what it should be: in the server's own words where it has
// some for a human, else by its kind. The rest of it is not shown.
func whatItIs(resp *http.Response, body []byte) string {
	kind, text := Printable(resp.Header.Get("Content-Type"), 50), trimBOM(body)
	switch {
	case len(body) == 0:
		return "the answer is empty"
	case json.Valid(text) && !isObject(text):
		return withWords("the answer is JSON, but not an object", sentence(body))
	case json.Valid(text):
		if words := sentence(body); words != "" {
			return words
		}
		return "the answer has no OAuth error code"
	case kind == "":
		return "the answer is not JSON and has no content type"
	case strings.Contains(kind, "json"):
		return fmt.Sprintf("the answer claims to be %s, but is not JSON", kind)
	}
	return withWords("the answer is not JSON, but "+kind, headline(resp, body))
}

// withWords adds the server's own words to what an answer is.
func withWords(what, words string) string {
	if words == "" {
		return what
	}
	return what + ": " + words
}
