package authserver

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// TestFaultsAddUp holds that each request is in exactly one result, no matter who answered it, and that faults are
// counted.
func TestFaultsAddUp(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{})
	token := issue(t, h)
	put(t, h, `{"token": {"errors": [{"rate": 0.3, "error": "invalid_client"}, {"rate": 0.3, "status": 502}]},
		"api": {"errors": [{"rate": 0.5, "error": "invalid_token"}]}, "introspection": {"errors": [{"status": 500}]},
		"revocation": {"errors": [{"status": 500}]}, "metadata": {"errors": [{"status": 500}]}, "jwks": {"errors": [{"status": 500}]}}`)
	const n = 200
	for range n {
		post("/token", demo, clientCredentials).ask(t, h)
		post("/token", Client{ID: "demo", Secret: secret.New("wrong")}, clientCredentials).ask(t, h)
		get("/api/orders", token).ask(t, h)
	}
	for path, q := range map[string]request{
		"/introspect": post("/introspect", demo, "token="+token), "/revoke": post("/revoke", demo, "token="+token),
		"/jwks": get("/jwks", ""), "metadata": get("/.well-known/openid-configuration", ""),
	} {
		require.Equal(t, http.StatusInternalServerError, q.ask(t, h).status, path)
	}
	got := s.Stats()
	require.EqualValues(t, 2*n+1, got.TokenRequests.Total)
	require.EqualValues(t, 2*n+1, sum(got.TokenRequests.ByResult))
	require.EqualValues(t, n, sum(got.APIRequests.ByResult))
	require.Equal(t, []string{"http_502", "invalid_client", "issued"},
		slices.Sorted(maps.Keys(got.TokenRequests.ByResult)))
	require.Equal(t, []string{"invalid_token", "ok"}, slices.Sorted(maps.Keys(got.APIRequests.ByResult)))
	errors := got.Faults["error"]
	require.Equal(t, errors["api"], got.APIRequests.ByResult["invalid_token"])
	require.Greater(t, errors["token"], got.TokenRequests.ByResult["http_502"])
	delete(errors, "api")
	delete(errors, "token")
	require.Equal(t, map[string]int64{"introspection": 1, "revocation": 1, "metadata": 1, "jwks": 1}, errors)
	require.EqualValues(t, 1, got.IntrospectionRequests)
	require.EqualValues(t, 1, got.RevocationRequests)
	require.EqualValues(t, 1, got.DiscoveryRequests)
}

func sum(counts map[string]int64) (all int64) {
	for _, n := range counts {
		all += n
	}
	return all
}

// TestFaultsFromTheStart holds that a document of the configuration is in force, and its schedules begin, at the start.
func TestFaultsFromTheStart(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s, err := New(Config{
		Clients: []Client{demo}, Now: clock.now,
		Faults: []byte(`{"token": {"outages": [{"for": "1s"}]}}`),
	})
	require.NoError(t, err)
	clock.move(time.Hour)
	require.NoError(t, s.Start(t.Context()))
	defer func() { require.NoError(t, s.Shutdown(context.Background())) }()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	q := post(s.Endpoints().Token, demo, clientCredentials)
	require.Equal(t, http.StatusServiceUnavailable, q.send(t, client).status)
	clock.move(time.Second)
	require.Equal(t, http.StatusOK, q.send(t, client).status)
	require.Equal(t, map[string]int64{"http_503": 1, "issued": 1}, s.Stats().TokenRequests.ByResult)
}

