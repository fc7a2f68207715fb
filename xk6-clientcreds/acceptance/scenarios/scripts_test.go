package scenarios

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// Every scenario, over HTTP and HTTPS, with both token formats and both ways to check a token.
func TestScripts(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*testing.T, *authserver.Config){
		"opaque tokens": func(*testing.T, *authserver.Config) {},
		"HTTPS, JWT, introspection, an API of its own": func(t *testing.T, c *authserver.Config) {
			t.Helper()
			c.TLSDir = t.TempDir()
			c.TokenFormat = authserver.JWT
			c.APICheck = authserver.CheckIntrospection
			c.APIAddr = "127.0.0.1:0"
			c.APIScope = "orders.read"
			c.Issuer = "/tenants/blue"
		},
	} {
		for script, env := range map[string][]string{
			"scripts/api-load.js":   {"VUS=3", "DURATION=2s", "PAUSE=0.02"},
			"scripts/token-load.js": {"RATE=20", "DURATION=2s", "MAX_VUS=10"},
			"scripts/smoke.test.js": nil,
		} {
			t.Run(script+" "+name, func(t *testing.T) {
				t.Parallel()
				server := servers.StartLocal(t, func(c *authserver.Config) { change(t, c) })
				r := k6test.Run{Script: script, Env: server.Env(append(env, "TOKEN_URL=")...)}.Do(t).Passes(t)
				server.Agrees(t, r)
				stats := server.Stats()
				require.Equal(t, map[string]int64{"issued": stats.TokenRequests.Total}, stats.TokenRequests.ByResult)
				require.EqualValues(t, 1, stats.DiscoveryRequests)
			})
		}
	}
}

// The environment changes what the scenarios do.
func TestScriptsEnvironment(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) { c.TTL = 3 * time.Second })
	r := k6test.Run{Script: "scripts/api-load.js", Env: server.Env("AUTH=client_secret_post", "SCOPE=orders.read",
		"AUDIENCE=https://api.example.com", "RESOURCE=https://api.example.com/orders", "CACHE_SCOPE=shared",
		"LEEWAY=50%", "JITTER=0", "REFRESH=blocking", "VUS=4", "DURATION=3s", "PAUSE=0.1")}.Do(t).Passes(t)
	server.Agrees(t, r)
	require.Equal(t, 4.0, r.Summary.Value("vus_max", "value"))
	issued := r.Summary.Count("clientcreds_requests")
	require.GreaterOrEqual(t, issued, 2, "replaced after half of its lifetime")
	require.LessOrEqual(t, issued, 3, "one token for all, setup() included")
	require.Greater(t, r.Summary.Count("clientcreds_cache_misses"), 1, "blocking replacements are waited for")
}

// A client without a secret, which authenticates with its key.
func TestScriptsWithAPrivateKey(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) {
		c.Clients[0].Secret = secret.New("")
		c.Clients[0].JWKS.Keys = []jose.JSONWebKey{{Key: servers.ExampleKey().Public()}}
	})
	r := k6test.Run{Script: "scripts/token-load.js", Env: server.Env("AUTH=private_key_jwt",
		"CLIENT_KEY_FILE="+servers.WriteKey(t, servers.ExampleKey()),
		"KEY_ALG=ES256", "RATE=10", "DURATION=2s", "MAX_VUS=10")}.Do(t).Passes(t)
	server.Agrees(t, r)
	require.Positive(t, server.Stats().TokenRequests.ByResult["issued"])
}

// wrongConfiguration is an environment that no scenario can work with, and the words for it.
type wrongConfiguration struct {
	script string // api-load.js unless given
	change []string
	text   string
}

