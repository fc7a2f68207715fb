package jsmodule

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"

	"golang.org/x/time/rate"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// sender carries token requests over one VU's transport, so that hosts, TLS, proxy and RPS
// options of k6 apply, and reports them as metrics. It holds copies of what it needs from the
// VU, because a flight may go on when the VU's iteration is over. It sends one request at a time.
type sender struct {
	opts      *options
	process   *process
	counters  *counters
	prover    *oauth.Prover // nil for bearer tokens
	clock     *serverClock
	builtin   *metrics.BuiltinMetrics
	system    *metrics.SystemTagSet
	samples   chan<- metrics.SampleContainer
	base      *metrics.TagSet // the VU's, without the client's
	tags      metrics.TagsAndMeta
	transport http.RoundTripper
	rps       *rate.Limiter
	userAgent string

	url    *url.URL        // of the last request
	tracer *httpext.Tracer // of the request under way
	cancel context.CancelFunc
	trail  *httpext.Trail // of the last request reported

	lastKey  tagKey // the tags of the last report: mostly they are those of the next one
	lastTags *metrics.TagSet
}

type tagKey struct {
	base   *metrics.TagSet
	grant  string
	reason tokencache.Reason
	status int
	label  string
}

// newSender must be called on the VU's goroutine.
func (c *client) newSender(state *lib.State) *sender {
	current := state.Tags.GetCurrentValues()
	return &sender{
		opts:      c.opts,
		process:   c.m.process,
		counters:  &c.usage.total,
		prover:    c.prover,
		clock:     &c.grant.clock,
		builtin:   state.BuiltinMetrics,
		system:    state.Options.SystemTags,
		samples:   state.Samples,
		base:      current.Tags,
		tags:      clientTags(c.opts, current),
		transport: c.transport(state),
		rps:       state.RPSLimit,
		userAgent: state.Options.UserAgent.String,
	}
}

// currentTags are the tags of the moment, in scenario and group. It may be called on any goroutine.
func currentTags(o *options, state *lib.State) metrics.TagsAndMeta {
	return clientTags(o, state.Tags.GetCurrentValues())
}

// clientTags are a VU's tags with those of the client's options.
func clientTags(o *options, tags metrics.TagsAndMeta) metrics.TagsAndMeta {
	for name, value := range o.Tags {
		tags.SetTag(name, value)
	}
	tags.SetTag(tagClient, o.tag())
	return tags
}

// do is the oauth.Doer of token requests. The transport follows no redirects: credentials go to
// the configured endpoint or nowhere.
func (s *sender) do(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if s.tracer != nil {
		s.cancel() // of a request that is sent again
	}
	if s.rps != nil {
		if err := s.rps.Wait(ctx); err != nil {
			return nil, err
		}
	}
	ctx, s.cancel = context.WithTimeout(ctx, s.opts.Timeout)
	s.url, s.tracer = req.URL, &httpext.Tracer{}
	s.process.tokenEndpoints.Add(req.URL)
	return s.transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, s.tracer.Trace())))
}

// plainDo is do for requests that are not token requests and are not reported: discovery.
func (s *sender) plainDo(req *http.Request) (*http.Response, error) {
	if s.rps != nil {
		if err := s.rps.Wait(req.Context()); err != nil {
			return nil, err
		}
	}
	if s.userAgent != "" {
		req.Header.Set("User-Agent", s.userAgent)
	}
	return s.transport.RoundTrip(req)
}

// finish ends the request under way and returns its times, nil when nothing was sent.
func (s *sender) finish() *httpext.Trail {
	if s.tracer == nil {
		return nil
	}
	s.trail = s.tracer.Done()
	s.tracer = nil
	s.cancel()
	return s.trail
}