// TestRateLimitPerClient holds that a client is known by each way to authenticate, and at the API by its token.
func TestRateLimitPerClient(t *testing.T) {
	t.Parallel()
	odd := Client{ID: "a b+c", Secret: secret.New("x")}
	s, h := offline(t, Config{Clients: []Client{demo, odd, signer()}, Now: newClock().now})
	token, other := issue(t, h), post("/token", odd, clientCredentials).ask(t, h).member(t, "access_token")
	put(t, h, `{"token": {"rate_limit": {"per_second": 1, "by": "client"}}, "api": {"rate_limit": {"per_second": 1, "by": "client"}}}`)
	secretPost := request{
		method: http.MethodPost, url: "/token", header: http.Header{"Content-Type": {formType}},
		body: clientCredentials + "&client_id=demo&client_secret=s3cret%2B%2F%25%26%3D%3A",
	}
	unknown := Client{ID: "nobody", Secret: secret.New("x")}
	assertion := func() request {
		return withAssertion(sign(t, jose.ES256, assertionKeys()[jose.ES256], "", goodClaims(s, s.cfg.Now())))
	}
	for n, tt := range []struct {
		q      request
		status int
	}{
		{post("/token", demo, clientCredentials), http.StatusOK},
		{secretPost, http.StatusTooManyRequests},
		{post("/token", odd, clientCredentials), http.StatusOK},
		{post("/token", odd, clientCredentials), http.StatusTooManyRequests},
		{assertion(), http.StatusOK},
		{assertion(), http.StatusTooManyRequests},
		{post("/token", unknown, clientCredentials), http.StatusUnauthorized},
		{request{method: http.MethodPost, url: "/token", body: "%%"}, http.StatusTooManyRequests},
		{get("/api/x", token), http.StatusOK},
		{get("/api/x", token), http.StatusTooManyRequests},
		{get("/api/x", other), http.StatusOK},
		{get("/api/x", ""), http.StatusUnauthorized},
		{get("/api/x", "no token"), http.StatusTooManyRequests},
	} {
		require.Equal(t, tt.status, tt.q.ask(t, h).status, n)
	}
	require.EqualValues(t, 4, s.Stats().TokenRequests.ByResult["rate_limited"])
}

// TestTTLAtRunTime holds that tokens get the lifetime of the document, and are told so.
func TestTTLAtRunTime(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s, h := offline(t, Config{Now: clock.now, TTL: time.Minute})
	put(t, h, `{"ttl": "2s"}`)
	got := post("/token", demo, clientCredentials).ask(t, h)
	require.Contains(t, got.body, `"expires_in":2,`)
	token := got.member(t, "access_token")
	clock.move(1999 * time.Millisecond)
	require.Equal(t, http.StatusOK, get("/api/x", token).ask(t, h).status)
	clock.move(time.Millisecond)
	require.Equal(t, http.StatusUnauthorized, get("/api/x", token).ask(t, h).status)
	put(t, h, `{}`)
	require.Contains(t, post("/token", demo, clientCredentials).ask(t, h).body, `"expires_in":60,`)
	require.Equal(t, map[string]map[string]int64{"ttl": {"token": 1}}, s.Stats().Faults)
}

// TestWrongClocks holds that tokens are made by the authorization server's clock and checked by the API's, and that
// the counters go by neither.
func TestWrongClocks(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s, h := offline(t, Config{Now: clock.now, TTL: time.Minute, TokenFormat: JWT})
	put(t, h, `{"clock_skew": {"api": "90s"}}`)
	token := issue(t, h)
	require.Equal(t, http.StatusUnauthorized, get("/api/x", token).ask(t, h).status, "expired by the API's clock")
	require.Contains(t, post("/introspect", demo, "token="+token).ask(t, h).body, `"active":true`)
	put(t, h, `{"clock_skew": {"server": "-90s"}}`)
	require.Equal(t, http.StatusUnauthorized, get("/api/x", issue(t, h)).ask(t, h).status)
	put(t, h, `{"clock_skew": {"server": "90s"}}`)
	got := post("/token", demo, clientCredentials).ask(t, h)
	date, err := http.ParseTime(got.header.Get("Date"))
	require.NoError(t, err)
	require.Equal(t, clock.now().Add(90*time.Second).Unix(), date.Unix())
	signed, err := jose.ParseSignedCompact(got.member(t, "access_token"), []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(t, err)
	var claims struct {
		IssuedAt int64 `json:"iat"`
	}
	require.NoError(t, json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims))
	require.Equal(t, date.Unix(), claims.IssuedAt)
	clock.move(window)
	put(t, h, `{}`)
	issue(t, h)
	require.EqualValues(t, 3, s.Stats().TokenRequests.PeakPer100ms,
		"not the four of one window that the clock went back into")
	require.Equal(t, map[string]int64{"token": 2, "api": 1}, s.Stats().Faults["clock_skew"])
}

