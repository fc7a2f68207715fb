package oauth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Sets of characters, as the RFCs have them.
const (
	alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	// nqchar has the characters of a scope, an error code, and a nonce (RFC 6749 §A): visible, and neither " nor \.
	nqchar = alphanumeric + "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"
)

// Each set holds exactly the characters that its RFC has, of all of ASCII and a few others.
func TestCharactersOfEachSet(t *testing.T) {
	t.Parallel()
	header := func(s string) bool {
		c := config()
		c.Header = http.Header{"X-Tenant": {"a" + s + "b"}}
		_, err := NewClient(c)
		return err == nil
	}
	client := newClient(t, config())
	accessToken := func(s string) bool {
		body, err := json.Marshal(map[string]string{"access_token": "a" + s + "b"})
		require.NoError(t, err)
		_, err = client.Token(t.Context(), always(200, typeJSON, string(body)))
		return err == nil
	}
	printable := nqchar + ` "\`
	for name, c := range map[string]struct {
		valid   func(string) bool
		allowed string
	}{
		"token, RFC 9110 §5.6.2":      {isToken, alphanumeric + "!#$%&'*+-.^_`|~"},
		"scope, RFC 6749 §3.3":        {isScopeToken, nqchar},
		"nonce, RFC 9449 §8.1":        {isNonce, nqchar},
		"error code, RFC 6749 §5.2":   {func(s string) bool { return errorCode(s) == s }, nqchar},
		"base64url, RFC 4648 §5":      {func(s string) bool { return checkCompact(s+".b.c") == nil }, alphanumeric + "-_"},
		"field value, RFC 9110 §5.5":  {header, printable + "\t\u0080é"},
		"access token, RFC 6749 §A":   {accessToken, printable},
		"unreserved, RFC 3986 §2.3":   {func(s string) bool { return len(s) == 1 && unreserved(s[0]) }, alphanumeric + "-._~"},
		"decoded in a proof's target": {decodedInTarget, alphanumeric + "-._~"},
	} {
		for r := range rune(0x80) {
			assert.Equal(t, strings.ContainsRune(c.allowed, r), c.valid(string(r)), "%s: %q", name, r)
		}
		for _, r := range "\u0080é" {
			assert.Equal(t, strings.ContainsRune(c.allowed, r), c.valid(string(r)), "%s: %q", name, r)
		}
	}
}

// decodedInTarget reports whether the target of a proof has a character and not its percent-encoding, which must be in
// upper case.
func decodedInTarget(s string) bool {
	switch text := normalEncoding(fmt.Sprintf("/%%%02x/", s[0])); text {
	case "/" + s + "/":
		return true
	case fmt.Sprintf("/%%%02X/", s[0]):
		return false
	default:
		panic(fmt.Sprintf("%q is neither decoded nor in upper case: %s", s, text))
	}
}

// A percent sign that does not begin two digits stays.
func TestPercentSignsThatEncodeNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"/%", "/%4", "/%zz", "/%4z", "/%z4", "%"} {
		assert.Equal(t, text, normalEncoding(text))
	}
	assert.Equal(t, "/%00%0A%F0", normalEncoding("/%00%0a%f0"))
}
