package authserver

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"
)

// formats are the configurations of all token formats.
func formats() map[string]Config {
	all := map[string]Config{"opaque": {}}
	for _, algorithm := range jwtAlgorithms {
		all[algorithm] = Config{TokenFormat: JWT, JWTAlgorithm: algorithm}
	}
	return all
}

// TestTokenKeepsGrant holds that a token returns the grant that was put into it.
func TestTokenKeepsGrant(t *testing.T) {
	t.Parallel()
	for name, cfg := range formats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			cfg.Now, cfg.Clients = clock.now, []Client{gateway, demo, robot}
			s, _ := offline(t, cfg)
			c := s.clients.byID["demo"]
			whole := clock.now().Truncate(time.Second)
			for _, want := range []tokenClaims{
				{scope: c.scope},
				{scope: "orders.read"},
				{scope: ""},
				{scope: "", subject: s.clients.byID["gateway"]},
				{scope: "", subject: s.clients.byID["gateway"], actors: []*client{s.clients.byID["robot"], c}},
				{scope: "", bound: binding{boundToCertificate, [32]byte{31: 7}}},
				{scope: c.scope, audience: []string{"b"}, bound: binding{boundToCertificate, [32]byte{1}}},
				{scope: c.scope, audience: []string{"https://a.example"}},
				{scope: "orders.read", audience: []string{"https://a.example", "b", strings.Repeat("c", 300)}},
				{scope: c.scope, bound: binding{boundToKey, sha256.Sum256([]byte("a key"))}},
				{scope: "orders.read", audience: []string{"b"}, bound: binding{boundToKey, sha256.Sum256([]byte("another"))}},
			} {
				want.id, want.client, want.issued, want.expires = s.ids.next(), c, whole, whole.Add(time.Minute)
				f := newForm()
				require.NoError(t, s.format.issue(f, &want))
				got, ok := s.open(f, string(f.out))
				f.release()
				require.True(t, ok)
				if s.cfg.TokenFormat == JWT && want.audience == nil {
					want.audience = []string{s.defaultAudience}
				}
				require.True(t, want.issued.Equal(got.issued) && want.expires.Equal(got.expires))
				got.issued, got.expires = want.issued, want.expires
				require.Equal(t, want, got)
			}
		})
	}
}

// TestForeignTokens holds that a token opens only unchanged and only where it
// was made.
func TestForeignTokens(t *testing.T) {
	t.Parallel()
	for name, cfg := range formats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, h := offline(t, cfg)
			other, _ := offline(t, cfg)
			token := issue(t, h)
			f := newForm()
			defer f.release()
			_, ok := s.open(f, token)
			require.True(t, ok)
			_, ok = other.open(f, token)
			require.False(t, ok, "another server's")
			for i := range token {
				_, ok := s.open(f, token[:i])
				require.False(t, ok, "cut off at %d", i)
				changed := []byte(token)
				changed[i] ^= 1
				_, ok = s.open(f, string(changed))
				require.False(t, ok, "changed at %d", i)
			}
			_, ok = s.open(f, token+"\n")
			require.False(t, ok, "with a line feed")
		})
	}
}

// TestOpaqueTokenHasOneSpelling holds that the bits that are left over in the
// last character of Base64 must be those that were issued.
func TestOpaqueTokenHasOneSpelling(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{})
	token := issue(t, h, "audience=ab") // so long that there are bits left over
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	require.NotZero(t, len(sealed)%3)
	last := len(token) - 1
	other := token[:last] + string(token[last]+1)
	again, err := base64.RawURLEncoding.DecodeString(other)
	require.NoError(t, err)
	require.Equal(t, sealed, again, "the same to a decoder that is not strict")
	f := newForm()
	defer f.release()
	_, ok := s.open(f, other)
	require.False(t, ok)
}