func TestScriptsReadableErrors(t *testing.T) {
	t.Parallel()
	right := map[string]string{
		"TOKEN_URL": "http://127.0.0.1:9/token", "API_URL": "http://127.0.0.1:9/api", "CLIENT_ID": servers.LocalID,
		"CLIENT_SECRET": servers.LocalSecret,
	}
	for name, c := range map[string]wrongConfiguration{
		"no client id": {
			change: []string{"CLIENT_ID="},
			text:   `configuration: CLIENT_ID is not set; set it to the client's ID`,
		},
		"no secret": {
			change: []string{"CLIENT_SECRET="},
			text:   `configuration: CLIENT_SECRET is not set; set it to the client's secret`,
		},
		"secret with a line": {
			change: []string{"CLIENT_SECRET=" + servers.LocalSecret + "\n"},
			text:   `configuration: CLIENT_SECRET contains a line break; remove it`,
		},
		"two secrets": {
			change: []string{"CLIENT_SECRET_FILE=/x"},
			text:   `configuration: CLIENT_SECRET and CLIENT_SECRET_FILE are both set; unset one of them`,
		},
		"no file of a secret": {
			change: []string{"CLIENT_SECRET=", "CLIENT_SECRET_FILE=/no/such/file"},
			text:   `configuration: CLIENT_SECRET_FILE cannot be read: no such file or directory (/no/such/file)`,
		},
		"no source of a secret": {
			change: []string{"CLIENT_SECRET=", "CLIENT_SECRET_SOURCE=team:load"},
			text:   `configuration: CLIENT_SECRET_SOURCE cannot be read: no secret sources are configured; start k6 with --secret-source`,
		},
		"no endpoint": {
			change: []string{"TOKEN_URL="},
			text:   `configuration: TOKEN_URL is not set; set it to the token endpoint's URL, or set ISSUER to discover it`,
		},
		"endpoint is not a URL": {
			change: []string{"TOKEN_URL=127.0.0.1:9/token"},
			text:   `configuration: TOKEN_URL is \"127.0.0.1:9/token\"; it must be a URL that begins with http:// or https://, such as https://idp.example.com/oauth2/token`,
		},
		"two servers": {
			change: []string{"ISSUER=https://user:pass@idp.example.com/tenant"},
			text:   `configuration: TOKEN_URL is at http://127.0.0.1:9, but ISSUER is at https://idp.example.com; set one of the two`,
		},
		"endpoint may be secret": {
			change: []string{"TOKEN_URL=me:hush@idp/token?key=hush"},
			text:   `configuration: TOKEN_URL is \"…@idp/token…\"; it must be a URL that begins with http:// or https://`,
		},
		"issuer is not a URL": {
			change: []string{"TOKEN_URL=", "ISSUER=127.0.0.1:9997"},
			text:   `configuration: ISSUER is \"127.0.0.1:9997\"; it must be a URL that begins with http:// or https://, such as https://idp.example.com\n`,
		},
		"issuer is its metadata": {
			change: []string{"TOKEN_URL=", "ISSUER=https://127.0.0.1:9/.well-known/openid-configuration"},
			text:   `configuration: ISSUER contains /.well-known/, so it is the URL of the metadata; set it to the issuer that the metadata contain`,
		},
		"a misspelled variable that is required": {
			change: []string{"CLIENT_ID=", "CLIENTID=demo"},
			text:   `configuration: CLIENT_ID is not set; set it to the client's ID; CLIENTID is set, did you mean CLIENT_ID?`,
		},
		"a body of a GET": {
			change: []string{"API_BODY=hush"},
			text:   `configuration: API_BODY is set, but API_METHOD is GET, which has no body; set API_METHOD, for example to POST`,
		},
		"no method": {
			change: []string{"API_METHOD=P OST"},
			text:   `configuration: API_METHOD is \"P OST\"; it must be an HTTP method such as POST`,
		},
		"headers of another form": {
			change: []string{"API_HEADERS=X-Key: hush"},
			text:   `configuration: API_HEADERS must be a JSON object of strings, such as {\"Accept\": \"application/json\"}`,
		},
		"headers of numbers": {
			change: []string{`API_HEADERS={"X-Key": 1}`}, text: `configuration: API_HEADERS must be a JSON object of strings`,
		},
		"the client's own header": {
			change: []string{`API_HEADERS={"authorization": "hush"}`},
			text:   `configuration: API_HEADERS has authorization, which the client sets; remove it`,
		},
		"no status": {
			change: []string{"API_STATUS=ok"},
			text:   `configuration: API_STATUS is \"ok\"; it must be a status such as 204, or several such as 200,201`,
		},
		"an unknown ON_ERROR": {
			change: []string{"ON_ERROR=stop"},
			text:   `configuration: ON_ERROR is \"stop\"; it must be one of \"throw\", \"abort\"`,
		},
		"a MAX_REQUESTS that is not a number": {
			change: []string{"MAX_REQUESTS=many"},
			text:   `configuration: MAX_REQUESTS is \"many\"; it must be a whole number, 1 or more`,
		},
		"no API": {
			change: []string{"API_URL="},
			text:   `configuration: API_URL is not set; set it to the URL of the protected API to load`,
		},
		"VUS no number": {
			change: []string{"VUS=many"},
			text:   `configuration: VUS is \"many\"; it must be a whole number, 1 or more`,
		},
		"no VUs": {
			change: []string{"VUS=0"},
			text:   `configuration: VUS is \"0\"; it must be a whole number, 1 or more`,
		},
		"DURATION no unit": {
			change: []string{"DURATION=30"},
			text:   `configuration: DURATION is \"30\"; it must be a duration such as 30s, 5m or 1h30m`,
		},
		"PAUSE of words": {
			change: []string{"PAUSE=long"},
			text:   `configuration: PAUSE is \"long\"; it must be a number of seconds such as 0.5, or a duration such as 500ms`,
		},
		"RATE no number": {
			script: "token-load.js", change: []string{"RATE=1.5"},
			text: `configuration: RATE is \"1.5\"; it must be a whole number, 1 or more`,
		},
		"an unknown kind": {
			script: "mixed.js", change: []string{"ISSUER=http://127.0.0.1:9", "MIX=api=1,logout=2"},
			text: `configuration: MIX has \"logout=2\"; it must be a weight such as api=10; the kinds are api, grant, introspection, revocation`,
		},
		"no kind": {
			script: "mixed.js", change: []string{"ISSUER=http://127.0.0.1:9", "MIX=api=0"},
			text: `configuration: MIX is \"api=0\"; it must have a weight above 0, and each kind once`,
		},
		"no endpoint for introspection": {
			script: "introspection.js",
			text:   `configuration: INTROSPECTION_URL is not set; set it to the introspection endpoint's URL, or set ISSUER to discover it`,
		},
		"no endpoint for revocation": {
			script: "introspection.js", change: []string{"INTROSPECTION_URL=http://127.0.0.1:9/introspect"},
			text: `configuration: REVOCATION_URL is not set; set it to the revocation endpoint's URL, or set ISSUER to discover it`,
		},
		"no share": {
			script: "introspection.js", change: []string{"ISSUER=http://127.0.0.1:9", "INACTIVE=20"},
			text: `configuration: INACTIVE is \"20\"; it must be a share, 0 to 1`,
		},
		"MAX_VUS negative": {
			script: "token-load.js", change: []string{"MAX_VUS=-1"},
			text: `configuration: MAX_VUS is \"-1\"; it must be a whole number, 1 or more`,
		},
		"AMPLIFICATION of words": {
			script: "idp-outage.js", change: []string{"AMPLIFICATION=few"},
			text: `configuration: AMPLIFICATION is \"few\"; it must be a number such as 2.5`,
		},
		"no key": {
			change: []string{"AUTH=private_key_jwt"},
			text:   `configuration: CLIENT_KEY_FILE is not set; set it to the file of the client's private key, PEM or JWK`,
		},
		"no certificate": {
			change: []string{"AUTH=tls_client_auth"},
			text:   `configuration: CLIENT_CERTIFICATE_FILE is not set; set it to the file of the client's certificate, PEM`,
		},
		"no key of the certificate": {
			change: []string{"AUTH=self_signed_tls_client_auth", "CLIENT_CERTIFICATE_FILE=client.pem"},
			text:   `configuration: CLIENT_KEY_FILE is not set; set it to the file of the certificate's private key, PEM or JWK`,
		},
		"exchange of nothing": {
			change: []string{"EXCHANGE_AUDIENCE=inventory"},
			text:   `configuration: EXCHANGE_AUDIENCE is set, but nothing is exchanged; set EXCHANGE=true, or unset it`,
		},
		"exchange unclear": {
			change: []string{"EXCHANGE=yes"},
			text:   `configuration: EXCHANGE is \"yes\"; it must be true or false`,
		},
		"unknown auth": {
			change: []string{"AUTH=basic"},
			text:   `configuration: AUTH is \"basic\"; it must be one of \"client_secret_basic\", \"client_secret_post\"`,
		},
		"unknown cache scope": {
			change: []string{"CACHE_SCOPE=global"},
			text:   `configuration: CACHE_SCOPE is \"global\"; it must be one of \"vu\", \"shared\", \"none\"`,
		},
		"contradiction": {
			change: []string{"CACHE_SCOPE=none", "LEEWAY=1s"},
			text:   `configuration: LEEWAY has no effect with cache.scope: \"none\", which asks for a new token at every call`,
		},
		"wrong scope": {
			change: []string{`SCOPE=a"b`},
			text:   `configuration: SCOPE contains \"a\\\"b\"; a scope must be printable ASCII`,
		},
		"nobody there": {
			text: `TokenError: connection_refused: connection refused (127.0.0.1:9) (client \"demo\" at http://127.0.0.1:9/token); nothing listens there`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.script == "" {
				c.script = "api-load.js"
			}
			r := k6test.Run{Script: "scripts/" + c.script, Env: k6test.With(right, c.change...)}.Do(t)
			require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
			require.Contains(t, r.Output, c.text)
			require.NotContains(t, r.Output, servers.LocalSecret)
			require.NotContains(t, r.Output, "hush")
			require.Equal(t, 1, strings.Count(r.Output, "level=error"), "one message: %s", r.Output)
		})
	}
}

