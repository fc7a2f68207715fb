package acceptance

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// Exit codes of `k6 x clientcreds doctor`.
const (
	doctorUsable   = 0
	doctorUnusable = 1
	doctorUsage    = 2
)

// examination is a run of `k6 x clientcreds doctor`.
type examination struct {
	exitCode       int
	stdout, stderr string
}

// doctor examines the server that env names.
func doctor(t *testing.T, env map[string]string, args ...string) examination {
	t.Helper()
	all := append([]string{"x", "clientcreds", "doctor"}, args...)
	cmd := exec.CommandContext(t.Context(), k6Binary(t), all...) // #nosec G204 -- the binary under test
	cmd.Dir = projectRoot
	stdout, stderr := new(output), new(output)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	variables := []string{"HOME=" + t.TempDir(), "K6_AUTO_EXTENSION_RESOLUTION=false"}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		variables = append(variables, name+"="+env[name])
	}
	code := start(t, cmd, variables...).wait(t)
	return examination{code, stdout.String(), stderr.String()}
}

// checks returns the statuses that --json gave, by the checks' IDs.
func (e examination) checks(t *testing.T) map[string]string {
	t.Helper()
	var report struct {
		SchemaVersion int `json:"schema_version"`
		Checks        []struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		} `json:"checks"`
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(e.stdout)))
	require.NoError(t, decoder.Decode(&report), "%s%s", e.stdout, e.stderr)
	require.Equal(t, 1, report.SchemaVersion)
	statuses := make(map[string]string)
	for _, c := range report.Checks {
		statuses[c.ID] = c.Status
	}
	return statuses
}

// A certified server, over TLS, by each method, and in the wrong encoding.
func TestDoctorExaminesACertifiedServer(t *testing.T) {
	t.Parallel()
	certs, keys := newCertificates(t), newClientKeys(t)
	op := startOIDCProvider(t, certs, keys.environment)
	base := map[string]string{"ISSUER": op.issuer, "SCOPE": "api:read", "SSL_CERT_FILE": certs.caFile}
	for name, c := range map[string]struct {
		id, secret string
		env        []string
		args       []string
		code       int
		want       map[string]string
	}{
		"client_secret_basic": {
			"cc-basic", "basic-secret", nil, nil, doctorUsable,
			// it lives a day,
			map[string]string{
				"grant.configured": "ok", "connection.certificate": "warning", "token.format": "ok",
				"clock.date": "ok",
			},
		},
		"client_secret_basic, form-encoded": {
			"cc basic:x", "p@ss:w%rd+/=& z", nil, nil, doctorUsable,
			map[string]string{"grant.configured": "ok", "grant.basic_encoding": "ok"},
		},
		"the wrong encoding, and what is right": {
			"cc-encoded", "p+ss%2Fword",
			[]string{"BASIC_ENCODING=raw"},
			[]string{"--all-methods"},
			doctorUnusable,
			map[string]string{"grant.configured": "failed", "grant.client_secret_basic_form": "ok"},
		},
		"client_secret_post": {
			"cc-post", "post-secret",
			[]string{"AUTH=client_secret_post"},
			nil, doctorUsable,
			map[string]string{"grant.configured": "ok"},
		},
		"client_secret_jwt": {
			"cc-csjwt", csjwtSecret,
			[]string{"AUTH=client_secret_jwt"},
			[]string{"--all-methods"},
			doctorUsable,
			map[string]string{"grant.configured": "ok", "grant.client_secret_post": "info", "grant.private_key_jwt": "skipped"},
		},
		"private_key_jwt": {
			"cc-pkjwt-ec", "",
			[]string{"AUTH=private_key_jwt", "CLIENT_KEY_FILE=" + keys.ecPEM},
			[]string{"--key-id", "cc-pkjwt-ec"},
			doctorUsable,
			map[string]string{"grant.configured": "ok", "latency.grant": "ok"},
		},
		"another's key": {
			"cc-pkjwt-ec", "",
			[]string{"AUTH=private_key_jwt", "CLIENT_KEY_FILE=" + keys.rsaJWK},
			nil, doctorUnusable,
			map[string]string{"grant.configured": "failed", "clock.date": "ok"},
		},
		"a JWT for a resource": {
			"cc-short", "short-secret",
			[]string{"RESOURCE=https://api.example/orders"},
			nil, doctorUsable,
			map[string]string{
				"token.claims": "info", "token.typ": "ok", "token.iss": "ok", "token.aud": "ok",
				"token.lifetime": "ok",
			},
		},
		"a lifetime of three seconds": {
			"cc-short", "short-secret", nil, nil, doctorUsable, map[string]string{"response.ttl": "warning"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := with(base, append(c.env, "CLIENT_ID="+c.id, "CLIENT_SECRET="+c.secret)...)
			e := doctor(t, env, append(c.args, "--json")...)
			require.Equal(t, c.code, e.exitCode, "%s%s", e.stdout, e.stderr)
			got := e.checks(t)
			for id, status := range c.want {
				require.Equal(t, status, got[id], "%s in %s", id, e.stdout)
			}
			require.Equal(t, "ok", got["discovery.openid"])
			if c.secret != "" {
				holdsNone(t, "the report", e.stdout+e.stderr, []string{c.secret}, nil)
			}
			require.NotRegexp(t, `eyJ[\w-]+\.[\w-]+\.`, e.stdout+e.stderr, "no assertion")
		})
	}
}

