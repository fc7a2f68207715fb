package oauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// maxBody bounds what is read of an answer. The largest access tokens are some tens of kilobytes.
const maxBody = 1 << 20

// maxTTL bounds a lifetime: a hundred years, so that adding it to a time cannot overflow.
const maxTTL = 100 * 365 * 24 * time.Hour

// maxShownLifetime bounds what is shown of an expires_in that is not a lifetime, in characters.
const maxShownLifetime = 20

// unreadableError is the error of a body that has arrived and cannot be used: it is too large, or compressed
// in an unknown way.
type unreadableError string

func (e unreadableError) Error() string { return string(e) }

const errTooLarge = unreadableError("the answer is larger than 1 MiB")

// readBody reads an answer to its end, so that its connection can be used again, and decodes it.
func readBody(resp *http.Response) ([]byte, error) {
	body, err := readAll(resp.Body, resp.ContentLength)
	if err != nil {
		return nil, err
	}
	return Decode(resp.Header, body)
}

// readAll reads r, of which size bytes are expected, to its end, unless that is beyond maxBody.
func readAll(r io.Reader, size int64) ([]byte, error) {
	var body bytes.Buffer
	if size > 0 {
		// Exactly as much as ReadFrom needs in order not to grow it.
		body.Grow(int(min(size, maxBody)) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(io.LimitReader(r, maxBody+1)); err != nil {
		return nil, err
	}
	if body.Len() > maxBody {
		return nil, errTooLarge
	}
	return body.Bytes(), nil
}

// readAnswer is readBody with an *Error. The status decides about an answer that cannot be read.
func readAnswer(ctx context.Context, resp *http.Response) ([]byte, *Error) {
	body, err := readBody(resp)
	var unreadable unreadableError
	switch {
	case errors.As(err, &unreadable) && successful(resp):
		return nil, invalid(resp, err.Error())
	case errors.As(err, &unreadable):
		return nil, httpError(resp, err.Error())
	case err != nil:
		failure := *sendError(ctx, err)
		failure.Status = resp.StatusCode
		return nil, &failure
	}
	return body, nil
}

// members are the members of a token response (RFC 6749 §5.1, RFC 8693 §2.2.1) and of an error response (§5.2), as
// tolerantly typed as servers are.
type members struct {
	AccessToken      text    `json:"access_token"`
	TokenType        text    `json:"token_type"`
	ExpiresIn        seconds `json:"expires_in"`
	Scope            scope   `json:"scope"`
	IssuedTokenType  text    `json:"issued_token_type"`
	Error            text    `json:"error"`
	ErrorDescription text    `json:"error_description"`
	ErrorURI         text    `json:"error_uri"`
}

func successful(resp *http.Response) bool { return resp.StatusCode >= 200 && resp.StatusCode < 300 }

// parseResponse reads the answer of a token endpoint.
func parseResponse(resp *http.Response, body []byte) (*Token, *Error) {
	m, ok := parseMembers(resp.Header.Get("Content-Type"), body)
	if !successful(resp) || m.Error != "" {
		if failure := refusal(resp, body, m, ok, "the token endpoint"); failure != nil {
			return nil, failure
		}
	}
	switch {
	case !ok:
		return nil, invalid(resp, whatItIs(resp, body))
	case m.AccessToken == "":
		return nil, invalid(resp, withWords("the answer has no access_token", sentence(body)))
	}
	return m.token(resp)
}

// token checks the members of a success response.
func (m *members) token(resp *http.Response) (*Token, *Error) {
	access := string(m.AccessToken)
	if strings.ContainsFunc(access, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
		return nil, invalid(resp, "the access_token has characters that no header can carry")
	}
	return &Token{
		AccessToken: secret.New(access),
		Type:        tokenType(string(m.TokenType)),
		Scope:       string(m.Scope),
		IssuedType:  string(m.IssuedTokenType),
		ExpiresIn:   m.ExpiresIn.value,
		NoLifetime:  m.ExpiresIn.text,
	}, nil
}

// tokenTypes are the token types in their registered spelling, by how servers spell them: in lower case,
// without what separates words. Apigee calls its bearer tokens BearerToken.
var tokenTypes = map[string]string{"bearer": "Bearer", "bearertoken": "Bearer", "dpop": "DPoP"}

// tokenType returns the registered spelling of a token type, which is case-insensitive (RFC 6749
// §5.1). A server that leaves it out, or sends what no header can carry, means Bearer.
func tokenType(s string) string {
	if known := tokenTypes[strings.ToLower(separators.Replace(s))]; known != "" {
		return known
	}
	if !isToken(s) || len(s) > maxCode {
		return "Bearer"
	}
	return s
}

var separators = strings.NewReplacer(" ", "", "-", "", "_", "")

// retryAfter reads a Retry-After header (RFC 9110 §10.2.3): seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxTTL)
	}
	if value == "" || strings.Trim(value, "0123456789") != "" {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if limit := int64(maxTTL / time.Second); err != nil || n > limit {
		n = limit
	}
	return time.Duration(n) * time.Second
}

// parseMembers reads a body: JSON whatever the content type says, and form-encoded where it says
// so, as some servers of before RFC 6749 do.
func parseMembers(contentType string, body []byte) (*members, bool) {
	body = trimBOM(body)
	m := new(members)
	if m.readFlat(body) {
		return m, true
	}
	m = new(members)
	if err := json.Unmarshal(body, m); err == nil {
		return m, bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{"))
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
		IssuedTokenType:  text(form.Get("issued_token_type")),
		Error:            text(form.Get("error")),
		ErrorDescription: text(form.Get("error_description")),
		ErrorURI:         text(form.Get("error_uri")),
	}
	if form.Has("expires_in") {
		m.ExpiresIn.parse(form.Get("expires_in"), strconv.Quote(form.Get("expires_in")))
	}
	return m, true
}

// trimBOM drops a byte order mark, which JSON must not have and some servers send (RFC 8259 §8.1).
func trimBOM(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) }

// text is a string member. Another type counts as absent: an error object, for example, is not an OAuth error.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '"' {
		return nil
	}
	if inner := b[1 : len(b)-1]; isPlain(inner) {
		*t = text(inner)
		return nil
	}
	return json.Unmarshal(b, (*string)(t))
}

