package authserver

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPorts holds that each part answers on its own port only.
func TestPorts(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Addr: "127.0.0.1:0", APIAddr: "127.0.0.1:0"})
	e := s.Endpoints()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	swap := func(from, to string) string {
		u, err := url.Parse(from)
		require.NoError(t, err)
		host, err := url.Parse(to)
		require.NoError(t, err)
		u.Host = host.Host
		return u.String()
	}
	require.NotEqual(t, e.API, swap(e.API, e.Token))
	for _, right := range []string{e.Token, e.API} {
		require.NotEqual(t, http.StatusNotFound, get(right, "").send(t, client).status, right)
	}
	for _, wrong := range []string{swap(e.API, e.Token), swap(e.Token, e.API), swap(e.Metadata, e.API)} {
		require.Equal(t, http.StatusNotFound, get(wrong, "").send(t, client).status, wrong)
	}
	for _, both := range []string{e.Health, e.Stats, swap(e.Health, e.API), swap(e.Stats, e.API)} {
		require.Equal(t, http.StatusOK, get(both, "").send(t, client).status, both)
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	taken := start(t, Config{})
	addr := hostPort(t, taken.Endpoints().Issuer)
	for option, cfg := range map[string]Config{"Addr": {Addr: addr}, "APIAddr": {APIAddr: addr}} {
		cfg.Clients = []Client{demo}
		s, err := New(cfg)
		require.NoError(t, err)
		err = s.Start(t.Context())
		require.EqualError(t, err, "authserver: "+option+": cannot listen on "+addr+
			": bind: address already in use; port 0 takes a free one")
	}
}

func hostPort(t *testing.T, from string) string {
	t.Helper()
	u, err := url.Parse(from)
	require.NoError(t, err)
	return u.Host
}

// TestShutdownWaits holds that a request in progress is answered, and that a
// new one is not accepted.
func TestShutdownWaits(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	s := start(t, Config{TokenMiddleware: []Middleware{func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-leave
			next.ServeHTTP(w, r)
		})
	}}})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	answered := make(chan int)
	go func() {
		// A failed assertion ends this goroutine, and the status is 0 then.
		defer close(answered)
		answered <- post(s.Endpoints().Token, demo, clientCredentials).send(t, client).status //nolint:testifylint // as above
	}()
	<-entered
	stopped := make(chan error)
	go func() { stopped <- s.Shutdown(context.Background()) }()
	require.Eventually(t, func() bool {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", hostPort(t, s.Endpoints().Issuer))
		if err != nil {
			return true
		}
		_ = conn.Close()
		return false
	}, 10*time.Second, time.Millisecond)
	close(leave)
	require.Equal(t, http.StatusOK, <-answered)
	require.NoError(t, <-stopped)
}

// TestShutdownEnds holds that a request that does not end is cut off when the
// time is over.
func TestShutdownEnds(t *testing.T) {
	t.Parallel()
	entered, left := make(chan struct{}), make(chan struct{})
	s, err := New(Config{Clients: []Client{demo}, APIMiddleware: []Middleware{func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
			close(left)
		})
	}}})
	require.NoError(t, err)
	require.NoError(t, s.Start(t.Context()))
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	broken := make(chan error)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoints().API, http.NoBody)
		if err == nil {
			_, err = client.Do(r) //nolint:bodyclose // there is no response
		}
		broken <- err
	}()
	<-entered
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Shutdown(over), context.Canceled)
	require.Error(t, <-broken)
	<-left
}

// TestFailed holds that a port that is lost is reported.
func TestFailed(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Clients: []Client{demo}})
	require.NoError(t, err)
	listeners, err := s.listen(t.Context())
	require.NoError(t, err)
	require.NoError(t, s.startOn(listeners))
	require.NoError(t, listeners[0].Close())
	require.ErrorIs(t, <-s.Failed(), net.ErrClosed)
	require.NoError(t, s.Shutdown(t.Context()))
}

// TestTimeouts holds that no connection can be kept by doing nothing.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	server := start(t, Config{}).servers[0]
	for name, timeout := range map[string]time.Duration{
		"header": server.ReadHeaderTimeout, "read": server.ReadTimeout, "write": server.WriteTimeout,
		"idle": server.IdleTimeout,
	} {
		require.Positive(t, timeout, name)
	}
	require.Positive(t, server.MaxHeaderBytes)
}

func TestUnspecifiedAddress(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"0.0.0.0:80": "127.0.0.1", "[::]:80": "127.0.0.1", "127.0.0.2:80": "127.0.0.2", "[::1]:80": "::1",
	} {
		a, err := net.ResolveTCPAddr("tcp", addr)
		require.NoError(t, err)
		require.Equal(t, want, hostOf(a))
	}
}
