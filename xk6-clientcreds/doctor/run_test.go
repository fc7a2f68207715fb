package doctor

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestHealthyServer(t *testing.T) {
	t.Parallel()
	x := serve(t, func(c *authserver.Config) { c.TokenFormat = authserver.JWT })
	r := x.examine(t, nil)
	require.True(t, r.Usable)
	r.isOnly(t, map[string]Status{})
	require.Equal(t, "discovery.rfc8414=ok discovery.openid=ok discovery.token_endpoint=ok discovery.grant_types=ok "+
		"discovery.auth_methods=ok connection.dns=skipped connection.tcp=ok connection.tls=info grant.configured=ok "+
		"grant.basic_encoding=ok grant.other=skipped response.token_type=ok response.ttl=ok response.scope=ok "+
		"response.cache_control=ok response.content_type=ok token.format=ok token.claims=info token.typ=ok token.iss=ok "+
		"token.aud=ok token.lifetime=ok clock.date=ok clock.iat=ok latency.first_grant=ok latency.grant=ok "+
		"latency.keep_alive=ok rate_limit.announced=info api.without_token=ok api.with_token=ok introspection.active=ok "+
		"advice.leeway=ok "+
		"advice.requests=info advice.cache_scope=ok", r.ids())
	require.Equal(t, x.server.Endpoints().Token, r.TokenEndpoint)
	require.Equal(t, 300.0, r.get(t, "response.ttl").Data["expires_in"])
	claims := r.get(t, "token.claims")
	require.Equal(t, []string{"jti", "sub"}, claims.Data["hidden"])
	require.Contains(t, claims.Summary, "iss="+x.cfg.Issuer)
	require.Equal(t, map[string]any{"vus": 20, "per_vu_per_minute": 4.44, "shared_per_minute": 0.22},
		r.get(t, "advice.requests").Data)

	stats := x.server.Stats()
	require.EqualValues(t, DefaultGrants, stats.TokenRequests.Total, "no more than was told")
	require.EqualValues(t, 2, stats.APIRequests.Total)
	require.EqualValues(t, 2, stats.DiscoveryRequests)
	require.EqualValues(t, 1, stats.IntrospectionRequests)
}

