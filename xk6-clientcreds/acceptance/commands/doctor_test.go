package commands

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// A certified server, over TLS, by each method, and in the wrong encoding.
func TestDoctorExaminesACertifiedServer(t *testing.T) {
	t.Parallel()
	certs, keys := servers.NewCertificates(t), servers.NewClientKeys(t)
	op := servers.StartOIDCProvider(t, certs, keys.Environment)
	base := map[string]string{"ISSUER": op.Issuer, "SCOPE": "api:read", "SSL_CERT_FILE": certs.CAFile}
	for name, c := range map[string]struct {
		id, secret string
		env        []string
		args       []string
		code       int
		want       map[string]string
	}{
		"client_secret_basic": {
			"cc-basic", "basic-secret", nil, nil, k6test.DoctorUsable,
			// it lives a day,
			map[string]string{
				"grant.configured": "ok", "connection.certificate": "warning", "token.format": "ok",
				"clock.date": "ok",
			},
		},
		"client_secret_basic, form-encoded": {
			"cc basic:x", "p@ss:w%rd+/=& z", nil, nil, k6test.DoctorUsable,
			map[string]string{"grant.configured": "ok", "grant.basic_encoding": "ok"},
		},
		"the wrong encoding, and what is right": {
			"cc-encoded", "p+ss%2Fword",
			[]string{"BASIC_ENCODING=raw"},
			[]string{"--all-methods"},
			k6test.DoctorUnusable,
			map[string]string{"grant.configured": "failed", "grant.client_secret_basic_form": "ok"},
		},
		"client_secret_post": {
			"cc-post", "post-secret",
			[]string{"AUTH=client_secret_post"},
			nil, k6test.DoctorUsable,
			map[string]string{"grant.configured": "ok"},
		},
		"client_secret_jwt": {
			"cc-csjwt", servers.LongSecret,
			[]string{"AUTH=client_secret_jwt"},
			[]string{"--all-methods"},
			k6test.DoctorUsable,
			map[string]string{"grant.configured": "ok", "grant.client_secret_post": "info", "grant.private_key_jwt": "skipped"},
		},
		"private_key_jwt": {
			"cc-pkjwt-ec", "",
			[]string{"AUTH=private_key_jwt", "CLIENT_KEY_FILE=" + keys.ECPEM},
			[]string{"--key-id", "cc-pkjwt-ec"},
			k6test.DoctorUsable,
			map[string]string{"grant.configured": "ok", "latency.grant": "ok"},
		},
		"another's key": {
			"cc-pkjwt-ec", "",
			[]string{"AUTH=private_key_jwt", "CLIENT_KEY_FILE=" + keys.RSAJWK},
			nil, k6test.DoctorUnusable,
			map[string]string{"grant.configured": "failed", "clock.date": "ok"},
		},
		"a JWT for a resource": {
			"cc-short", "short-secret",
			[]string{"RESOURCE=https://api.example/orders"},
			nil, k6test.DoctorUsable,
			map[string]string{
				"token.claims": "info", "token.typ": "ok", "token.iss": "ok", "token.aud": "ok",
				"token.lifetime": "ok",
			},
		},
		"a lifetime of three seconds": {
			"cc-short", "short-secret", nil, nil, k6test.DoctorUsable, map[string]string{"response.ttl": "warning"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := k6test.With(base, append(c.env, "CLIENT_ID="+c.id, "CLIENT_SECRET="+c.secret)...)
			e := k6test.Doctor(t, env, append(c.args, "--json")...)
			require.Equal(t, c.code, e.ExitCode, "%s%s", e.Stdout, e.Stderr)
			got := e.Checks(t)
			for id, status := range c.want {
				require.Equal(t, status, got[id], "%s in %s", id, e.Stdout)
			}
			require.Equal(t, "ok", got["discovery.openid"])
			if c.secret != "" {
				servers.HoldsNone(t, "the report", e.Stdout+e.Stderr, []string{c.secret}, nil)
			}
			require.NotRegexp(t, `eyJ[\w-]+\.[\w-]+\.`, e.Stdout+e.Stderr, "no assertion")
		})
	}
}

// `k6 x clientcreds serve` gives the doctor its environment, as it does a script.
func TestDoctorExaminesTheLocalServer(t *testing.T) {
	t.Parallel()
	s := k6test.Serve(t, nil, "--tls-dir", t.TempDir(), "--token-format", "jwt", "--",
		k6test.Binary(t), "x", "clientcreds", "doctor")
	require.Zero(t, s.Wait(t), s.Output)
	require.Contains(t, s.Output.String(), "  ✓ ok      with token         HTTP 200")
	require.Regexp(t, `\nusable: [0-9]+ ok, 3 info, 2 skipped\n`, s.Output.String())
	require.NotContains(t, s.Output.String(), "\x1b")
}

