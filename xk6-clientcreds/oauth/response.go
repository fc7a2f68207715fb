package oauth

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds what is read of an answer. The largest access tokens are some tens of kilobytes.
const maxBody = 1 << 20

// maxTTL bounds a lifetime: a hundred years, so that adding it to a time cannot overflow.
const maxTTL = 100 * 365 * 24 * time.Hour

// readBody reads an answer to its end, so that its connection can be used again.
func readBody(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		return nil, &Error{Code: CodeInvalidResponse, Description: "the answer is larger than 1 MiB"}
	}
	return body, nil
}

// members are the members of a token response (RFC 6749 §5.1) and of an error response (§5.2), as
// tolerantly typed as servers are.
type members struct {
	AccessToken      text    `json:"access_token"`
	TokenType        text    `json:"token_type"`
	ExpiresIn        seconds `json:"expires_in"`
	Scope            scope   `json:"scope"`
	Error            text    `json:"error"`
	ErrorDescription text    `json:"error_description"`
	ErrorURI         text    `json:"error_uri"`
}

// parseResponse reads the answer of a token endpoint.
func parseResponse(resp *http.Response, body []byte) (*Token, *Error) {
	m, ok := parseMembers(resp.Header.Get("Content-Type"), body)
	success := resp.StatusCode >= 200 && resp.StatusCode < 300
	switch {
	case ok && errorCode(string(m.Error)) != "":
		// Also with status 200, as some servers have it.
		return nil, &Error{
			Code:        errorCode(string(m.Error)),
			Description: printable(string(m.ErrorDescription), maxDescription),
			URI:         printable(string(m.ErrorURI), maxDescription),
			Status:      resp.StatusCode,
		}
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, &Error{
			Code: CodeHTTPError, Status: resp.StatusCode,
			Description: "the token endpoint redirects, and credentials do not follow a redirect; configure the final URL",
		}
	case !success:
		return nil, &Error{Code: CodeHTTPError, Status: resp.StatusCode, Description: whatItIs(resp, ok)}
	case !ok:
		return nil, invalid(resp, whatItIs(resp, ok))
	}
	return m.token(resp)
}

func invalid(resp *http.Response, description string) *Error {
	return &Error{Code: CodeInvalidResponse, Status: resp.StatusCode, Description: description}
}

// whatItIs describes an answer that is no token response, without showing it.
func whatItIs(resp *http.Response, object bool) string {
	kind := printable(resp.Header.Get("Content-Type"), 50)
	switch {
	case object:
		return "the answer is JSON, but has no OAuth error"
	case kind == "":
		return "the answer is not JSON and has no content type"
	}
	return fmt.Sprintf("the answer is not JSON, but %s", kind)
}

// token checks the members of a success response.
func (m *members) token(resp *http.Response) (*Token, *Error) {
	access := string(m.AccessToken)
	switch {
	case access == "":
		return nil, invalid(resp, "the answer has no access_token")
	case strings.ContainsFunc(access, func(r rune) bool { return r < 0x20 || r > 0x7e }):
		return nil, invalid(resp, "the access_token has characters that no header can carry")
	case m.ExpiresIn.wrong:
		return nil, invalid(resp, "expires_in is not a number of seconds")
	case m.ExpiresIn.given && m.ExpiresIn.value <= 0:
		return nil, invalid(resp, "expires_in is not positive: the token has expired already")
	}
	return &Token{
		AccessToken: access,
		Type:        tokenType(string(m.TokenType)),
		Scope:       string(m.Scope),
		ExpiresIn:   m.ExpiresIn.value,
	}, nil
}

// tokenType returns the registered spelling of a token type, which is case-insensitive (RFC 6749
// §5.1). A server that leaves it out means Bearer.
func tokenType(s string) string {
	for _, known := range []string{"Bearer", "DPoP"} {
		if strings.EqualFold(s, known) {
			return known
		}
	}
	if !isToken(s) {
		return "Bearer"
	}
	return s
}

// parseMembers reads a body: JSON whatever the content type says, and form-encoded where it says
// so, as some servers of before RFC 6749 do.
func parseMembers(contentType string, body []byte) (*members, bool) {
	m := new(members)
	if err := json.Unmarshal(body, m); err == nil {
		return m, strings.HasPrefix(strings.TrimLeft(string(body[:min(len(body), 64)]), " \t\r\n"), "{")
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return m, false
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return m, false
	}
	m = &members{
		AccessToken:      text(form.Get("access_token")),
		TokenType:        text(form.Get("token_type")),
		Scope:            scope(form.Get("scope")),
		Error:            text(form.Get("error")),
		ErrorDescription: text(form.Get("error_description")),
		ErrorURI:         text(form.Get("error_uri")),
	}
	if form.Has("expires_in") {
		m.ExpiresIn.parse(form.Get("expires_in"))
	}
	return m, true
}

// text is a string member. Another type counts as absent: an error object, say, is no OAuth error.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '"' {
		return nil
	}
	return json.Unmarshal(b, (*string)(t))
}

// scope is the scope member: a string, or the array of strings that some servers send.
type scope string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scope) UnmarshalJSON(b []byte) error {
	var list []string
	if json.Unmarshal(b, &list) == nil && list != nil {
		*s = scope(strings.Join(list, " "))
		return nil
	}
	return (*text)(s).UnmarshalJSON(b)
}

// seconds is expires_in: a number, or a number in a string.
type seconds struct {
	value        time.Duration
	given, wrong bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *seconds) UnmarshalJSON(b []byte) error {
	if string(b) != "null" {
		s.parse(strings.Trim(string(b), `"`))
	}
	return nil
}

func (s *seconds) parse(text string) {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	s.given = true
	if err != nil || math.IsNaN(n) {
		s.wrong = true
		return
	}
	s.value = time.Duration(min(max(n, -1), maxTTL.Seconds()) * float64(time.Second))
}