// A problem that setup() finds ends the run before it begins.
func TestScriptsPreflight(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) { c.APIScope = "orders.admin" })
	r := k6test.Run{Script: "scripts/api-load.js", Env: server.Env()}.Do(t)
	require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
	require.Contains(t, r.Output, "Error: preflight: the API at "+server.Endpoints().API+"orders answered 403 (Bearer ")
	require.Contains(t, r.Output, "insufficient_scope")
	require.EqualValues(t, 1, server.Stats().APIRequests.Total)

	r = k6test.Run{Script: "scripts/api-load.js", Env: server.Env("API_URL=http://127.0.0.1:9/")}.Do(t)
	require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
	require.Contains(t, r.Output,
		"Error: preflight: the API at http://127.0.0.1:9/ gave no answer (dial: connection refused)")
	require.NotContains(t, r.Output, "Bearer")
}

// A scenario warns about misspelled variables before it begins, and about none of the many others.
func TestScriptsMisspelledVariables(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, nil)
	for name, c := range map[string]struct {
		script string
		env    []string
		meant  []string
	}{
		"plural, underscore, case, and a letter": {
			script: "api-load.js",
			env: []string{
				"VUS=", "VU=3", "MaxVUs=7", "pause=1", "DURATOIN=9m", "SCOPE=", "SCOPES=orders.read",
				"Cache-Scope=shared", "AUDIENC=x", "REFFRESH=blocking",
			},
			meant: []string{
				"AUDIENC AUDIENCE", "Cache-Scope CACHE_SCOPE", "DURATOIN DURATION", "REFFRESH REFRESH", "SCOPES SCOPE", "VU VUS",
				"pause PAUSE",
			},
		},
		"of a scenario without requests to an API": {
			script: "rate-limited.js",
			env:    []string{"VUS=", "LIMITS=2", "VU=1", "API_UR=x"}, meant: []string{"LIMITS LIMIT", "VU VUS"},
		},
		"others": {
			script: "api-load.js",
			env: []string{
				"VUS=1", "VU=3", "TZ=UTC", "TTY=/dev/pts/1", "USER=me", "LOGNAME=me", "LANG=C.UTF-8", "TERM=xterm", "SHELL=/bin/sh",
				"PWD=/", "SHLVL=1", "DATE=x", "MAIL=x",
				"PAGER=less", "EDITOR=vi", "CI=true", "HOSTNAME=x", "TMPDIR=/tmp", "NODE_ENV=test", "DATABASE_URL=x", "APP_URL=x",
				"AUTHOR=x", "STEP=1", "RATE=7", "PORT=1", "KEY=x",
				"SECRET=x", "CLIENT=x", "TOKEN=x", "SCOPE_ID=x", "K6_VUS_MAX=1", "GITHUB_ACTIONS=true", "RUNNER_OS=Linux",
				"GOPATH=/go", "JAVA_HOME=/j", "DPO=x",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := server.Env(append([]string{"DURATION=", "VUS=2", "ADMIN_URL="}, c.env...)...)
			r := k6test.Run{Script: "scripts/" + c.script, Env: env, Args: []string{"--iterations", "1", "--vus", "1"}}.Do(t)
			var meant []string
			for _, found := range misspelled.FindAllStringSubmatch(r.Output, -1) {
				meant = append(meant, found[1]+" "+found[2])
			}
			slices.Sort(meant)
			require.Equal(t, c.meant, meant, r.Output)
		})
	}
}