// report ends the request under way and pushes its samples.
func (s *sender) report(a oauth.Attempt, reason tokencache.Reason) {
	if s.tracer == nil {
		s.reportGivenUp(a, reason)
		return
	}
	s.finish()

	var label string
	failed := a.Err != nil && !a.NonceDemanded
	s.counters.requests.Add(1)
	s.process.counts.sent(reason)
	if a.Err != nil {
		label = a.Err.Label()
	}
	if failed {
		s.counters.failed.Add(1)
		s.process.counts.failures.addError(requestToken, a.Err)
	}
	if a.NonceDemanded {
		s.countNonceRetry()
	}
	tags := s.requestTags(tagKey{s.tags.Tags, s.grantTag(a.Grant), reason, a.Status, label})
	at := s.trail.EndTime
	list := make([]metrics.Sample, 0, 8)
	add := func(m *metrics.Metric, value float64) {
		list = append(list, metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: m, Tags: tags},
			Time:       at, Value: value, Metadata: s.tags.Metadata,
		})
	}
	add(s.process.metrics.Requests, 1)
	if a.Status != 0 { // latency is how fast a server answers
		add(s.process.metrics.RequestDuration, metrics.D(s.trail.Duration))
	}
	add(s.process.metrics.RequestFailed, metrics.B(failed))
	s.addTimes(a, add)
	if a.IsRetry() {
		add(s.process.metrics.Retries, 1)
		s.counters.retries.Add(1)
	}
	if a.Err != nil && a.Err.RetryAfter > 0 {
		add(s.process.metrics.RetryAfter, metrics.D(a.Err.RetryAfter))
	}
	if s.clock.note(a.Clock) {
		add(s.process.metrics.ClockSkew, metrics.D(a.Clock.Skew.Abs()))
	}
	if a.Token != nil {
		s.process.redactor.Token(a.Token.AccessToken)
		s.compareScope(a.Grant, a.Token.Scope)
		if a.Token.ExpiresIn > 0 {
			add(s.process.metrics.TokenTTL, metrics.D(a.Token.ExpiresIn))
		}
	}
	s.compareUnits(a)
	push(s.samples, list, tags, at)
	if s.opts.HTTPMetrics {
		s.reportHTTP(a)
	}
}

// addTimes adds the times of what not every request has to do.
func (s *sender) addTimes(a oauth.Attempt, add func(*metrics.Metric, float64)) {
	if !s.trail.ConnReused && s.trail.Connecting > 0 {
		add(s.process.metrics.RequestConnecting, metrics.D(s.trail.Connecting))
	}
	if !s.trail.ConnReused && s.trail.TLSHandshaking > 0 {
		add(s.process.metrics.RequestTLSHandshaking, metrics.D(s.trail.TLSHandshaking))
	}
	if a.Signing > 0 {
		add(s.process.metrics.RequestSigning, metrics.D(a.Signing))
	}
}

// reportGivenUp is report where nothing was sent. k6 ending the iteration is no failure; credentials
// that could not be made are one.
func (s *sender) reportGivenUp(a oauth.Attempt, reason tokencache.Reason) {
	if a.Err != nil && a.Err.Code == oauth.CodeClientAuth {
		s.reportUnsent(a.Err, reason)
	}
}

// reportUnsent counts a token that could not even be asked for, because discovery failed
// or the credentials could not be made: a threshold on failures must see it.
func (s *sender) reportUnsent(err error, reason tokencache.Reason) {
	s.counters.failed.Add(1)
	e, tags := asOAuthError(err), s.tags
	s.process.counts.failures.addError(requestToken, e)
	tags.Tags = s.requestTags(tagKey{s.tags.Tags, s.grantTag(e.Grant), reason, 0, e.Label()})
	pushOne(s.samples, s.process.metrics.RequestFailed, 1, tags)
}

func (s *sender) requestTags(key tagKey) *metrics.TagSet {
	if s.lastTags != nil && s.lastKey == key {
		return s.lastTags
	}
	tags := key.base.With(tagReason, string(key.reason)).With(tagStatus, strconv.Itoa(key.status))
	if key.grant != "" {
		tags = tags.With(tagGrant, key.grant)
	}
	if key.label != "" {
		tags = tags.With(tagError, key.label)
	}
	s.lastKey, s.lastTags = key, tags
	return tags
}

// reportHTTP adds the request to http_req_*, for scripts that set httpMetrics.
func (s *sender) reportHTTP(a oauth.Attempt) {
	tags := s.tags.Clone()
	set := func(tag metrics.SystemTag, value string) { tags.SetSystemTagOrMetaIfEnabled(s.system, tag, value) }
	set(metrics.TagMethod, http.MethodPost)
	set(metrics.TagStatus, strconv.Itoa(a.Status))
	endpoint := *s.url
	endpoint.RawQuery = "" // it may hold a key
	name := endpoint.String()
	set(metrics.TagName, name)
	set(metrics.TagURL, name)
	failed := a.Err != nil && !a.NonceDemanded
	set(metrics.TagExpectedResponse, strconv.FormatBool(!failed))
	s.trail.SaveSamples(s.builtin, &tags)
	s.trail.Samples = append(s.trail.Samples, metrics.Sample{
		TimeSeries: metrics.TimeSeries{Metric: s.builtin.HTTPReqFailed, Tags: tags.Tags},
		Time:       s.trail.EndTime, Value: metrics.B(failed), Metadata: tags.Metadata,
	})
	metrics.PushIfNotDone(context.Background(), s.samples, s.trail)
}
