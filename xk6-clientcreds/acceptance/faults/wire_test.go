//go:build linux

package faults

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// wire stands between k6 and the server. It counts the requests that arrive, whatever happens to the
// server afterwards.
type wire struct {
	upstream  string // host:port of the server
	hydra     *hydra // which gets the token requests, nil without; the API is the wire itself then
	address   string
	tls       *tls.Config // nil for HTTP
	http2     bool
	transport *http.Transport
	server    *http.Server // nil while the port is gone
	done      chan struct{}

	mu      sync.Mutex
	fault   fault // nil while all is well
	enough  bool
	seen    arrivals
	expiry  map[string]time.Time // of every token that was granted
	pending map[string]bool      // API requests that were not answered
	served  map[string]int       // answered API requests by virtual user, since the last change of the fault
}

// arrivals counts requests that were read completely, and what became of them.
type arrivals struct {
	token, api   int
	forwarded    map[string]int // "token", "api"
	hit          map[string]int // by the fault
	granted      int
	repeated     int // API requests that net/http sent again, because the first one was not answered
	withoutToken int
	late         int           // with a token that had expired
	lateBy       time.Duration // at most
	held         int           // requests without an answer until k6 gave up
	givenUp      int           // held requests that k6 gave up
	stall        time.Duration
}

// The ports that wires and servers listen on, each once, from a random one on. They are below the ports of outgoing
// connections, so that nobody takes one while nothing listens there.
const lowestPort, lowPorts = 20_000, 12_000

var lastPort = func() *atomic.Int64 {
	n := new(atomic.Int64)
	n.Store(rand.Int64N(lowPorts)) // #nosec G404 -- any of them
	return n
}()

// lowAddress returns a free address that only this test uses.
func lowAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.FormatInt(lowestPort+lastPort.Add(1)%lowPorts, 10))
		if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address); err == nil {
			require.NoError(t, l.Close())
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// startWire starts a wire to the server.
func startWire(t *testing.T, s *server, config *tls.Config, http2 bool) *wire {
	t.Helper()
	w := &wire{
		upstream: s.address, hydra: s.hydra, address: lowAddress(t), tls: config, http2: http2, done: make(chan struct{}),
		transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
		expiry:    make(map[string]time.Time), pending: make(map[string]bool), served: make(map[string]int),
		seen: arrivals{forwarded: make(map[string]int), hit: make(map[string]int)},
	}
	w.open(t)
	go w.watch()
	t.Cleanup(func() {
		close(w.done)
		w.close(t)
		w.transport.CloseIdleConnections()
	})
	return w
}

// open has the wire listen.
func (w *wire) open(t *testing.T) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", w.address)
	require.NoError(t, err)
	w.server = &http.Server{Handler: w, ReadHeaderTimeout: time.Minute, TLSConfig: w.tls, ErrorLog: silent}
	if !w.http2 {
		w.server.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	server := w.server
	go func() {
		if server.TLSConfig != nil {
			_ = server.ServeTLS(listener, "", "")
			return
		}
		_ = server.Serve(listener)
	}()
}

// close ends the listener and all connections.
func (w *wire) close(t *testing.T) {
	t.Helper()
	if w.server != nil {
		require.NoError(t, w.server.Close())
		w.server = nil
	}
}

// watch notes how long this process was stopped: a request cannot arrive in time on a machine that stands still.
func (w *wire) watch() {
	const often = 10 * time.Millisecond
	ticks := time.NewTicker(often)
	defer ticks.Stop()
	for last := time.Now(); ; {
		select {
		case <-ticks.C:
			now := time.Now()
			w.mu.Lock()
			w.seen.stall = max(w.seen.stall, now.Sub(last)-often)
			w.mu.Unlock()
			last = now
		case <-w.done:
			return
		}
	}
}

// change begins or ends a fault.
func (w *wire) change(f fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = f
	w.served = make(map[string]int)
}

// finish has the script end.
func (w *wire) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.enough = true
}

// now returns what has arrived.
func (w *wire) now() arrivals {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	seen.forwarded, seen.hit = maps.Clone(seen.forwarded), maps.Clone(seen.hit)
	return seen
}