// TestFaults gives the server one fault each, and expects the doctor to name this one and no other.
func TestFaults(t *testing.T) {
	t.Parallel()
	type found = map[string]Status
	middleware := func(m ...authserver.Middleware) func(*authserver.Config) {
		return func(c *authserver.Config) { c.TokenMiddleware = m }
	}
	member := func(name string, value any) func(*authserver.Config) {
		return middleware(answers(func(_ http.Header, m map[string]any) {
			if m[name] = value; value == nil {
				delete(m, name)
			}
		}))
	}
	header := func(name, value string) func(*authserver.Config) {
		return middleware(answers(func(h http.Header, _ map[string]any) { h.Set(name, value) }))
	}
	claim := func(c *claims) string { return unsigned(t, c.header, c.payload) }
	now := time.Now().Unix()
	for name, c := range map[string]struct {
		server func(*authserver.Config)
		doctor func(*Config)
		want   found
	}{
		"wrong secret": {
			nil, func(c *Config) { c.ClientSecret = secret.New("not-the-secret") },
			found{"grant.configured": Failed},
		},
		"unknown scope": {
			nil, func(c *Config) { c.Scope = []string{"unheard.of"} },
			found{"grant.configured": Failed},
		},
		"an answer in HTML": {
			middleware(status(200, 1, "Content-Type", "text/html")), nil,
			found{"grant.configured": Failed},
		},
		"a redirect": {
			middleware(status(302, 1, "Location", "/login")), nil,
			found{"grant.configured": Failed},
		},
		"no expires_in":   {member("expires_in", nil), nil, found{"response.ttl": Warning}},
		"expires_in of 0": {member("expires_in", 0), nil, found{"response.ttl": Warning}},
		"no token_type":   {member("token_type", nil), nil, found{"response.token_type": Warning}},
		"DPoP":            {member("token_type", "dpop"), nil, found{"grant.configured": Failed}},
		"another token type": {
			member("token_type", "mac"), nil,
			found{"response.token_type": Warning, "api.with_token": Failed},
		},
		"less scope": {member("scope", "orders.read"), nil, found{"response.scope": Warning}},
		"cacheable": {
			header("Cache-Control", "max-age=60, private"), nil,
			found{"response.cache_control": Warning},
		},
		"content type": {header("Content-Type", "text/plain"), nil, found{"response.content_type": Warning}},
		"large token": {
			member("access_token", string(make60k())), nil,
			found{
				"token.format": Warning, "api.with_token": Failed, "latency.same_token": Warning,
				"introspection.active": Warning,
			},
		},
		"clock behind": {
			header("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)), nil,
			found{"clock.date": Warning, "advice.leeway": Warning},
		},
		"compressed": {middleware(deflated), nil, found{}},
		"no Date":    {header("Date", "never"), nil, found{}},
		"limit announced": {
			header("RateLimit-Limit", "10, 10;w=1"), nil,
			found{"rate_limit.announced": Warning, "advice.cache_scope": Warning},
		},
		"limit as wide as the load": {header("RateLimit-Limit", strconv.Itoa(DefaultVUs)), nil, found{}},
		"limit wide enough":         {header("X-RateLimit-Limit", "1000"), nil, found{}},
		"limit met": {
			middleware(status(429, 3, "Retry-After", "7")), nil,
			found{"latency.refused": Warning, "rate_limit.announced": Warning, "advice.cache_scope": Warning},
		},
		"connections are closed":    {header("Connection", "close"), nil, found{"latency.keep_alive": Warning}},
		"no-store in capitals":      {header("Cache-Control", "No-Store"), nil, found{}},
		"lifetime just long enough": {func(c *authserver.Config) { c.TTL = shortTTL }, nil, found{}},
		"short lifetime": {
			func(c *authserver.Config) { c.TTL = 2 * time.Second }, nil,
			found{"response.ttl": Warning, "advice.leeway": Warning},
		},
		"issuer of the token": {
			member("access_token", claim(&claims{
				header: map[string]any{"alg": "ES256", "typ": "at+jwt"},
				payload: map[string]any{
					"iss": "https://other.example", "aud": "a", "iat": now - 10, "exp": now + 290,
				},
			})), nil,
			found{
				"token.iss": Warning, "api.with_token": Failed, "latency.same_token": Warning,
				"introspection.active": Warning,
			},
		},
		"token from the future, for nobody, for ever, unsigned": {
			member("access_token", claim(&claims{
				header:  map[string]any{"alg": "none"},
				payload: map[string]any{"iat": now + 60},
			})), nil,
			found{
				"token.iss": Warning, "token.aud": Warning, "token.typ": Warning, "token.lifetime": Warning, "clock.iat": Warning,
				"api.with_token": Failed, "latency.same_token": Warning, "introspection.active": Warning,
			},
		},
		"token dies early": {
			func(c *authserver.Config) {
				c.TokenFormat = authserver.JWT
				c.TokenMiddleware = []authserver.Middleware{answers(func(_ http.Header,
					m map[string]any,
				) {
					m["expires_in"] = 3600
				})}
			}, nil, found{"token.lifetime": Warning},
		},
		"token dies half a minute early": {
			func(c *authserver.Config) {
				c.TokenFormat, c.TTL = authserver.JWT, 10*time.Minute
				c.TokenMiddleware = []authserver.Middleware{answers(func(_ http.Header,
					m map[string]any,
				) {
					m["expires_in"] = 630
				})}
			}, nil, found{"token.lifetime": Warning},
		},
		"the same token once": {middleware(secondTokenAgain()), nil, found{"latency.same_token": Warning}},
		"audience granted": {
			func(c *authserver.Config) { c.TokenFormat = authserver.JWT },
			func(c *Config) { c.Audience = []string{"https://api.example"} },
			found{},
		},
		"another audience": {
			func(c *authserver.Config) {
				c.TokenFormat = authserver.JWT
				c.TokenMiddleware = []authserver.Middleware{dropsAudience}
			},
			func(c *Config) { c.Audience = []string{"https://api.example"} },
			found{"token.aud": Warning},
		},
		"API without protection": {
			func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{status(200, 1)} }, nil,
			found{"api.without_token": Warning},
		},
		"API that redirects without a token": {
			func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{status(302, 1)} }, nil,
			found{"api.without_token": Warning, "api.with_token": Warning},
		},
		"API without challenge": {
			func(c *authserver.Config) {
				c.APIMiddleware = []authserver.Middleware{answers(func(h http.Header,
					_ map[string]any,
				) {
					h.Del("WWW-Authenticate")
				})}
			}, nil, found{"api.without_token": Warning},
		},
		"API wants more scope": {
			func(c *authserver.Config) { c.APIScope = "orders.admin" }, nil,
			found{"api.with_token": Failed},
		},
		"API is broken": {
			func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{status(500, 2)} },
			nil,
			found{"api.with_token": Failed},
		},
		"API has no such path": {
			func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{status(404, 2)} },
			nil,
			found{"api.with_token": Warning},
		},
		"API redirects": {
			func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{status(302, 2)} },
			nil,
			found{"api.with_token": Warning},
		},
		"nothing at the API": {
			nil, func(c *Config) { c.APIURL = "http://127.0.0.1:1/" },
			found{"api.without_token": Failed, "api.with_token": Failed},
		},
		"nothing at TOKEN_URL": {
			nil, func(c *Config) { c.Issuer, c.TokenURL = "", "http://127.0.0.1:1/token" }, found{"connection.tcp": Failed},
		},
		"issuer with a slash too many": {
			nil, func(c *Config) { c.Issuer += "/" },
			found{"discovery.rfc8414": Warning, "discovery.openid": Warning, "discovery.issuer": Failed},
		},
		"issuer at fault, TOKEN_URL not": {
			nil, func(c *Config) { c.TokenURL, c.Issuer = c.Issuer+"/token", c.Issuer+"/nowhere" },
			found{"discovery.issuer": Warning},
		},
		"TOKEN_URL is another": {
			nil, func(c *Config) { c.TokenURL = c.Issuer + "/token?tenant=1" }, found{"discovery.token_endpoint": Warning},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := serve(t, c.server).examine(t, c.doctor)
			r.isOnly(t, c.want)
			for id := range c.want {
				if s := r.get(t, id); s.Status == Failed && id != "discovery.issuer" && id != "discovery.rfc8414" {
					require.NotEmpty(t, s.Hint, id)
				}
			}
		})
	}
}

