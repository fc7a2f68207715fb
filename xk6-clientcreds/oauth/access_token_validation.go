package oauth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Leeway is by how much the clocks that wrote and read the times of a token may differ.
const Leeway = 2 * time.Second

// Validity is the verdict of Validate on a token.
type Validity int

// The validities.
const (
	// Unknown is a token whose signature could not be checked, and which is right otherwise.
	Unknown Validity = iota
	// Valid is a token that an API should accept.
	Valid
	// Invalid is a token that an API should refuse.
	Invalid
)

// Keys returns the key set of the authorization server. stale is nil, or the set that it returned
// before and that lacks the key of a token: a newer set may have it. Where there is no newer set
// it returns stale.
type Keys func(stale *KeySet) (*KeySet, error)

// Expected describes the JWT access token that a client should have been given.
type Expected struct {
	// Issuer is the issuer identifier of the authorization server; empty where it is not known.
	Issuer string
	// ClientID is the client that the token was issued to.
	ClientID string
	// Audience lists values that the claim aud must contain.
	Audience []string
	// ExpiresIn is the lifetime in the token response; 0 when there was none.
	ExpiresIn time.Duration
	// Scope is the scope in the token response; nil when there is none to compare with.
	Scope []string
}

// Validate checks a token by the rules of RFC 9068 §4, as the API does that it is for. Every problem
// begins with the name of the claim or header that has it, or with "signature" or "keys", and a
// colon.
func (j *JWT) Validate(keys Keys, want Expected) (Validity, []string) {
	v := validation{JWT: j, want: want, now: time.Now()}
	v.checkHeader()
	v.checkSignature(keys)
	v.checkParties()
	v.checkTimes()
	v.checkScope()
	switch {
	case v.invalid:
		return Invalid, v.problems
	case !v.verified:
		return Unknown, v.problems
	}
	return Valid, v.problems
}

// validation is a Validate under way.
type validation struct {
	*JWT

	want     Expected
	now      time.Time
	problems []string
	invalid  bool
	verified bool // by its signature
}

func (v *validation) fail(name, format string, args ...any) {
	v.invalid = true
	v.problems = append(v.problems, name+": "+fmt.Sprintf(format, args...))
}

// checkHeader demands the type of RFC 9068 §2.1, which no other JWT has: without it an ID token, say,
// would pass. The prefix application/ may be left out (RFC 7515 §4.1.9).
func (v *validation) checkHeader() {
	typ := v.header.text("typ")
	if name := strings.TrimPrefix(strings.ToLower(typ), "application/"); name != "at+jwt" {
		v.fail("typ", "is %q, not at+jwt (RFC 9068 §2.1)", Printable(typ, maxCode))
	}
	if alg := v.header.text("alg"); !asymmetric(alg) {
		v.fail("alg", "is %q; it must be one of %s", Printable(alg, maxCode), strings.Join(KeyAlgorithms, ", "))
	}
}

// checkSignature looks for a newer key set once when the first one lacks the key.
func (v *validation) checkSignature(keys Keys) {
	algorithm, keyID := v.header.text("alg"), v.header.text("kid")
	if !asymmetric(algorithm) {
		return // checkHeader reports it
	}
	set, err := keys(nil)
	if err != nil {
		v.cannotVerify(err)
		return
	}
	err = set.verify(v.text, algorithm, keyID)
	if unknown := (*unknownKeyError)(nil); errors.As(err, &unknown) {
		newer, failure := keys(set)
		if failure != nil {
			v.cannotVerify(failure)
			return
		}
		if newer != set {
			err = newer.verify(v.text, algorithm, keyID)
		}
	}
	if err != nil {
		v.fail("signature", "%s", err)
		return
	}
	v.verified = true
}

// cannotVerify notes why there are no keys, which is not a fault of the token.
func (v *validation) cannotVerify(err error) {
	v.problems = append(v.problems, "keys: "+err.Error())
}

// checkParties checks the issuer, the audience, and the client of the token (RFC 9068 §2.2).
func (v *validation) checkParties() {
	switch iss := v.claims.text("iss"); {
	case iss == "":
		v.missing("iss")
	case v.want.Issuer != "" && iss != v.want.Issuer:
		v.fail("iss", "is %q, not %q", Printable(iss, maxDescription), v.want.Issuer)
	}
	aud := v.Audience()
	if len(aud) == 0 {
		v.missing("aud")
	}
	for _, wanted := range v.want.Audience {
		if len(aud) > 0 && !slices.Contains(aud, wanted) {
			v.fail("aud", "is %q, without %q", Printable(strings.Join(aud, " "), maxDescription), wanted)
		}
	}
	switch id := v.claims.text("client_id"); {
	case id == "":
		v.missing("client_id")
	case id != v.want.ClientID:
		v.fail("client_id", "is %q, not %q", Printable(id, maxDescription), v.want.ClientID)
	}
	for _, name := range []string{"sub", "jti"} {
		if v.claims.text(name) == "" {
			v.missing(name)
		}
	}
}

func (v *validation) missing(name string) {
	if v.claims[name] != nil {
		v.fail(name, "has a value of the wrong type")
		return
	}
	v.fail(name, "is missing (RFC 9068 §2.2)")
}

// checkTimes compares with this machine's clock, and the lifetime with the token response: a
// token that ends earlier than expires_in is used too long.
func (v *validation) checkTimes() {
	switch expires, ok := v.Time("exp"); {
	case !ok:
		v.missing("exp")
	case !v.now.Before(expires.Add(Leeway)):
		v.fail("exp", "the token expired %s ago", v.now.Sub(expires).Round(time.Second))
	}
	switch issued, ok := v.Time("iat"); {
	case !ok:
		v.missing("iat")
	case issued.After(v.now.Add(Leeway)):
		v.fail("iat", "the token was issued %s in the future of this machine's clock", issued.Sub(v.now).Round(time.Second))
	}
	if v.claims["nbf"] != nil {
		switch begins, ok := v.Time("nbf"); {
		case !ok:
			v.missing("nbf")
		case begins.After(v.now.Add(Leeway)):
			v.fail("nbf", "the token is not valid for another %s", begins.Sub(v.now).Round(time.Second))
		}
	}
	life, ok := v.Lifetime()
	if ok && v.want.ExpiresIn > 0 && life < v.want.ExpiresIn-time.Second {
		v.fail("exp", "the token lives for %s, but expires_in said %s", life, v.want.ExpiresIn)
	}
}

// checkScope compares the scope of the token with the scope in the token response.
func (v *validation) checkScope() {
	got, ok := v.Scope()
	if !ok || v.want.Scope == nil {
		return
	}
	if missing, extra := ScopeDifference(v.want.Scope, got); len(missing)+len(extra) > 0 {
		v.fail("scope", "is %q, but the token response said %q",
			Printable(strings.Join(got, " "), maxDescription), Printable(strings.Join(v.want.Scope, " "), maxDescription))
	}
}

// ScopeDifference returns what of the requested scope was not granted, and what was granted beside it.
// Order means nothing in a scope (RFC 6749 §3.3).
func ScopeDifference(requested, granted []string) (missing, extra []string) {
	without := func(list, drop []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
	}
	return without(requested, granted), without(granted, requested)
}