// TestMassRevocation holds which tokens are gone: all of a client's, a share, all, and none that come after.
func TestMassRevocation(t *testing.T) {
	t.Parallel()
	for _, format := range []TokenFormat{Opaque, JWT} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			other := Client{ID: "other", Secret: secret.New("x")}
			s, h := offline(t, Config{Clients: []Client{demo, other}, TokenFormat: format})
			valid := func(token string) bool { return get("/api/x", token).ask(t, h).status == http.StatusOK }
			revoke := func(command string) {
				require.Equal(t, http.StatusNoContent, admin(http.MethodPost, "/revocations", command).ask(t, h).status)
			}
			mine, theirs := issue(t, h), post("/token", other, clientCredentials).ask(t, h).member(t, "access_token")
			revoke(`{"client": "other"}`)
			require.True(t, valid(mine))
			require.False(t, valid(theirs))
			require.JSONEq(t, inactive, post("/introspect", demo, "token="+theirs).ask(t, h).body)
			require.True(t, valid(post("/token", other, clientCredentials).ask(t, h).member(t, "access_token")), "a new one")
			revoke("")
			require.False(t, valid(mine))
			require.Len(t, *s.bulkRevocations.list.Load(), 1, "the order for all makes the other needless")
			require.Equal(t, map[string]map[string]int64{
				"revocation": {"server": 2}, "revoked_token": {"api": 2, "introspection": 1},
			}, s.Stats().Faults)
			require.EqualValues(t, 2, s.Stats().APIRequests.ByResult["invalid_token"])
		})
	}
}

// TestRevocationOfAShare holds that an order revokes its share, of its own draw, and always the same tokens.
func TestRevocationOfAShare(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{})
	const n = 400
	var tokens []string
	for range n {
		tokens = append(tokens, issue(t, h))
	}
	valid := func() (all []string) {
		for _, token := range tokens {
			if get("/api/x", token).ask(t, h).status == http.StatusOK {
				all = append(all, token)
			}
		}
		return all
	}
	for _, want := range []int{n / 2, n / 4} {
		require.NoError(t, s.bulkRevocations.add(nil, 0.5))
		left := valid()
		require.InDelta(t, want, len(left), n/10)
		require.Equal(t, left, valid())
	}
	for range maxBulkRevocations - 2 {
		require.NoError(t, s.bulkRevocations.add(nil, 0.001))
	}
	require.ErrorIs(t, s.bulkRevocations.add(nil, 0.5), errManyBulkRevocations)
	require.NoError(t, s.bulkRevocations.add(nil, 1))
	require.Empty(t, valid())
}

// TestNonceAtRunTime holds that proofs need a nonce while the document says so, and another one after an order.
func TestNonceAtRunTime(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s, handler := offline(t, Config{Now: clock.now})
	h := newHolder(clock.now)
	ask := func(nonce any) answer {
		return tokenWith(h.proof(t, "POST", offlineToken, "", map[string]any{"nonce": nonce})).ask(t, handler)
	}
	a := ask(nil)
	require.Equal(t, http.StatusOK, a.status)
	require.Empty(t, a.header.Get("DPoP-Nonce"))
	token := a.member(t, "access_token")
	put(t, handler, `{"dpop_nonce": "10s"}`)
	a = ask(nil)
	require.Equal(t, "use_dpop_nonce", a.member(t, "error"))
	first := a.header.Get("DPoP-Nonce")
	require.Equal(t, http.StatusOK, ask(first).status)
	refused := apiWith("DPoP", token, h.proof(t, "GET", offlineAPI, token, map[string]any{"nonce": first})).ask(t, handler)
	require.Equal(t, http.StatusUnauthorized, refused.status, "the API has nonces of its own")

	require.Equal(t, http.StatusNoContent, admin(http.MethodPost, "/nonces", "").ask(t, handler).status)
	a = ask(first)
	require.Equal(t, "use_dpop_nonce", a.member(t, "error"))
	require.Equal(t, http.StatusOK, ask(a.header.Get("DPoP-Nonce")).status)
	clock.move(20 * time.Second)
	require.Equal(t, "use_dpop_nonce", ask(a.header.Get("DPoP-Nonce")).member(t, "error"))
	put(t, handler, `{}`)
	require.Equal(t, http.StatusOK, ask(nil).status)
	require.Equal(t, map[string]map[string]int64{"dpop_nonce": {"token": 3, "api": 1}, "nonce_reset": {"server": 1}},
		s.Stats().Faults)
}

