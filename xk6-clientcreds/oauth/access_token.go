package oauth

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"time"
)

// JWT is an access token that is a signed JWT (RFC 7519, RFC 9068). What it says is not verified:
// see Validate.
type JWT struct {
	// Header is the JOSE header, a JSON object.
	Header json.RawMessage
	// Claims are the claims, a JSON object.
	Claims json.RawMessage

	text           string
	header, claims object
}

// ParseJWT reads an access token that is a signed JWT, or claims to be one without a signature. It
// returns nil for every other token: those are opaque to all but their server. So is one with a number
// that no float64 holds.
func ParseJWT(token string) *JWT {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	j := &JWT{text: token}
	for i, part := range []struct {
		text    *json.RawMessage
		members *object
	}{{&j.Header, &j.header}, {&j.Claims, &j.claims}} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return nil
		}
		var ok bool
		if *part.members, ok = parseObject(text); !ok || !inRange(text) {
			return nil
		}
		*part.text = text
	}
	if j.header.text("alg") == "" {
		return nil
	}
	return j
}

// Scope is the scope of the token (RFC 9068 §2.2.3), of the claim scp where the server calls it so;
// false when the token does not tell.
func (j *JWT) Scope() ([]string, bool) {
	for _, name := range []string{"scope", "scp"} {
		var granted scope
		if raw := j.claims[name]; raw != nil && granted.UnmarshalJSON(raw) == nil && granted != "" {
			return strings.Fields(string(granted)), true
		}
	}
	return nil, false
}

// ValidFrom is when the token begins to be valid, the later of nbf and iat (RFC 7519 §4.1), if it says so.
func (j *JWT) ValidFrom() (from time.Time, known bool) {
	for _, name := range []string{"nbf", "iat"} {
		if at, ok := j.Time(name); ok && at.After(from) {
			from, known = at, true
		}
	}
	return from, known
}

// Lifetime is the time from the claim iat to the claim exp; false when the token does not tell.
func (j *JWT) Lifetime() (time.Duration, bool) {
	issued, ok := j.Time("iat")
	expires, also := j.Time("exp")
	return expires.Sub(issued), ok && also
}

// Audience returns the values of the claim aud, a string or an array of strings (RFC 7519 §4.1.3).
func (j *JWT) Audience() []string { return j.claims.list("aud") }

// maxDate bounds dates, in seconds: a date after the year 5000 is not taken for one.
const maxDate = 1e11

// Time returns a claim that is a NumericDate (RFC 7519 §2), and whether the token has it.
func (j *JWT) Time(name string) (time.Time, bool) {
	var seconds float64
	raw := j.claims[name]
	if raw == nil || string(raw) == "null" || json.Unmarshal(raw, &seconds) != nil || math.Abs(seconds) > maxDate {
		return time.Time{}, false
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)), true
}
