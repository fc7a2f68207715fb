package oauth

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseWWWAuthenticate(t *testing.T) {
	t.Parallel()
	type p = map[string]string
	for name, tc := range map[string]struct {
		values []string
		want   []Challenge
	}{
		"none":        {nil, nil},
		"empty":       {[]string{"", " , ,"}, nil},
		"no scheme":   {[]string{`realm="x"`, `=x`}, []Challenge{{"realm", p{}}}},
		"scheme only": {[]string{"Bearer"}, []Challenge{{"bearer", p{}}}},
		"RFC 6750 §3": {[]string{`Bearer realm="example", error="invalid_token", error_description="The access token expired"`}, []Challenge{{"bearer", p{"realm": "example", "error": "invalid_token", "error_description": "The access token expired"}}}},
		"unquoted": {
			[]string{`Bearer error=invalid_token,realm=x`},
			[]Challenge{{"bearer", p{"error": "invalid_token", "realm": "x"}}},
		},
		"spaces about =": {
			[]string{"Bearer realm = \"x\" ,\terror\t=\t\"y\""},
			[]Challenge{{"bearer", p{"realm": "x", "error": "y"}}},
		},
		"letter case": {[]string{`BEARER Error="Invalid_Token"`}, []Challenge{{"bearer", p{"error": "Invalid_Token"}}}},
		"comma in quotes": {
			[]string{`Bearer realm="a, b=c", error="x"`},
			[]Challenge{{"bearer", p{"realm": "a, b=c", "error": "x"}}},
		},
		"escapes": {
			[]string{`Bearer realm="a\"b\\c\d", error="x"`},
			[]Challenge{{"bearer", p{"realm": `a"b\cd`, "error": "x"}}},
		},
		"unclosed quotes": {[]string{`Bearer error="x, realm=y`}, []Challenge{{"bearer", p{"error": "x, realm=y"}}}},
		"ends in escape":  {[]string{`Bearer error="x\`}, []Challenge{{"bearer", p{"error": "x"}}}},
		"empty value":     {[]string{`Bearer error="", realm="x"`}, []Challenge{{"bearer", p{"error": "", "realm": "x"}}}},
		"two in one": {
			[]string{`Basic realm="a", Bearer error="invalid_token", DPoP algs="ES256 PS256", error="use_dpop_nonce"`},
			[]Challenge{
				{"basic", p{"realm": "a"}},
				{"bearer", p{"error": "invalid_token"}},
				{"dpop", p{"algs": "ES256 PS256", "error": "use_dpop_nonce"}},
			},
		},
		"two headers": {
			[]string{`Basic realm="a"`, `Bearer error="x"`},
			[]Challenge{{"basic", p{"realm": "a"}}, {"bearer", p{"error": "x"}}},
		},
		"bare scheme, two": {
			[]string{`Negotiate, Bearer error="x"`},
			[]Challenge{{"negotiate", p{}}, {"bearer", p{"error": "x"}}},
		},
		"token68": {
			[]string{`Negotiate a87421000492aa874209af8bc028==, Bearer error="x"`},
			[]Challenge{{"negotiate", p{}}, {"bearer", p{"error": "x"}}},
		},
		"RFC 9110 §11.6.1": {
			[]string{`Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\""`},
			[]Challenge{{"basic", p{"realm": "simple"}}, {"newauth", p{
				"realm": "apps", "type": "1",
				"title": `Login to "apps"`,
			}}},
		},
		"repeated: the last": {[]string{`Bearer error="a", error="b"`}, []Challenge{{"bearer", p{"error": "b"}}}},
		"garbage":            {[]string{"\x00\xff=\"", `=,"`, "漢字"}, nil},
		"garbage, then more": {[]string{`@@@`, `Bearer error="x"`}, []Challenge{{"bearer", p{"error": "x"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.want, ParseWWWAuthenticate(tc.values))
		})
	}
}

func TestChallengeError(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`Bearer`:                                 "",
		`Bearer realm="x"`:                       "",
		`Bearer error="invalid_token"`:           "invalid_token",
		`Bearer error="insufficient_scope"`:      "insufficient_scope",
		`DPoP error="use_dpop_nonce"`:            "use_dpop_nonce",
		`Basic error="invalid_token"`:            "", // not about an access token
		`Bearer, DPoP error="use_dpop_nonce"`:    "use_dpop_nonce",
		"Bearer error=\"a\x1b[31m\"":             "",
		`Bearer error="x", DPoP error="y"`:       "x",
		`Bearer error="Unauthorized"`:            "", // a phrase, and not a code
		`Bearer error="token is expired"`:        "",
		`Basic realm="error=\"invalid_token\""`:  "",
		`Bearer error_description="the", error=`: "",
	} {
		assert.Equal(t, want, ChallengeError([]string{value}), value)
	}
	assert.Empty(t, ChallengeError(nil))
}

func TestRejectionLabelIsBounded(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"": "none", "invalid_token": "invalid_token", "insufficient_scope": "insufficient_scope",
		"use_dpop_nonce": "use_dpop_nonce", "tenant-4711": "other",
	} {
		assert.Equal(t, want, RejectionLabel(code))
	}
}