// TestUnsignedJWT holds that the algorithm is the server's choice, not the
// token's (RFC 8725 §3.1).
func TestUnsignedJWT(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{TokenFormat: JWT})
	parts := strings.Split(issue(t, h), ".")
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt"}`))
	f := newForm()
	defer f.release()
	_, ok := s.open(f, header+"."+parts[1]+".")
	require.False(t, ok)
}

// TestOtherTypeOfJWT holds that a JWT of the same key for another purpose is
// not an access token (RFC 9068 §4).
func TestOtherTypeOfJWT(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{TokenFormat: JWT})
	j, ok := s.format.(*jwtFormat)
	require.True(t, ok)
	signed, err := jose.ParseSignedCompact(issue(t, h), []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(t, err)
	for _, typ := range []string{accessTokenType, "JWT"} {
		key, err := newSigningKey("ES256")
		require.NoError(t, err)
		private := jose.JSONWebKey{Key: key, KeyID: j.keys.current().public.KeyID, Algorithm: "ES256"}
		j.keys.current().public = private.Public()
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: private},
			new(jose.SignerOptions).WithType(jose.ContentType(typ)))
		require.NoError(t, err)
		again, err := signer.Sign(signed.UnsafePayloadWithoutVerification())
		require.NoError(t, err)
		token, err := again.CompactSerialize()
		require.NoError(t, err)
		_, ok := j.open(nil, token)
		require.Equal(t, typ == accessTokenType, ok, typ)
	}
}

// TestJWTByRFC9068 reads a token as a resource server does: key set, signature,
// claims.
func TestJWTByRFC9068(t *testing.T) {
	t.Parallel()
	for _, algorithm := range jwtAlgorithms {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			s, h := offline(t, Config{TokenFormat: JWT, JWTAlgorithm: algorithm, TTL: time.Minute, Now: clock.now})
			token := issue(t, h, "scope=orders.read", "resource=https%3A%2F%2Fapi.example%2F", "audience=b")

			var keys jose.JSONWebKeySet
			require.NoError(t, json.Unmarshal([]byte(get("/jwks", "").ask(t, h).body), &keys))
			require.Len(t, keys.Keys, 1)
			require.True(t, keys.Keys[0].IsPublic())
			require.Equal(t, "sig", keys.Keys[0].Use)
			require.Equal(t, algorithm, keys.Keys[0].Algorithm)

			parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
			require.NoError(t, err)
			require.Equal(t, "at+jwt", parsed.Headers[0].ExtraHeaders[jose.HeaderType])
			require.Equal(t, keys.Keys[0].KeyID, parsed.Headers[0].KeyID)
			var registered jwt.Claims
			var all map[string]any
			require.NoError(t, parsed.Claims(keys, &registered, &all))
			require.NoError(t, registered.ValidateWithLeeway(jwt.Expected{
				Issuer: s.Endpoints().Issuer, Subject: "demo", AnyAudience: jwt.Audience{"b"}, Time: clock.now(),
			}, 0))
			require.Equal(t, jwt.Audience{"https://api.example/", "b"}, registered.Audience)
			require.Equal(t, clock.now().Unix(), registered.IssuedAt.Time().Unix())
			require.Equal(t, clock.now().Unix()+61, registered.Expiry.Time().Unix(), "rounded up: not before expires_in")
			require.NotEmpty(t, registered.ID)
			require.Equal(t, "demo", all["client_id"])
			require.Equal(t, "orders.read", all["scope"])
		})
	}
}

func TestOpaqueTokensHaveNoKeySet(t *testing.T) {
	t.Parallel()
	_, h := offline(t, Config{})
	require.JSONEq(t, `{"keys":[]}`, get("/jwks", "").ask(t, h).body)
	require.Empty(t, get("/.well-known/oauth-authorization-server", "").ask(t, h).member(t, "jwks_uri"))
}

func TestTokensDiffer(t *testing.T) {
	t.Parallel()
	for name, cfg := range formats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, h := offline(t, cfg)
			first := issue(t, h)
			require.NotEqual(t, first, issue(t, h))
		})
	}
}