var misspelled = regexp.MustCompile(`msg="(\S+) is not a variable of this scenario: did you mean (\S+)\?"`)

// Not every API expects a GET and answers 200.
func TestScriptsOfOtherAPIs(t *testing.T) {
	t.Parallel()
	api := func(status int) func(*authserver.Config) {
		return func(c *authserver.Config) {
			c.APIMiddleware = []authserver.Middleware{func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					if got := r.Method + " " + r.Header.Get("X-Tenant") + " " + string(body); got != "POST blue {}" {
						status = http.StatusTeapot
					}
					w.WriteHeader(status)
				})
			}}
		}
	}
	request := []string{
		"API_METHOD=post", "API_BODY={}", `API_HEADERS={"X-Tenant": "blue"}`, "VUS=1", "DURATION=1s",
		"PAUSE=0.1",
	}
	for name, c := range map[string]struct {
		status int
		env    []string
		exit   int
		text   string
	}{
		"any success":            {status: 204},
		"the status that is due": {status: 404, env: []string{"API_STATUS=410,404"}},
		"a redirect":             {status: 302, env: []string{"API_STATUS=302"}},
		"another success": {
			status: 204, env: []string{"API_STATUS=200"}, exit: k6test.ExitScriptException,
			text: "answered 204 to a POST with a new token; it must be 200. Set API_METHOD, API_BODY, ",
		},
		"another request": {
			status: 200, env: []string{"API_BODY=[]"}, exit: k6test.ExitScriptException,
			text: "answered 418 to a POST with a new token; it must be 2xx. Set API_METHOD, API_BODY, ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, api(c.status))
			for _, script := range []string{"api-load.js", "smoke.test.js"} {
				r := k6test.Run{Script: "scripts/" + script, Env: server.Env(append(request, c.env...)...)}.Do(t)
				if script == "smoke.test.js" {
					require.Equal(t, c.exit == 0, r.ExitCode == 0, r.Output)
					continue
				}
				require.Equal(t, c.exit, r.ExitCode, r.Output)
				require.Contains(t, r.Output, c.text)
				if c.exit == 0 {
					require.Zero(t, r.Summary.Value("http_req_failed", "rate"))
					require.Contains(t, r.Unwrapped(), " 0.00% failed; checks ")
				}
			}
		})
	}
}