// The client of serve --client-key is known to the doctor by the same environment.
func TestDoctorExaminesTheClientOfAKey(t *testing.T) {
	t.Parallel()
	s := k6test.Serve(t, nil, "--client-key", filepath.Join(t.TempDir(), "client.pem"), "--",
		k6test.Binary(t), "x", "clientcreds", "doctor", "--auth", "private_key_jwt", "--all-methods")
	require.Zero(t, s.Wait(t), s.Output)
	require.Contains(t, s.Output.String(), "authentication  private_key_jwt\n")
	require.Contains(t, s.Output.String(), "private_key_jwt brings a token, in ")
	require.Contains(t, s.Output.String(), "client_secret_jwt brings a token as well")
}

// What works for the doctor works for a script: in one environment both send assertions for the same audience.
func TestDoctorSignsForTheAudienceOfTheScripts(t *testing.T) {
	t.Parallel()
	seen := new(audiences)
	server := servers.StartLocal(t, func(cfg *authserver.Config) {
		cfg.Clients[0].Secret = secret.New(servers.LongSecret)
		cfg.TokenMiddleware = []authserver.Middleware{seen.record}
	})
	e := server.Endpoints()
	for _, c := range []struct{ change, audience, want string }{
		{"TOKEN_URL=" + e.Token, "", e.Issuer}, // and ISSUER
		{"TOKEN_URL=", "", e.Issuer},
		{"ISSUER=", "", e.Token},
		{"TOKEN_URL=" + e.Token, e.Token, e.Token},
		{"TOKEN_URL=", e.Token, e.Token},
		{"ISSUER=", e.Issuer, e.Issuer},
	} {
		env := server.Env("AUTH=client_secret_jwt", "ASSERTION_AUDIENCE="+c.audience, c.change)
		examined := k6test.Doctor(t, env, "--grants", "1")
		require.Equal(t, k6test.DoctorUsable, examined.ExitCode, "%s%s", examined.Stdout, examined.Stderr)
		require.Equal(t, []string{c.want}, seen.take(), c.change)
		k6test.Run{Script: "scripts/smoke.test.js", Env: env}.Do(t).Passes(t)
		require.Equal(t, []string{c.want}, seen.take(), c.change)
	}
}

// audiences are the aud claims of the assertions that a server got, each once.
type audiences struct {
	mu   sync.Mutex
	list []string
}

func (a *audiences) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		var claims struct {
			Audience string `json:"aud"`
		}
		if signed, err := jose.ParseSignedCompact(form.Get("client_assertion"),
			[]jose.SignatureAlgorithm{jose.HS256}); err == nil {
			_ = json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims)
		}
		a.mu.Lock()
		if !slices.Contains(a.list, claims.Audience) {
			a.list = append(a.list, claims.Audience)
		}
		a.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

func (a *audiences) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.list
	a.list = nil
	return list
}

// The secret and the tokens are in nothing that the doctor writes, also where a login fails.
func TestDoctorShowsNoSecretAndNoToken(t *testing.T) {
	t.Parallel()
	tokens := new(servers.IssuedTokens)
	server := servers.StartLocal(t, func(cfg *authserver.Config) {
		cfg.Clients[0].Secret = secret.New(servers.RareSecret)
		cfg.TokenMiddleware = []authserver.Middleware{tokens.Record}
	})
	for _, args := range [][]string{nil, {"--json"}, {"--verbose"}} {
		e := k6test.Doctor(t, server.Env(), append(args, "--all-methods")...)
		require.Equal(t, k6test.DoctorUsable, e.ExitCode, "%s%s", e.Stdout, e.Stderr)
		servers.HoldsNone(t, "doctor", e.Stdout+e.Stderr, []string{servers.RareSecret}, tokens.All())
		e = k6test.Doctor(t, server.Env("CLIENT_SECRET="+servers.WrongSecret), args...)
		require.Equal(t, k6test.DoctorUnusable, e.ExitCode, "%s%s", e.Stdout, e.Stderr)
		servers.HoldsNone(t, "doctor, refused", e.Stdout+e.Stderr, []string{servers.WrongSecret}, nil)
	}
	require.Len(t, tokens.All(), 3*(5+1), "five grants each, and one by client_secret_post")
}

func TestDoctorWithoutAConfiguration(t *testing.T) {
	t.Parallel()
	e := k6test.Doctor(t, nil)
	require.Equal(t, k6test.DoctorUsage, e.ExitCode)
	require.Contains(t, e.Stderr, "TOKEN_URL and ISSUER are both unset; set one of them")
	require.Empty(t, e.Stdout)
}