// A hanging server costs no more than the time that was given, and what was found out before is told.
func TestTimeout(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	x := serve(t, func(c *authserver.Config) {
		c.TokenMiddleware = []authserver.Middleware{func(http.Handler) http.Handler {
			return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-release:
				case <-r.Context().Done():
				}
			})
		}}
	})
	r := x.examine(t, func(c *Config) { c.Timeout = 300 * time.Millisecond })
	r.isOnly(t, map[string]Status{"grant.configured": Failed, "run.complete": Failed})
	require.Equal(t, "timeout", r.get(t, "grant.configured").Data["error"])
	require.Equal(t, OK, r.get(t, "discovery.rfc8414").Status)
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	x := serve(t, func(c *authserver.Config) {
		c.TokenMiddleware = []authserver.Middleware{func(http.Handler) http.Handler {
			return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that the client has gone
				cancel()
				<-r.Context().Done()
			})
		}}
	})
	r, err := Run(ctx, x.cfg)
	require.NoError(t, err)
	require.False(t, r.Usable)
	require.Contains(t, r.get(t, "run.complete").Summary, "interrupted")
}

// Both places answer with something that is not a metadata document.
func TestDiscoveryOfHTML(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>"))
	}))
	defer server.Close()
	r := examine(t, Config{Issuer: server.URL, ClientID: testID, ClientSecret: secret.New(testSecret)})
	r.isOnly(t, map[string]Status{"discovery.issuer": Failed})
	require.Contains(t, r.get(t, "discovery.openid").Summary, "not a JSON object")
	require.Equal(t, Skipped, r.get(t, "grant.configured").Status)
}

// Metadata with and without the members.
func TestMetadata(t *testing.T) {
	t.Parallel()
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			_, _ = w.Write([]byte(`{"issuer":"` + server.URL + `","token_endpoint":"` + server.URL + `/token",` +
				`"token_endpoint_auth_methods_supported":["private_key_jwt","client_secret_post"],"grant_types_supported":["authorization_code"]}`))
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	r := examine(t, Config{Issuer: server.URL, ClientID: testID, ClientSecret: secret.New(testSecret)})
	r.isOnly(t, map[string]Status{
		"discovery.auth_methods": Warning, "discovery.grant_types": Warning,
		"grant.configured": Failed,
	})
	require.Equal(t, Info, r.get(t, "discovery.rfc8414").Status, "one of both places is enough")
	require.Equal(t, "set AUTH=client_secret_post", r.get(t, "discovery.auth_methods").Hint)
	require.Equal(t, 404, r.get(t, "grant.configured").Data["http_status"])
}

// Neither credentials nor a token follow a redirect, not even one that keeps method and body.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var strayed atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	defer elsewhere.Close()
	away := status(http.StatusTemporaryRedirect, 1, "Location", elsewhere.URL)
	r := serve(t, func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{away} }).
		examine(t, func(c *Config) { c.AllMethods = true })
	require.Contains(t, r.get(t, "grant.configured").Summary, "redirects")
	r = serve(t, func(c *authserver.Config) {
		c.APIMiddleware = []authserver.Middleware{status(http.StatusTemporaryRedirect, 1, "Location", elsewhere.URL)}
	}).examine(t, nil)
	require.Equal(t, 307, r.get(t, "api.with_token").Data["http_status"])
	require.Zero(t, strayed.Load())
}

// A coding that nobody asked for is reported, and the answer is read as it is.
func TestCompressedAnswersAreNamed(t *testing.T) {
	t.Parallel()
	r := serve(t, func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{deflated} }).examine(t, nil)
	require.Equal(t, Result{
		ID: "response.content_encoding", Status: Info,
		Summary: "deflate, though the request did not ask for it: k6 decodes it as well",
		Data:    map[string]any{"content_encoding": "deflate"},
	}, r.get(t, "response.content_encoding"))
	require.Equal(t, OK, r.get(t, "response.token_type").Status)
}