// With ON_ERROR=abort a test ends with the first token that does not come, however the scenario asks for it.
func TestScriptsAbortOnError(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"api-load.js", "soak-through-expiry.js", "token-load.js"} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, servers.WithFaults(`{"ttl": "1s", "token": {"outages": [{"after": "2s", "for": "1m"}]}}`))
			env := server.Env("ON_ERROR=abort", "VUS=2", "RATE=10", "DURATION=30s", "PAUSE=0.05", "TTL=1s")
			r := k6test.Run{Script: "scripts/" + script, Env: env}.Do(t)
			require.Equal(t, k6test.ExitAborted, r.ExitCode, r.Output)
			require.Regexp(t, `level=error msg="test aborted: \w+ \(HTTP 503\)`, r.Output)
			require.Contains(t, r.Output, "  errors   token requests: ")
			require.NotContains(t, r.Output, "TokenError", "no iteration went on")
		})
	}
}

// With MAX_REQUESTS, a scenario sends that many token requests, and then the test ends.
func TestScriptsEndAtMaxRequests(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"api-load.js", "token-load.js"} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, servers.WithFaults(`{"ttl": "1s"}`))
			env := server.Env("MAX_REQUESTS=7", "VUS=2", "RATE=10", "DURATION=30s", "PAUSE=0.05", "TTL=1s")
			r := k6test.Run{Script: "scripts/" + script, Env: env}.Do(t)
			require.Equal(t, k6test.ExitAborted, r.ExitCode, r.Output)
			require.Contains(t, r.Output, `test aborted: max_requests: this run has sent the 7 token requests that option \"maxRequests\" allows`)
			require.EqualValues(t, 7, server.Stats().TokenRequests.Total)
		})
	}
}
