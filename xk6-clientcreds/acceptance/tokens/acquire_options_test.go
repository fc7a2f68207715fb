package tokens

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// counted is a token endpoint that counts connections and notes requests.
type counted struct {
	*httptest.Server

	port string

	mu          sync.Mutex
	connections int
	requests    []*http.Request
}

func newCounted(t *testing.T, config *tls.Config, http2 bool) *counted {
	t.Helper()
	s := new(counted)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r)
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"at","token_type":"Bearer","expires_in":60}`)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.mu.Lock()
			s.connections++
			s.mu.Unlock()
		}
	}
	s.EnableHTTP2 = http2
	if config == nil {
		s.Start()
	} else {
		s.TLS = config
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	s.port = u.Port()
	return s
}

// TestAcquireFollowsTheOptionsOfK6: the token requests of acquire() follow the options for connections.
func TestAcquireFollowsTheOptionsOfK6(t *testing.T) {
	t.Parallel()
	const all = 9 // requests
	sameVersion := func(version uint16) func(*testing.T, *http.Request) {
		return func(t *testing.T, r *http.Request) {
			t.Helper()
			assert.Equal(t, version, r.TLS.Version)
		}
	}
	for name, c := range map[string]struct {
		options     string
		args        []string
		env         string
		host        string // of the token endpoint, for 127.0.0.1
		tls         *tls.Config
		http2       bool
		connections int
		error       string // of each request
		each        func(*testing.T, *http.Request)
	}{
		"none":                {connections: 1},
		"noConnectionReuse":   {options: `{"noConnectionReuse": true}`, connections: all},
		"noVUConnectionReuse": {options: `{"noVUConnectionReuse": true}`, connections: 3},
		"hosts": {
			options: `{"hosts": {"idp.test": "127.0.0.1"}}`, host: "idp.test", connections: 1,
			each: func(t *testing.T, r *http.Request) {
				t.Helper()
				assert.Regexp(t, `^idp\.test:\d+$`, r.Host)
			},
		},
		"blockHostnames": {
			options: `{"blockHostnames": ["*.test"], "hosts": {"idp.test": "127.0.0.1"}}`, host: "idp.test",
			error: "hostname (idp.test) is in a blocked pattern (*.test)",
		},
		"blacklistIPs": {options: `{"blacklistIPs": ["127.0.0.0/8"]}`, error: "IP (127.0.0.1) is in a blacklisted range"},
		"local-ips": {args: []string{"--local-ips", "127.0.0.7"}, connections: 1, each: func(t *testing.T, r *http.Request) {
			t.Helper()
			assert.True(t, strings.HasPrefix(r.RemoteAddr, "127.0.0.7:"), r.RemoteAddr)
		}},
		"userAgent": {options: `{"userAgent": "loader/1"}`, connections: 1, each: func(t *testing.T, r *http.Request) {
			t.Helper()
			assert.Equal(t, "loader/1", r.Header.Get("User-Agent"))
		}},
		"a proxy": {env: "HTTP_PROXY", host: "idp.test", connections: 1, each: func(t *testing.T, r *http.Request) {
			t.Helper()
			assert.Regexp(t, `^http://idp\.test:\d+/token$`, r.URL.String())
		}},
		"a certificate that nobody knows": {tls: &tls.Config{MinVersion: tls.VersionTLS12}, error: "certificate"},
		"insecureSkipTLSVerify": {
			options: `{"insecureSkipTLSVerify": true}`, tls: &tls.Config{MinVersion: tls.VersionTLS12},
			connections: 1, each: sameVersion(tls.VersionTLS13),
		},
		"tlsVersion": {
			options: `{"insecureSkipTLSVerify": true, "tlsVersion": "tls1.2"}`,
			tls:     &tls.Config{MinVersion: tls.VersionTLS12}, connections: 1, each: sameVersion(tls.VersionTLS12),
		},
		"HTTP/2": {
			options: `{"insecureSkipTLSVerify": true}`, tls: &tls.Config{MinVersion: tls.VersionTLS12}, http2: true,
			connections: 1, each: func(t *testing.T, r *http.Request) {
				t.Helper()
				assert.Equal(t, 2, r.ProtoMajor)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newCounted(t, c.tls, c.http2)
			scheme, host, options := "http", "127.0.0.1", "{}"
			if c.tls != nil {
				scheme = "https"
			}
			if c.host != "" {
				host = c.host
			}
			if c.options != "" {
				options = c.options
			}
			env := []string{"OPTIONS=" + options, "TOKEN_URL=" + scheme + "://" + host + ":" + s.port + "/token"}
			if c.env != "" {
				env = append(env, c.env+"="+s.URL)
			}
			r := k6test.Run{
				Script: k6test.Fixture("acquire-options.js"), Env: k6test.With(nil, env...), Args: c.args,
			}.Do(t)
			require.Zero(t, r.ExitCode, r.Output)
			assert.Equal(t, all, r.Summary.Count("clientcreds_requests"))
			if c.error != "" {
				assert.Equal(t, all, strings.Count(r.Output, "level=error"), r.Output)
				assert.Contains(t, r.Output, c.error)
				assert.Empty(t, s.requests)
				return
			}
			r.Passes(t)
			assert.Len(t, s.requests, all)
			assert.Equal(t, c.connections, s.connections)
			assert.Greater(t, r.Summary.Value("data_received", "count"), float64(all*len(`{"access_token":"at"}`)))
			assert.Greater(t, r.Summary.Value("data_sent", "count"), float64(all*len("POST /token HTTP/1.1")))
			if c.each != nil {
				for _, request := range s.requests {
					c.each(t, request)
				}
			}
		})
	}
}

// TestAcquireFollowsRPS: nine requests at three per second take two seconds at least.
func TestAcquireFollowsRPS(t *testing.T) {
	t.Parallel()
	s := newCounted(t, nil, false)
	r := k6test.Run{Script: k6test.Fixture("acquire-options.js"), Env: k6test.With(nil, `OPTIONS={"rps": 3}`,
		"TOKEN_URL="+s.URL+"/token")}.Do(t).Passes(t)
	assert.GreaterOrEqual(t, r.Summary.Value("iteration_duration", "avg"), 600.0)
}
