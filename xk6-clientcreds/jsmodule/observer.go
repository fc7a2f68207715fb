package jsmodule

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// observer counts the attempts of one token request as metrics, and keeps what acquire() returns about
// them.
type observer struct {
	*sender
	reason tokencache.Reason
	clock  *atomic.Pointer[oauth.Clock] // what the token endpoint last said about its clock

	allowance *allowance

	status  int // of the last attempt
	retries int
	trail   *httpext.Trail // of the last attempt that was sent; nil when none was
}

// Send implements oauth.Sender for the token requests that the client may still send.
func (o *observer) Send(req *http.Request) (*http.Response, oauth.Trace, error) {
	if err := o.allowance.take(); err != nil {
		return nil, nil, err
	}
	return o.sender.Send(req)
}

// attempt is called after each attempt.
func (o *observer) attempt(a oauth.Attempt) {
	o.status = a.Status
	if a.IsRetry() {
		o.retries++
	}
	if sent, ok := a.Trace.(*trace); ok {
		o.trail = sent.trail
		o.count(&a)
		if o.opts.HTTPMetrics {
			o.pushHTTP(sent, a.Status, a.Err != nil && !a.NonceDemanded)
		}
	} else if a.Err.Unsent() { // not so if k6 ended the iteration
		o.unsent(a.Err)
	}
}

// count pushes the samples of an attempt that was sent.
func (o *observer) count(a *oauth.Attempt) {
	failed := a.Err != nil && !a.NonceDemanded
	kind := requestKind{tags: o.tags.Tags, grantType: o.grantTag(a.GrantType), reason: o.reason, status: a.Status}
	if a.Err != nil {
		kind.label = a.Err.Label()
	}
	tags := o.tagsOf(kind)
	list := make([]metrics.Sample, 0, 5)
	add := func(m *metrics.Metric, value float64) {
		list = append(list, metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: m, Tags: tags},
			Time:       o.trail.EndTime, Value: value, Metadata: o.tags.Metadata,
		})
	}
	m := o.process.metrics
	o.counters.requests.Add(1)
	o.process.counts.sent(o.reason)
	add(m.Requests, 1)
	if a.Status != 0 { // the duration shows how fast a server answers
		add(m.RequestDuration, metrics.D(o.trail.Duration))
	}
	add(m.RequestFailed, metrics.B(failed))
	if failed {
		o.counters.failed.Add(1)
		o.process.counts.failures.addError(requestToken, a.Err)
	}
	if a.NonceDemanded {
		o.countNonceRetry()
	}
	if a.IsRetry() {
		o.counters.retries.Add(1)
		add(m.Retries, 1)
	}
	if a.Err != nil && a.Err.RetryAfter > 0 {
		add(m.RetryAfter, metrics.D(a.Err.RetryAfter))
	}
	o.addTimes(a, add)
	if a.Token != nil {
		o.process.redactor.Token(a.Token.AccessToken.Reveal())
		o.compareScope(a.GrantType, a.Token.Scope)
		if a.Token.ExpiresIn > 0 {
			add(m.TokenTTL, metrics.D(a.Token.ExpiresIn))
		}
	}
	o.compareUnits(a)
	push(o.samples, list, tags, o.trail.EndTime)
}

// addTimes adds the times that only some attempts have.
func (o *observer) addTimes(a *oauth.Attempt, add func(*metrics.Metric, float64)) {
	m := o.process.metrics
	if !o.trail.ConnReused && o.trail.Connecting > 0 {
		add(m.RequestConnecting, metrics.D(o.trail.Connecting))
	}
	if !o.trail.ConnReused && o.trail.TLSHandshaking > 0 {
		add(m.RequestTLSHandshaking, metrics.D(o.trail.TLSHandshaking))
	}
	if a.Signing > 0 {
		add(m.RequestSigning, metrics.D(a.Signing))
	}
	if o.noteClock(a.Clock) {
		add(m.ClockSkew, metrics.D(a.Clock.Skew.Abs()))
	}
}

// noteClock keeps what an answer said about the server's clock, and reports whether that is new: a Date
// is the same for a second, and one sample of it is enough.
func (o *observer) noteClock(c oauth.Clock) bool {
	last := o.clock.Load()
	if !c.Known() || last != nil && last.Date.Equal(c.Date) {
		return false
	}
	return o.clock.CompareAndSwap(last, &c) // if another VU was faster, this is not new
}