// isPlain reports whether the inside of a JSON string stands for itself, as a token and most of its company do.
func isPlain(inside []byte) bool {
	for _, c := range inside {
		if c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// scope is the scope member: a string, or the array of strings that some servers send.
type scope string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scope) UnmarshalJSON(b []byte) error {
	var list []string
	if bytes.HasPrefix(b, []byte("[")) && json.Unmarshal(b, &list) == nil {
		*s = scope(strings.Join(list, " "))
		return nil
	}
	return (*text)(s).UnmarshalJSON(b)
}

// seconds is expires_in: a number, or a number in a string. What is not a lifetime, such as 0, -1, an
// empty string or a word, is kept as text: many servers mean by it that they do not say.
type seconds struct {
	value time.Duration
	text  string
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *seconds) UnmarshalJSON(b []byte) error {
	if string(b) != "null" {
		s.parse(strings.Trim(string(b), `"`), string(b))
	}
	return nil
}

// parse reads value, of which text is the spelling in the answer.
func (s *seconds) parse(value, text string) {
	value = strings.TrimSpace(value)
	n, err := strconv.ParseFloat(value, 64)
	if errors.Is(err, strconv.ErrRange) {
		err = nil // n is an infinity: more than any lifetime
	}
	if err != nil || strings.Trim(value, "+-.0123456789eE") != "" { // ParseFloat also knows Inf, NaN and 0x1p4
		n = 0
	}
	if s.set(n); s.value == 0 {
		s.text = Printable(text, maxShownLifetime)
	}
}

func (s *seconds) set(n float64) {
	s.value = time.Duration(math.Round(min(max(n, 0), maxTTL.Seconds()) * float64(time.Second)))
}
