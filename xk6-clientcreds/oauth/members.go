package oauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"
)

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

// parseMembers reads a body: JSON whatever the content type says, and form-encoded where it says
// so, as some servers of before RFC 6749 do.
func parseMembers(contentType string, body []byte) (*members, bool) {
	m := new(members)
	body = trimBOM(body)
	if m.unmarshalPlain(body) {
		return m, true
	}
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

// unmarshalPlain reads what nearly all servers send: an object with members of the types that RFC
// 6749 §5.1 gives them. It costs a third of the tolerant way, which is for everything else, and
// leaves m alone where it fails.
func (m *members) unmarshalPlain(body []byte) bool {
	var plain struct {
		AccessToken string   `json:"access_token"`
		TokenType   string   `json:"token_type"`
		ExpiresIn   *float64 `json:"expires_in"`
		Scope       string   `json:"scope"`
		IssuedType  string   `json:"issued_token_type"`
		Error       string   `json:"error"`
		Description string   `json:"error_description"`
		URI         string   `json:"error_uri"`
	}
	if !bytes.HasPrefix(body, []byte("{")) || json.Unmarshal(body, &plain) != nil {
		return false
	}
	*m = members{
		AccessToken:      text(plain.AccessToken),
		TokenType:        text(plain.TokenType),
		Scope:            scope(plain.Scope),
		IssuedTokenType:  text(plain.IssuedType),
		Error:            text(plain.Error),
		ErrorDescription: text(plain.Description),
		ErrorURI:         text(plain.URI),
	}
	if plain.ExpiresIn != nil {
		if m.ExpiresIn.set(*plain.ExpiresIn); m.ExpiresIn.value == 0 {
			m.ExpiresIn.text = strconv.FormatFloat(*plain.ExpiresIn, 'g', -1, 64)
		}
	}
	return true
}

// trimBOM drops a byte order mark, which JSON must not have and some servers send (RFC 8259 §8.1).
func trimBOM(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) }

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