// `k6 x clientcreds serve` gives the doctor its environment, as it does a script.
func TestDoctorExaminesTheLocalServer(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, "--tls-dir", t.TempDir(), "--token-format", "jwt", "--",
		k6Binary(t), "x", "clientcreds", "doctor")
	require.Zero(t, s.wait(t), s.output)
	require.Contains(t, s.output.String(), "  ✓ ok       with token                HTTP 200")
	require.Regexp(t, `\nusable: [0-9]+ ok, 3 info, 2 skipped\n`, s.output.String())
	require.NotContains(t, s.output.String(), "\x1b")
}

// The client of serve --client-key is known to the doctor by the same environment.
func TestDoctorExaminesTheClientOfAKey(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, "--client-key", filepath.Join(t.TempDir(), "client.pem"), "--",
		k6Binary(t), "x", "clientcreds", "doctor", "--auth", "private_key_jwt", "--all-methods")
	require.Zero(t, s.wait(t), s.output)
	require.Contains(t, s.output.String(), "authentication  private_key_jwt\n")
	require.Contains(t, s.output.String(), "private_key_jwt brings a token, in ")
	require.Contains(t, s.output.String(), "client_secret_jwt brings a token as well")
}

// What works for the doctor works for a script: in one environment both send assertions for the same audience.
func TestDoctorSignsForTheAudienceOfTheScripts(t *testing.T) {
	t.Parallel()
	seen := new(audiences)
	server := startLocalServer(t, func(cfg *authserver.Config) {
		cfg.Clients[0].Secret = csjwtSecret
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
		env := server.env("AUTH=client_secret_jwt", "ASSERTION_AUDIENCE="+c.audience, c.change)
		examined := doctor(t, env, "--grants", "1")
		require.Equal(t, doctorUsable, examined.exitCode, "%s%s", examined.stdout, examined.stderr)
		require.Equal(t, []string{c.want}, seen.take(), c.change)
		k6run{script: "scripts/smoke.test.js", env: env}.do(t).passes(t)
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
	tokens := new(issuedTokens)
	server := startLocalServer(t, func(cfg *authserver.Config) {
		cfg.Clients[0].Secret = rareSecret
		cfg.TokenMiddleware = []authserver.Middleware{tokens.record}
	})
	for _, args := range [][]string{nil, {"--json"}, {"--verbose"}} {
		e := doctor(t, server.env(), append(args, "--all-methods")...)
		require.Equal(t, doctorUsable, e.exitCode, "%s%s", e.stdout, e.stderr)
		holdsNone(t, "doctor", e.stdout+e.stderr, []string{rareSecret}, tokens.all())
		e = doctor(t, server.env("CLIENT_SECRET="+wrongSecret), args...)
		require.Equal(t, doctorUnusable, e.exitCode, "%s%s", e.stdout, e.stderr)
		holdsNone(t, "doctor, refused", e.stdout+e.stderr, []string{wrongSecret}, nil)
	}
	require.Len(t, tokens.all(), 3*(5+1), "five grants each, and one by client_secret_post")
}

func TestDoctorWithoutAConfiguration(t *testing.T) {
	t.Parallel()
	e := doctor(t, nil)
	require.Equal(t, doctorUsage, e.exitCode)
	require.Contains(t, e.stderr, "TOKEN_URL and ISSUER are both unset; set one of them")
	require.Empty(t, e.stdout)
}