// TestSecretRotation holds what an administrator's order to replace a secret does.
func TestSecretRotation(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{})
	got := admin(http.MethodPost, "/clients/demo/secret", "").ask(t, h)
	require.Equal(t, http.StatusOK, got.status)
	generated := got.member(t, "secret")
	require.Len(t, generated, 52)
	require.Equal(t, http.StatusUnauthorized, statusOf(t, h, demo.ID, demo.Secret.Reveal()))
	require.Equal(t, http.StatusOK, statusOf(t, h, demo.ID, generated))
	require.Equal(t, http.StatusNoContent,
		admin(http.MethodPost, "/clients/demo/secret", `{"secret": "another", "grace": "1m"}`).ask(t, h).status)
	require.Equal(t, http.StatusOK, statusOf(t, h, demo.ID, "another"))
	require.Equal(t, http.StatusOK, statusOf(t, h, demo.ID, generated), "within its grace")
	require.Equal(t, map[string]map[string]int64{"secret_rotation": {"server": 2}}, s.Stats().Faults)
}

// TestKeyRotation holds that tokens of a former key are valid, and the key published, until its overlap is over.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s, h := offline(t, Config{TokenFormat: JWT, Now: clock.now, TTL: time.Hour})
	published := func() (ids []string) {
		var set jose.JSONWebKeySet
		require.NoError(t, json.Unmarshal([]byte(get("/jwks", "").ask(t, h).body), &set))
		for _, key := range set.Keys {
			ids = append(ids, key.KeyID)
		}
		return ids
	}
	valid := func(token string) bool { return get("/api/x", token).ask(t, h).status == http.StatusOK }
	old, before := issue(t, h), published()
	require.Len(t, before, 1)
	require.Equal(t, http.StatusNoContent, admin(http.MethodPost, "/keys", `{"overlap": "1m"}`).ask(t, h).status)
	after := published()
	require.Len(t, after, 2)
	require.Equal(t, before[0], after[1], "the new one is first")
	fresh := issue(t, h)
	require.True(t, valid(old))
	require.True(t, valid(fresh))
	clock.move(time.Minute)
	require.Equal(t, after[:1], published())
	require.False(t, valid(old))
	require.True(t, valid(fresh))
	require.NoError(t, s.RotateSigningKey(0))
	require.False(t, valid(fresh), "without an overlap it is over at once")
	for range maxSigningKeys - 1 {
		require.NoError(t, s.RotateSigningKey(time.Hour))
	}
	require.ErrorIs(t, s.RotateSigningKey(0), errManySigningKeys)
	require.EqualValues(t, maxSigningKeys+1, s.Stats().Faults["key_rotation"]["server"])
}

// TestServerChangesUnderLoad is for the race detector: everything is changed while requests are answered.
func TestServerChangesUnderLoad(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{TokenFormat: JWT, JWTAlgorithm: "EdDSA"})
	stop := make(chan struct{})
	var asking sync.WaitGroup
	for range 2 {
		asking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got := post("/token", demo, clientCredentials).ask(t, h)
				if got.status == http.StatusOK {
					get("/api/x", got.member(t, "access_token")).ask(t, h)
				}
				get("/jwks", "").ask(t, h)
			}
		})
	}
	for range 20 {
		put(t, h, `{"token": {"errors": [{"rate": 0.2, "error": "server_error"}]}, "ttl": "3s", "clock_skew": {"server": "3s"}}`)
		require.NoError(t, s.RotateSigningKey(0))
		require.NoError(t, s.bulkRevocations.add(nil, 1))
		s.faults.Clear()
	}
	close(stop)
	asking.Wait()
	got := s.Stats()
	require.Equal(t, got.TokenRequests.Total, sum(got.TokenRequests.ByResult))
	require.Equal(t, got.APIRequests.Total, sum(got.APIRequests.ByResult))
}

// TestFaultsOverTLS holds that handshakes are delayed on the ports of a server: a client that gives up meanwhile has no
// answer.
func TestFaultsOverTLS(t *testing.T) {
	t.Parallel()
	s := start(t, Config{TLSDir: t.TempDir(), Faults: []byte(`{"tls": {"handshake_delay": "8s"}}`)})
	client := trusting(t, s.Endpoints().CAFile)
	ask := func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoints().Health, http.NoBody)
		require.NoError(t, err)
		resp, err := client.Do(r)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	impatient, giveUp := context.WithCancel(t.Context())
	answered := make(chan error, 1)
	go func() { answered <- ask(impatient) }()
	delayed := map[string]map[string]int64{"handshake_delay": {"tls": 1}}
	require.Eventually(t, func() bool { return len(s.faults.Counts()) > 0 }, time.Minute, 5*time.Millisecond)
	giveUp()
	require.ErrorIs(t, <-answered, context.Canceled)
	require.Equal(t, delayed, s.faults.Counts())
	s.faults.Clear()
	require.NoError(t, ask(t.Context()))
}
