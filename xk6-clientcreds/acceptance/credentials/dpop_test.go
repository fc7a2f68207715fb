package credentials

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// The requests that the API accepts and rejects in one iteration of dpopScript, and their number.
const acceptedByDPoPScript, refusedByDPoPScript, dpopIterations = 4, 7, 6

func TestDPoPWithTheLocalServer(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*authserver.Config){
		"opaque": func(*authserver.Config) {},
		"JWT":    func(c *authserver.Config) { c.TokenFormat = authserver.JWT },
		"nonce":  func(c *authserver.Config) { c.DPoPNonce = time.Minute },
		"nonce, introspection": func(c *authserver.Config) {
			c.DPoPNonce, c.APICheck = time.Minute, authserver.CheckIntrospection
		},
		"JWT, must be bound, at a path": func(c *authserver.Config) {
			c.TokenFormat, c.Clients[0].DPoPBound, c.Issuer = authserver.JWT, true, "/tenants/blue"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, change)
			r := k6test.Run{Script: k6test.Fixture("dpop.js"), Env: server.Env("FORMAT=" + string(server.Config.TokenFormat))}.Do(t).Passes(t)
			stats := server.Stats()
			require.EqualValues(t, acceptedByDPoPScript*dpopIterations, stats.APIRequests.ByResult["ok"])
			require.EqualValues(t, refusedByDPoPScript*dpopIterations,
				stats.APIRequests.ByResult["invalid_token"]+stats.APIRequests.ByResult["invalid_dpop_proof"])
			tokens, nonces := int64(4), int64(0) // two clients in each of two VUs
			if server.Config.DPoPNonce > 0 {
				nonces = tokens
				require.EqualValues(t, 2, stats.APIRequests.ByResult["use_dpop_nonce"], "the holder's first request in each VU")
			}
			require.Equal(t, tokens, stats.TokenRequests.ByResult["issued"])
			require.Equal(t, nonces, stats.TokenRequests.ByResult["use_dpop_nonce"])
			require.EqualValues(t, nonces, r.Summary.Count("clientcreds_dpop_nonce_retries{server:authorization}"))
			require.EqualValues(t, stats.APIRequests.ByResult["use_dpop_nonce"],
				r.Summary.Count("clientcreds_dpop_nonce_retries{server:resource}"))
			server.Agrees(t, r)
		})
	}
}

// A nonce that changes while the test runs is learned from the answers: a client that asks often enough
// is never asked for one again.
func TestDPoPNonceRotates(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) { c.DPoPNonce = time.Second })
	r := k6test.Run{
		Script: k6test.Fixture("dpop-nonce.js"),
		Env:    server.Env("SCOPE_OF_CACHE=vu"),
	}.Do(t).Passes(t)
	server.Agrees(t, r)
}

// One token of all virtual users is bound to one key, which all of them prove to have.
func TestDPoPSharedToken(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) { c.DPoPNonce = time.Minute })
	r := k6test.Run{
		Script: "scripts/api-load.js",
		Env:    server.Env("DPOP=true", "CACHE_SCOPE=shared", "VUS=10", "DURATION=2s", "PAUSE=0.02"),
	}.Do(t).Passes(t)
	stats := server.Stats()
	require.Equal(t, map[string]int64{"issued": 1, "use_dpop_nonce": 1}, stats.TokenRequests.ByResult)
	require.EqualValues(t, 1, stats.APIRequests.ByResult["use_dpop_nonce"], "setup() made the one request without it")
	require.EqualValues(t, r.Summary.Count("http_reqs"), stats.APIRequests.ByResult["ok"])
}

func TestDPoPSmoke(t *testing.T) {
	t.Parallel()
	for _, nonce := range []time.Duration{0, time.Minute} {
		server := servers.StartLocal(t, func(c *authserver.Config) { c.DPoPNonce = nonce })
		k6test.Run{Script: "scripts/smoke.test.js", Env: server.Env("DPOP=true")}.Do(t).Passes(t)
		require.Zero(t, server.Stats().APIRequests.ByResult["invalid_token"])
	}
}

// A server that does not know DPoP gives a bearer token. The client does not go on with it.
func TestDPoPDowngrade(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) {
		c.TokenMiddleware = []authserver.Middleware{func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("DPoP")
				next.ServeHTTP(w, r)
			})
		}}
	})
	r := k6test.Run{Script: "scripts/api-load.js", Env: server.Env("DPOP=true", "VUS=1", "DURATION=1s")}.Do(t)
	require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
	require.Contains(t, r.Output,
		"TokenError: token_type (HTTP 200): the token has the type Bearer although a DPoP proof was sent")
	require.Zero(t, server.Stats().APIRequests.Total, "no request without its token")
}

