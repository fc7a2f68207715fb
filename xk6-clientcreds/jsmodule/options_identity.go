package jsmodule

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// key identifies a configuration: two clients with the same key are the same client. It is a
// hash, so that no secret is kept as a map key. A secret that the script refers to is identified by the reference: the
// secret may be replaced.
func (o *options) key() string {
	text := o.appendTo(make(keyText, 0, 512)) // which is enough for most options, and not on the heap
	sum := sha256.Sum256(text)
	return string(sum[:])
}

// keyText is the text that identifies options. Texts and lists begin with their length, so that it is unambiguous.
type keyText []byte

// appendTo names the options, because each VU does this for each client, and reflection takes several times as long. A
// test finds an option that is not here.
func (o *options) appendTo(t keyText) keyText {
	t = t.texts(o.Issuer, o.TokenURL, o.IntrospectionURL, o.RevocationURL, o.JWKSURL, o.ClientID, o.Auth, o.BasicEncoding,
		o.Key.ID, o.Key.Algorithm, o.Assertion.Audience, o.Assertion.Algorithm, o.Assertion.Claims, o.Assertion.Header,
		o.DPoP.Algorithm, o.AuthorizationDetails, o.Cache.Scope, o.Cache.Refresh, o.OnError, o.Pool)
	t = t.secret(o.ClientSecret, o.SecretFrom)
	t = t.secret(o.Key.Text, o.Key.From)
	t = t.secret(o.Certificate.Text, secretRef{File: o.Certificate.File})
	t = t.secret(o.DPoP.Text, o.DPoP.From)
	t = t.secret(secret.Text{}, o.Assertion.From)
	t = t.list(o.Scope).list(o.Audience).list(o.Resource)
	t = t.flags(o.DPoP.On, o.Retry.Given, o.HTTPMetrics)
	t = t.flags(o.Exchange != nil, o.Params != nil, o.Headers != nil, o.Tags != nil)
	if x := o.Exchange; x != nil {
		t = t.texts(x.SubjectToken.Reveal(), x.ActorToken.Reveal())
		t = t.texts(x.SubjectTokenType, x.ActorTokenType, x.RequestedTokenType)
		t = t.list(x.Audience).list(x.Resource).list(x.Scope)
	}
	t = t.number(int64(len(o.Params)))
	for _, name := range sortedNames(o.Params) {
		t = t.text(name).list(o.Params[name])
	}
	t = t.table(o.Headers).table(o.Tags)
	for _, d := range [...]time.Duration{
		o.Assertion.Lifetime, o.Cache.Leeway.Absolute, o.Cache.Jitter.Absolute, o.Cache.DefaultTTL,
		o.Retry.Backoff, o.Retry.MaxBackoff, o.Retry.Budget, o.Timeout,
	} {
		t = t.number(int64(d))
	}
	t = binary.AppendUvarint(t, math.Float64bits(o.Cache.Leeway.Fraction))
	t = binary.AppendUvarint(t, math.Float64bits(o.Cache.Jitter.Fraction))
	return t.number(int64(o.Retry.Attempts)).number(int64(o.MaxRequests))
}

func (t keyText) number(n int64) keyText { return binary.AppendVarint(t, n) }

func (t keyText) text(s string) keyText { return append(t.number(int64(len(s))), s...) }

func (t keyText) texts(list ...string) keyText {
	for _, s := range list {
		t = t.text(s)
	}
	return t
}

func (t keyText) list(list []string) keyText { return t.number(int64(len(list))).texts(list...) }

func (t keyText) flags(list ...bool) keyText {
	for _, b := range list {
		if b {
			t = append(t, 1)
		} else {
			t = append(t, 0)
		}
	}
	return t
}

// secret is a secret of the script, or where it is.
func (t keyText) secret(text secret.Text, from secretRef) keyText {
	t = t.texts(from.File, from.Env, from.Secret, from.Source)
	if from.given() {
		return t
	}
	return t.text(text.Reveal())
}

func (t keyText) table(m map[string]string) keyText {
	t = t.number(int64(len(m)))
	for _, name := range sortedNames(m) {
		t = t.texts(name, m[name])
	}
	return t
}

func sortedNames[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil // most often, and without an allocation
	}
	return slices.Sorted(maps.Keys(m))
}

// tag is the value of the tag client.
func (o *options) tag() string {
	if o.Pool != "" {
		return o.Pool
	}
	return o.ClientID
}

// subject is the subject of a warning: the client, or its whole pool.
func (o *options) subject() any {
	if o.shared != nil {
		return o.shared
	}
	return o
}

// where names the token endpoint, or the issuer that leads to it, in messages. A query may hold a
// key and is left out.
func (o *options) where() string {
	if o.Issuer != "" {
		return "issuer " + o.Issuer
	}
	endpoint, _, _ := strings.Cut(o.TokenURL, "?")
	return endpoint
}