// unsent counts a token that could not be requested, because discovery failed or the credentials could
// not be made: a threshold on failures must see it.
func (o *observer) unsent(err error) {
	o.counters.failed.Add(1)
	e, tags := asOAuthError(err), o.tags
	o.process.counts.failures.addError(requestToken, e)
	tags.Tags = o.tagsOf(requestKind{
		tags: o.tags.Tags, grantType: o.grantTag(e.Grant), reason: o.reason,
		label: e.Label(),
	})
	pushOne(o.samples, o.process.metrics.RequestFailed, 1, tags)
}

// countHeld counts a call that needed a token while requests were held back after err.
func (s *sender) countHeld(err error) {
	e, tags := asOAuthError(err), s.tags
	tags.Tags = tags.Tags.With(tagStatus, strconv.Itoa(e.Status)).With(tagError, e.Label())
	if grantType := s.grantTag(e.Grant); grantType != "" {
		tags.Tags = tags.Tags.With(tagGrant, grantType)
	}
	pushOne(s.samples, s.process.metrics.SuppressedRequests, 1, tags)
}

// requestKind holds everything that the tags of a token request distinguish.
type requestKind struct {
	tags      *metrics.TagSet // of the client in the VU
	grantType string
	reason    tokencache.Reason
	status    int
	label     string
}

type requestTags struct {
	requestKind
	set *metrics.TagSet
}

func (s *sender) tagsOf(kind requestKind) *metrics.TagSet {
	if last := s.lastTags.Load(); last != nil && last.requestKind == kind {
		return last.set
	}
	tags := kind.tags.With(tagReason, string(kind.reason)).With(tagStatus, strconv.Itoa(kind.status))
	if kind.grantType != "" {
		tags = tags.With(tagGrant, kind.grantType)
	}
	if kind.label != "" {
		tags = tags.With(tagError, kind.label)
	}
	s.lastTags.Store(&requestTags{kind, tags})
	return tags
}

// grantTag is the tag grant of a request: empty for clients that have one grant type only. A failure
// before the first request belongs to the first grant type.
func (s *sender) grantTag(grantType string) string {
	switch {
	case s.opts.Exchange == nil:
		return ""
	case grantType == "":
		return oauth.GrantClientCredentials
	}
	return grantType
}

// compareScope warns once of a scope that was asked for and not granted: a server may leave out
// scopes (RFC 6749 §3.3), and the API's 403 comes much later.
func (s *sender) compareScope(grantType, granted string) {
	requested, text := s.opts.Scope, s.opts.scopeText
	if grantType == oauth.GrantTokenExchange {
		requested, text = s.opts.Exchange.Scope, s.opts.Exchange.scopeText
	}
	if granted == text {
		return
	}
	list := strings.Fields(granted)
	for _, asked := range requested {
		if !slices.Contains(list, asked) {
			s.process.warnOnce(warning{"scope of " + grantType, s.opts.subject()},
				fmt.Sprintf("Client %q asked for scope %q and was granted %q: %q is missing",
					s.opts.ClientID, text, s.process.safeText(granted), asked))
			return
		}
	}
}

// pushHTTP adds a request to http_req_*, for scripts that set httpMetrics.
func (s *sender) pushHTTP(t *trace, status int, failed bool) {
	tags := s.tags.Clone()
	set := func(tag metrics.SystemTag, value string) { tags.SetSystemTagOrMetaIfEnabled(s.system, tag, value) }
	set(metrics.TagMethod, http.MethodPost)
	set(metrics.TagStatus, strconv.Itoa(status))
	endpoint := *t.url
	endpoint.RawQuery = "" // it may hold a key
	name := endpoint.String()
	set(metrics.TagName, name)
	set(metrics.TagURL, name)
	set(metrics.TagExpectedResponse, strconv.FormatBool(!failed))
	t.trail.SaveSamples(s.builtin, &tags)
	t.trail.Samples = append(t.trail.Samples, metrics.Sample{
		TimeSeries: metrics.TimeSeries{Metric: s.builtin.HTTPReqFailed, Tags: tags.Tags},
		Time:       t.trail.EndTime, Value: metrics.B(failed), Metadata: tags.Metadata,
	})
	metrics.PushIfNotDone(context.Background(), s.samples, t.trail)
}