// allServed reports whether each of so many virtual users got an answer since the last change of the fault.
func (w *wire) allServed(vus int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.served) == vus
}

// allExpired reports whether no token is valid any more.
func (w *wire) allExpired() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for _, at := range w.expiry {
		if now.Before(at) {
			return false
		}
	}
	return true
}

// kind is the endpoint of a request.
func kind(r *http.Request) string {
	if r.URL.Path == "/token" {
		return "token"
	}
	return "api"
}

func (w *wire) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // k6 has ended, or gave up
	}
	w.arrive(r)
	ask := func() *answer { return w.ask(r, body) }
	w.mu.Lock()
	f := w.fault
	if f != nil {
		w.seen.hit[kind(r)]++
	}
	w.mu.Unlock()
	if f != nil {
		f(w, rw, r, ask)
		return
	}
	a := ask()
	if a == nil {
		reset(rw)
		return
	}
	a.write(w, rw, r)
}

// arrive counts a request and looks at its token.
func (w *wire) arrive(r *http.Request) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if kind(r) == "token" {
		w.seen.token++
		return
	}
	w.seen.api++
	id := r.Header.Get("X-Request")
	if w.pending[id] {
		w.seen.repeated++
	}
	w.pending[id] = true
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	expiry, known := w.expiry[token]
	switch {
	case !known:
		w.seen.withoutToken++
	case now.After(expiry):
		w.seen.late++
		w.seen.lateBy = max(w.seen.lateBy, now.Sub(expiry))
	}
}

// answer is the server's answer to a request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ask forwards a request. It returns nil if the server did not answer.
func (w *wire) ask(r *http.Request, body []byte) *answer {
	forwarded, transport := r.Clone(r.Context()), w.transport
	forwarded.URL = &url.URL{Scheme: "http", Host: w.upstream, Path: r.URL.Path, RawQuery: r.URL.RawQuery}
	if w.hydra != nil {
		if kind(r) == "api" {
			return w.admit(r)
		}
		forwarded.URL, transport = w.hydra.tokenURL.Load(), w.hydra.transport
		forwarded.Host = forwarded.URL.Host
	}
	forwarded.RequestURI = ""
	forwarded.Body, forwarded.ContentLength = io.NopCloser(strings.NewReader(string(body))), int64(len(body))
	w.mu.Lock()
	w.seen.forwarded[kind(r)]++
	w.mu.Unlock()
	response, err := transport.RoundTrip(forwarded)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	a := &answer{status: response.StatusCode, header: response.Header}
	if a.body, err = io.ReadAll(response.Body); err != nil {
		return nil
	}
	a.header.Del("Connection")
	a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
	var token struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if kind(r) == "api" {
		w.sayEnough(a)
	} else if json.Unmarshal(a.body, &token) == nil && token.Token != "" {
		w.seen.granted++
		w.expiry[token.Token] = time.Now().Add(time.Duration(token.Expires) * time.Second)
	}
	return a
}

// sayEnough has the script end once it is enough.
func (w *wire) sayEnough(a *answer) {
	if w.enough {
		a.header.Set("X-Enough", "yes")
	}
}

// admit is the API: it takes every token that was granted.
func (w *wire) admit(r *http.Request) *answer {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a := &answer{status: http.StatusOK, header: make(http.Header), body: []byte("{}")}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.expiry[token]; !known {
		a.status = http.StatusUnauthorized
		a.header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	w.sayEnough(a)
	return a
}

// write sends the answer.
func (a *answer) write(w *wire, rw http.ResponseWriter, r *http.Request) {
	maps.Copy(rw.Header(), a.header)
	w.answered(r, a.status)
	rw.WriteHeader(a.status)
	_, _ = rw.Write(a.body)
}

// answered notes that a request gets its whole answer.
func (w *wire) answered(r *http.Request, status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if kind(r) == "token" {
		return
	}
	delete(w.pending, r.Header.Get("X-Request"))
	if status == http.StatusOK {
		w.served[r.Header.Get("X-VU")]++
	}
}
