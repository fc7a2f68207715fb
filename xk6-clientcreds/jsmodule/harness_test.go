package jsmodule

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gopkg.in/guregu/null.v3"

	"go.k6.io/k6/v2/js/modulestest"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testSecret = "s3cr3t-of-the-test"

// vu is one VU with the module, its JavaScript runtime and everything that it sampled.
type vu struct {
	t       testing.TB
	rt      *modulestest.Runtime
	module  *instance
	state   *lib.State
	logs    *logtest.Hook
	samples chan metrics.SampleContainer

	mu   sync.Mutex
	seen []metrics.Sample
}

// newVU returns a VU in the init context. The VUs of one test share root, as in k6.
func newVU(t testing.TB, root *RootModule) *vu {
	t.Helper()
	v := newBareVU(t)
	v.importModule(root)
	return v
}

// importModule does what k6 does for a script that imports the module.
func (v *vu) importModule(root *RootModule) {
	v.t.Helper()
	v.module = root.NewModuleInstance(v.rt.VU).(*instance)
	for _, name := range exportNames {
		v.importMember(name)
	}
}

// importMember makes a member of the module a global.
func (v *vu) importMember(name string) {
	v.t.Helper()
	rt := v.rt.VU.Runtime()
	require.NoError(v.t, rt.Set(name, rt.ToValue(v.module.Exports().Default).ToObject(rt).Get(name)))
}

// newBareVU returns a VU in the init context, without the module.
func newBareVU(t testing.TB) *vu {
	t.Helper()
	rt := modulestest.NewRuntime(t)
	logger := logrus.New()
	logger.SetLevel(logrus.TraceLevel)
	logger.SetOutput(testWriter{t})
	hook := logtest.NewLocal(logger)
	rt.VU.InitEnvField.Logger = logger
	v := &vu{t: t, rt: rt, logs: hook, samples: make(chan metrics.SampleContainer, 2_000)}
	registry := rt.VU.InitEnvField.Registry
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	v.state = &lib.State{
		Options: lib.Options{
			SystemTags:   &metrics.DefaultSystemTagSet,
			UserAgent:    null.StringFrom("k6-under-test"),
			MaxRedirects: null.IntFrom(10),
			Batch:        null.IntFrom(20), // k6's defaults: with 0 a batch waits for ever
			BatchPerHost: null.IntFrom(6),
		},
		Logger:         logger,
		BuiltinMetrics: rt.BuiltinMetrics,
		Transport:      transport,
		CookieJar:      jar,
		BufferPool:     lib.NewBufferPool(),
		Samples:        v.samples,
		Tags:           lib.NewVUStateTags(registry.RootTagSet()),
	}
	return v
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Helper()
	w.t.Log(string(p))
	return len(p), nil
}

// start moves the VU out of the init context.
func (v *vu) start() { v.rt.MoveToVUContext(v.state) }

// run runs code as one piece on the event loop and returns its value.
func (v *vu) run(code string) (any, error) {
	v.t.Helper()
	value, err := v.rt.RunOnEventLoop(code)
	if err != nil {
		return nil, err
	}
	return value.Export(), nil
}

func (v *vu) mustRun(code string) any {
	v.t.Helper()
	value, err := v.run(code)
	require.NoError(v.t, err)
	return value
}

// sampled ends the process and returns everything sampled, by metric.
func (v *vu) sampled() map[string][]metrics.Sample {
	v.module.process.end()
	return v.collected()
}

// collected returns everything sampled so far, by metric.
func (v *vu) collected() map[string][]metrics.Sample {
	v.mu.Lock()
	defer v.mu.Unlock()
	for len(v.samples) > 0 {
		v.seen = append(v.seen, (<-v.samples).GetSamples()...)
	}
	byName := make(map[string][]metrics.Sample)
	for _, s := range v.seen {
		byName[s.Metric.Name] = append(byName[s.Metric.Name], s)
	}
	return byName
}

// messages returns the logged messages.
func (v *vu) messages() []string {
	var list []string
	for _, entry := range v.logs.AllEntries() {
		list = append(list, entry.Message)
	}
	return list
}

func sum(samples []metrics.Sample) float64 {
	total := 0.0
	for _, s := range samples {
		total += s.Value
	}
	return total
}

// transportFunc is a transport that a test writes.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answer is an answer to req that comes without a connection.
func answer(req *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(strings.NewReader(body)),
	}
}

// quiet is the log of servers that are meant to fail.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// serve starts a server that ends with the test.
func serve(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = quiet()
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// endpoint is a token endpoint that counts what arrives and answers with numbered tokens.
type endpoint struct {
	*httptest.Server

	mu       sync.Mutex
	ttl      string // expires_in as JSON; none when empty
	requests int
	forms    []url.Values
	headers  []http.Header
	refuse   func(n int, w http.ResponseWriter) bool // answers instead when it returns true
}

func newEndpoint(t testing.TB) *endpoint {
	t.Helper()
	e := &endpoint{ttl: "3600"}
	e.Server = httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) serve(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = r.ParseForm()
	e.requests++
	e.forms = append(e.forms, r.PostForm)
	e.headers = append(e.headers, r.Header)
	if e.refuse != nil && e.refuse(e.requests, w) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	ttl := ""
	if e.ttl != "" {
		ttl = `,"expires_in":` + e.ttl
	}
	issued := ""
	if r.PostForm.Get("subject_token") != "" {
		issued = fmt.Sprintf(`,"issued_token_type":%q`, oauth.TokenTypeAccessToken)
	}
	_, _ = fmt.Fprintf(w, `{"access_token":"%s","token_type":"bearer"%s%s}`, tokenNumber(e.requests), ttl, issued)
}

func tokenNumber(n int) string { return fmt.Sprintf("issued-token-number-%d", n) }

func (e *endpoint) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.requests
}

// client is code that makes a client of the endpoint, with more options in JavaScript.
func (e *endpoint) client(more string) string {
	return fmt.Sprintf(`globalThis.client = new Client({tokenUrl: %q, clientId: 'orders', clientSecret: %q, %s});`,
		e.URL+"/token", testSecret, more)
}

// oauthError answers like a token endpoint that refuses.
func oauthError(w http.ResponseWriter, status int, code, description string) bool {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":%q,"error_description":%q}`, code, description)
	return true
}

// forgives makes the next token request due at once, after one that has failed.
func (v *vu) forgives() { v.onlyClient().entry.Resume() }

// onlyClient is the client of a script that has one.
func (v *vu) onlyClient() *client {
	v.t.Helper()
	require.Len(v.t, v.module.clients, 1)
	for _, c := range v.module.clients {
		return c
	}
	return nil
}
