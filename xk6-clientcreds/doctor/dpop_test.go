package doctor

import (
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func withDPoP(c *Config) { c.DPoP = true }

func TestDPoP(t *testing.T) {
	t.Parallel()
	x := serve(t, func(c *authserver.Config) { c.TokenFormat = authserver.JWT })
	r := x.examine(t, withDPoP)
	r.isOnly(t, map[string]Status{})
	require.Equal(t, "DPoP", r.get(t, "response.token_type").Summary)
	require.Contains(t, r.get(t, "dpop.support").Summary, " ES256 ")
	require.Equal(t, "the token endpoint demands no nonce", r.get(t, "dpop.nonce").Summary)
	require.Equal(t, OK, r.get(t, "dpop.binding").Status)
	require.Equal(t, OK, r.get(t, "dpop.without_proof").Status)
	require.Equal(t, OK, r.get(t, "api.with_token").Status)
	require.EqualValues(t, DefaultGrants, x.server.Stats().TokenRequests.ByResult["issued"])
	require.Equal(t, map[string]int64{"ok": 1, "no_token": 1, "invalid_token": 1, "invalid_dpop_proof": 1},
		x.server.Stats().APIRequests.ByResult)
	for _, c := range x.examine(t, nil).Checks {
		require.False(t, strings.HasPrefix(c.ID, "dpop."), c.ID)
	}
}

func TestDPoPNonces(t *testing.T) {
	t.Parallel()
	x := serve(t, func(c *authserver.Config) { c.DPoPNonce, c.TLSDir = time.Minute, t.TempDir() })
	ca, err := os.ReadFile(x.server.Endpoints().CAFile)
	require.NoError(t, err)
	x.cfg.RootCAs = x509.NewCertPool()
	require.True(t, x.cfg.RootCAs.AppendCertsFromPEM(ca))
	r := x.examine(t, withDPoP)
	r.isOnly(t, map[string]Status{})
	require.Equal(t, map[string]any{"demanded": 1, "tokens": DefaultGrants}, r.get(t, "dpop.nonce").Data)
	require.Equal(t, Info, r.get(t, "dpop.nonce").Status)
	require.Equal(t, Info, r.get(t, "dpop.binding").Status, "opaque")
	require.Equal(t, true, r.get(t, "api.with_token").Data["nonce_demanded"])
	require.Positive(t, r.get(t, "latency.first_grant").Data["tls_handshaking_ms"],
		"the first of two requests made the handshake")
	require.EqualValues(t, 1, x.server.Stats().TokenRequests.ByResult["use_dpop_nonce"])
}

func TestDPoPFaults(t *testing.T) {
	t.Parallel()
	dropProof := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("DPoP")
			next.ServeHTTP(w, r)
		})
	}
	// Nonces that are good for one request: what the client knows is never the newest.
	forgetful := func(next http.Handler) http.Handler {
		turn := 0
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if turn++; turn%2 == 0 {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("DPoP-Nonce", "another")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"use_dpop_nonce"}`))
		})
	}
	open := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				w.Header().Set("WWW-Authenticate", "DPoP")
				w.WriteHeader(http.StatusUnauthorized)
			}
		})
	}
	for name, tc := range map[string]struct {
		change func(*authserver.Config)
		want   map[string]Status
		hint   string
	}{
		"downgrade": {
			func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{dropProof} },
			map[string]Status{"grant.configured": Failed},
			"check DPOP, and whether the server binds",
		},
		"nonce per token": {
			func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{forgetful} },
			map[string]Status{"dpop.nonce": Warning},
			"twice the work",
		},
		"API without DPoP": {
			func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{open} },
			map[string]Status{"dpop.without_proof": Warning},
			"a stolen token can be used",
		},
		"JWT without cnf": {
			func(c *authserver.Config) {
				c.TokenMiddleware = []authserver.Middleware{answers(func(_ http.Header, m map[string]any) {
					if _, ok := m["access_token"]; ok {
						m["access_token"] = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.eA"
					}
				})}
			},
			map[string]Status{"dpop.binding": Warning},
			"whose key",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := serve(t, tc.change).examine(t, withDPoP)
			hints := ""
			for id, status := range tc.want {
				require.Equal(t, status, r.get(t, id).Status, r.ids())
				hints += r.get(t, id).Hint
			}
			require.Contains(t, hints, tc.hint)
		})
	}
}

// A client that must bind its tokens, and an examination that does not ask for that.
func TestDPoPIsWanted(t *testing.T) {
	t.Parallel()
	x := serve(t, func(c *authserver.Config) { c.Clients[0].DPoPBound = true })
	r := x.examine(t, nil)
	require.Contains(t, r.get(t, "grant.configured").Hint, "DPOP=true")
	require.Equal(t, "invalid_dpop_proof", r.get(t, "grant.configured").Data["error"])
	require.True(t, x.examine(t, withDPoP).Usable)
}