// provenAPI is an API that checks DPoP by RFC 9449 §4.3 and §7.1 itself, and asks the authorization server
// what key the token is bound to.
type provenAPI struct {
	*servers.ResourceServer

	mu      sync.Mutex
	used    map[string]bool
	refused map[string]int
}

func startProvenAPI(t *testing.T, c servers.Certificates, issuer string) *provenAPI {
	t.Helper()
	a := &provenAPI{
		ResourceServer: servers.StartResourceServer(t, c, issuer), used: make(map[string]bool),
		refused: make(map[string]int),
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(a.serve))
	server.TLS = c.Server(t)
	server.StartTLS()
	t.Cleanup(server.Close)
	a.Server = server
	return a
}

func (a *provenAPI) serve(w http.ResponseWriter, r *http.Request) {
	if why := a.fault(r); why != "" {
		a.mu.Lock()
		a.refused[why]++
		a.mu.Unlock()
		w.Header().Set("WWW-Authenticate", `DPoP error="invalid_token", error_description="`+why+`"`)
		w.WriteHeader(http.StatusUnauthorized)
	}
}

func (a *provenAPI) fault(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "DPoP ")
	if !ok {
		return "scheme"
	}
	signed, err := jose.ParseSignedCompact(r.Header.Get("DPoP"), []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA})
	if err != nil {
		return "no proof"
	}
	key := signed.Signatures[0].Protected.JSONWebKey
	payload, err := signed.Verify(key)
	if err != nil {
		return "signature"
	}
	var claims struct{ JTI, HTM, HTU, ATH string }
	if json.Unmarshal(payload, &claims) != nil {
		return "claims"
	}
	hash := sha256.Sum256([]byte(token))
	switch {
	case claims.HTM != r.Method || claims.HTU != "https://"+r.Host+r.URL.Path:
		return "request"
	case claims.ATH != base64.RawURLEncoding.EncodeToString(hash[:]):
		return "hash"
	}
	a.mu.Lock()
	replayed := a.used[claims.JTI]
	a.used[claims.JTI] = true
	a.mu.Unlock()
	if replayed {
		return "replay"
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	answer, _ := a.Introspect(r.Context(), token)
	if err != nil || !answer.Active || answer.Confirmation["jkt"] != base64.RawURLEncoding.EncodeToString(sum) {
		return "key"
	}
	return ""
}

func TestInteropDPoP(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	for name, c := range map[string]struct {
		nonce   string
		demands int // one for each key, then the nonce is remembered
	}{"without nonces": {"0", 0}, "with nonces": {"1", 4}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := servers.StartOIDCProvider(t, certs, "DPOP_NONCE="+c.nonce)
			api := startProvenAPI(t, certs, op.Issuer)
			r := k6test.Run{Script: k6test.Fixture("dpop.js"), Env: map[string]string{
				"TOKEN_URL": op.Issuer + "/token", "CLIENT_ID": "cc-dpop", "CLIENT_SECRET": "dpop-secret", "SCOPE": "api:read",
				"API_URL": api.URL + "/orders", "SSL_CERT_FILE": certs.CAFile,
			}}.Do(t).Passes(t)
			require.Equal(t, map[string]int{
				"no proof": dpopIterations, "scheme": dpopIterations, "hash": dpopIterations, "key": dpopIterations,
				"request": 2 * dpopIterations, "replay": dpopIterations,
			}, api.refused)

			seen := op.Stop(t)
			demanded := 0
			for _, request := range seen {
				require.Equal(t, "cc-dpop", request.Client)
				if request.Status != http.StatusOK {
					require.Equal(t, "use_dpop_nonce", request.Error)
					demanded++
				}
			}
			require.Equal(t, c.demands, demanded)
			require.Len(t, seen, 4+c.demands)
			require.Equal(t, c.demands, r.Summary.Count("clientcreds_dpop_nonce_retries{server:authorization}"))
			require.Equal(t, len(seen), r.Summary.Count("clientcreds_requests"))
		})
	}
}

// The provider refuses a client without a proof that must bind its tokens. Its description does not help.
func TestInteropDPoPIsDemanded(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	op := servers.StartOIDCProvider(t, certs)
	r := k6test.Run{Script: "scripts/api-load.js", Env: map[string]string{
		"TOKEN_URL": op.Issuer + "/token", "CLIENT_ID": "cc-dpop", "CLIENT_SECRET": "dpop-secret",
		"API_URL": op.Issuer, "SSL_CERT_FILE": certs.CAFile, "VUS": "1", "DURATION": "1s",
	}}.Do(t)
	require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
	require.Contains(t, r.Output, "TokenError: invalid_grant (HTTP 400): grant request is invalid")
	require.Contains(t, r.Output, "dpop")
}
