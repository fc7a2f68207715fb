package jsmodule

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"

	"golang.org/x/time/rate"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
)

// sender sends the requests of one client to its authorization server, over one VU's transport, so that
// k6's options hosts, TLS, proxy and RPS apply. It holds copies of what it needs from the VU, because a
// request may outlast the VU's iteration. It does not change: any number of requests can use it at once.
type sender struct {
	opts      *options
	process   *process
	counters  *counters
	signer    *oauth.DPoPSigner // nil for bearer tokens
	builtin   *metrics.BuiltinMetrics
	system    *metrics.SystemTagSet
	samples   chan<- metrics.SampleContainer
	base      *metrics.TagSet // the VU's tags, without the client's
	tags      metrics.TagsAndMeta
	transport http.RoundTripper
	hosts     transport.Hosts
	rps       *rate.Limiter
	userAgent string

	lastTags atomic.Pointer[requestTags] // of the last attempt: usually the next one has the same
}

// newSender must be called on the VU's goroutine.
func (c *client) newSender(state *lib.State) *sender {
	current := state.Tags.GetCurrentValues()
	return &sender{
		opts:      c.opts,
		process:   c.m.process,
		counters:  &c.usage.total,
		signer:    c.signer,
		builtin:   state.BuiltinMetrics,
		system:    state.Options.SystemTags,
		samples:   state.Samples,
		base:      current.Tags,
		tags:      clientTags(c.opts, current),
		transport: c.transport(state),
		hosts:     c.m.process.hosts,
		rps:       state.RPSLimit,
		userAgent: state.Options.UserAgent.String,
	}
}

// senderFor is newSender for methods that a script may call in a tight loop: it returns the last sender
// again while k6 gives the VU the same tags.
func (c *client) senderFor(state *lib.State) *sender {
	if c.sender == nil || !c.sender.hasTagsOf(state) {
		c.sender = c.newSender(state)
	}
	return c.sender
}

func (s *sender) hasTagsOf(state *lib.State) bool {
	current := state.Tags.GetCurrentValues()
	return current.Tags == s.base && len(current.Metadata) == 0 && len(s.tags.Metadata) == 0
}

// certifiedTransport is a VU's transport with the certificate of one client.
type certifiedTransport struct {
	http.RoundTripper

	iteration int64 // of the VU's last use
}

// transport carries the client's requests. It must be called on the VU's goroutine.
func (c *client) transport(state *lib.State) http.RoundTripper {
	if c.source.certificate == nil {
		return state.Transport
	}
	if c.certified == nil {
		c.certified = &certifiedTransport{
			transport.WithCertificate(state.Transport, c.source.certificate.TLS()),
			state.Iteration,
		}
	}
	if state.Options.NoVUConnectionReuse.Bool && state.Iteration != c.certified.iteration {
		c.certified.close() // as k6 does with the VU's transport at the end of an iteration
	}
	c.certified.iteration = state.Iteration
	return c.certified.RoundTripper
}

func (t *certifiedTransport) close() {
	if t == nil {
		return
	}
	if idle, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		idle.CloseIdleConnections()
	}
}

// currentTags are the tags of the moment, in scenario and group. It may be called on any goroutine.
func currentTags(o *options, state *lib.State) metrics.TagsAndMeta {
	return clientTags(o, state.Tags.GetCurrentValues())
}

// clientTags are a VU's tags and the tags of the client's options.
func clientTags(o *options, tags metrics.TagsAndMeta) metrics.TagsAndMeta {
	for name, value := range o.Tags {
		tags.SetTag(name, value)
	}
	tags.SetTag(tagClient, o.tag())
	return tags
}

// trace measures one request. It ends with the answer's body, or with the error.
type trace struct {
	url    *url.URL
	cancel context.CancelFunc
	tracer httpext.Tracer
	trail  *httpext.Trail // nil until the trace has ended
}

func (t *trace) end() {
	if t.trail == nil {
		t.trail = t.tracer.Done()
		t.cancel()
	}
}

// ConnReused implements oauth.Trace.
func (t *trace) ConnReused() bool { return t.trail != nil && t.trail.ConnReused }

// tracedBody ends the trace of a request when its answer has been read or given up.
type tracedBody struct {
	io.ReadCloser
	caller context.Context //nolint:containedctx // of the request
	trace  *trace
}

// Read implements io.Reader.
func (b *tracedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = givenUp(b.caller, err)
	}
	return n, err
}

// Close implements io.Closer.
func (b *tracedBody) Close() error {
	err := b.ReadCloser.Close()
	b.trace.end()
	return err
}

// Send implements oauth.Sender for requests that carry credentials; the trace is a *trace. The transport
// follows no redirects: credentials go to the configured endpoint or nowhere.
func (s *sender) Send(req *http.Request) (*http.Response, oauth.Trace, error) {
	if err := s.admit(req); err != nil {
		return nil, nil, err
	}
	s.process.tokenEndpoints.Add(req.URL)
	ctx, cancel := context.WithTimeout(req.Context(), s.opts.Timeout)
	t := &trace{url: req.URL, cancel: cancel}
	resp, err := s.transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, t.tracer.Trace())))
	if err != nil {
		t.end()
		return nil, t, givenUp(req.Context(), err)
	}
	resp.Body = &tracedBody{resp.Body, req.Context(), t}
	return resp, t, nil
}

// givenUp returns context.Canceled if the caller has given the request up, whatever the transport says. k6 ends
// iterations with a deadline, and to a transport that is a timeout, which would be a failure of the server.
func givenUp(caller context.Context, err error) error {
	if caller.Err() != nil {
		return context.Canceled
	}
	return err
}

// fetch is the oauth.Doer of documents: metadata and key sets. Metrics do not count it.
func (s *sender) fetch(req *http.Request) (*http.Response, error) {
	if err := s.admit(req); err != nil {
		return nil, err
	}
	if s.userAgent != "" {
		req.Header.Set("User-Agent", s.userAgent)
	}
	return s.transport.RoundTrip(req)
}

// admit refuses a request to a host that is not allowed, and waits for as long as k6's option rps requires.
func (s *sender) admit(req *http.Request) error {
	if err := s.hosts.Check(req.URL); err != nil || s.rps == nil {
		return err
	}
	return s.rps.Wait(req.Context())
}
