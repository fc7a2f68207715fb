package verdict

import (
	"math"
	"slices"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// tally counts facts from samples.
type tally struct {
	validity.Inputs

	dropped  map[string]float64 // iterations that were not started, by scenario
	requests tokenRequests
	// scenarios are those that completed an iteration, by the tag scenario.
	scenarios map[string]bool
	statuses  bool    // requests have the tag status
	rejected  float64 // 401s to requests of clients
	known     map[*metrics.Metric]count

	lastTags     *metrics.TagSet // of an HTTP request
	unauthorized bool            // it was answered with 401, against expectation
	unexpected   bool            // it failed in another way
}

// tokenRequests counts what was sent to token endpoints.
type tokenRequests struct {
	sent, failed, repeated float64
	// challenged were answered with a DPoP nonce, and are neither granted nor failed.
	challenged float64
	// early are the requests of background refreshes, whose failure nobody noticed.
	earlyFailed, earlyRepeated float64
}

// count takes a sample of one metric into account.
type count func(t *tally, tags *metrics.TagSet, value float64)

// counts lists the metrics that matter to the verdict.
func counts() map[string]count {
	return map[string]count{
		metrics.IterationsName:        (*tally).countIteration,
		metrics.DroppedIterationsName: (*tally).countDropped,
		metrics.HTTPReqsName:          (*tally).countRequest,
		metrics.WSSessionsName:        (*tally).countRequest,
		metrics.GRPCReqDurationName:   (*tally).countCall,
		metricname.CacheHits:          func(t *tally, _ *metrics.TagSet, v float64) { t.TokensUsed += v },
		metricname.CacheMisses:        func(t *tally, _ *metrics.TagSet, v float64) { t.TokensUsed += v },
		metricname.TokenErrors:        (*tally).countTokenError,
		metricname.RequestFailed:      (*tally).countTokenRequest,
		metricname.Retries:            (*tally).countRetry,
		metricname.DPoPNonceRetries:   (*tally).countChallenge,
		metricname.Introspections:     (*tally).countQuery,
		metricname.Revocations:        (*tally).countQuery,
		metricname.Rejections:         func(t *tally, _ *metrics.TagSet, v float64) { t.rejected += v },
		metricname.ExpiredTokenUses:   func(t *tally, _ *metrics.TagSet, v float64) { t.ExpiredTokenUses += v },
		metricname.GeneratorSaturated: (*tally).countSecond,
		metricname.ClockSkew: func(t *tally, _ *metrics.TagSet,
			v float64,
		) {
			t.ClockSkew = max(t.ClockSkew, math.Abs(v))
		},
	}
}

// add takes a sample into account. Most samples are of metrics that do not matter.
func (t *tally) add(s *metrics.Sample) {
	f, known := t.known[s.Metric]
	if !known {
		if t.known == nil {
			t.known = make(map[*metrics.Metric]count)
		}
		f = counts()[s.Metric.Name]
		t.known[s.Metric] = f
	}
	if f != nil {
		f(t, s.Tags, s.Value)
	}
}

func (t *tally) countIteration(tags *metrics.TagSet, value float64) {
	t.Iterations += value
	if scenario, found := tags.Get(metrics.TagScenario.String()); found {
		if t.scenarios == nil {
			t.scenarios = make(map[string]bool)
		}
		t.scenarios[scenario] = true
	}
}

func (t *tally) countDropped(tags *metrics.TagSet, value float64) {
	if t.dropped == nil {
		t.dropped = make(map[string]float64)
	}
	scenario, _ := tags.Get(metrics.TagScenario.String())
	t.dropped[scenario] += value
}

// countRequest counts an HTTP request or a WebSocket session. A script that asks for a 401 on purpose declares that it
// is expected, and k6 says so in the tag expected_response.
func (t *tally) countRequest(tags *metrics.TagSet, value float64) {
	t.Requests += value
	if tags != t.lastTags { // most requests have the tags of the one before
		status, found := tags.Get(metrics.TagStatus.String())
		expected, _ := tags.Get(metrics.TagExpectedResponse.String())
		t.lastTags, t.unauthorized = tags, status == "401" && expected != "true"
		t.unexpected = expected == "false" && !t.unauthorized
		t.statuses = t.statuses || found
	}
	switch {
	case t.unauthorized:
		t.Unauthorized += value
	case t.unexpected:
		t.FailedRequests += value
	}
}

// countQuery counts a request of introspect() or revoke().
func (t *tally) countQuery(tags *metrics.TagSet, value float64) {
	t.Requests += value
	if class, _ := tags.Get(tagError); class != "" {
		t.FailedRequests += value
	}
}

// unauthenticated is the status UNAUTHENTICATED of gRPC, which its HTTP mapping makes a 401.
const unauthenticated = "16"

func (t *tally) countCall(tags *metrics.TagSet, _ float64) {
	t.Requests++
	if status, _ := tags.Get(metrics.TagStatus.String()); status == unauthenticated {
		t.Unauthorized++
	}
}

// tagError is the tag of the module's metrics that has the OAuth error code, or the class of another failure.
const tagError = "error"

// canceled says that k6 ended the iteration while a token was requested: nobody knows how that would have ended.
func canceled(tags *metrics.TagSet) bool {
	class, _ := tags.Get(tagError)
	return class == "canceled"
}

func (t *tally) countTokenError(tags *metrics.TagSet, value float64) {
	if !canceled(tags) {
		t.TokensMissing += value
	}
}

func (t *tally) countTokenRequest(tags *metrics.TagSet, value float64) {
	if canceled(tags) {
		return
	}
	t.requests.sent++
	if value == 0 {
		return
	}
	t.requests.failed++
	if early(tags) {
		t.requests.earlyFailed++
	}
}

func (t *tally) countRetry(tags *metrics.TagSet, value float64) {
	t.requests.repeated += value
	if early(tags) {
		t.requests.earlyRepeated += value
	}
}

// countChallenge counts a token request that the authorization server answered with a DPoP nonce.
func (t *tally) countChallenge(tags *metrics.TagSet, value float64) {
	if server, _ := tags.Get("server"); server == "authorization" {
		t.requests.challenged += value
	}
}

func early(tags *metrics.TagSet) bool {
	reason, _ := tags.Get("reason")
	return reason == "early"
}

func (t *tally) countSecond(_ *metrics.TagSet, saturated float64) {
	t.Seconds++
	if saturated != 0 {
		t.Saturated++
	}
}

// inputs returns the inputs of the verdict that add up over processes. Which iterations a rate dropped, and which
// maxDuration, only the executors of scenarios tell.
func (t *tally) inputs(executors map[string]string) validity.Inputs {
	f, r := t.Inputs, t.requests
	f.TokenRequests = max(0, r.sent-r.repeated-r.challenged)
	f.TokensGranted = max(0, r.sent-r.failed-r.challenged)
	f.TokenRequestsFailed = max(0, r.failed-r.earlyFailed-(r.repeated-r.earlyRepeated))
	if !t.statuses { // options.systemTags leaves the tag out: what clients saw is all that is known
		f.Unauthorized = max(f.Unauthorized, t.rejected)
	}
	for scenario, n := range t.dropped {
		if !byIterations(executors, scenario) {
			f.Dropped += n
			continue
		}
		if f.Unfinished == nil {
			f.Unfinished = make(map[string]float64)
		}
		f.Unfinished[scenario] += n
	}
	for scenario := range executors {
		if len(t.scenarios) > 0 && !t.scenarios[scenario] && t.dropped[scenario] == 0 {
			f.Idle = append(f.Idle, scenario)
		}
	}
	slices.Sort(f.Idle)
	return f
}

// byIterations says whether the scenario makes a number of iterations rather than a rate. Without the tag scenario, it
// says whether all scenarios do.
func byIterations(executors map[string]string, scenario string) bool {
	if scenario != "" {
		return iterates(executors[scenario])
	}
	for _, executor := range executors {
		if !iterates(executor) {
			return false
		}
	}
	return len(executors) > 0
}

func iterates(executor string) bool {
	return executor == "per-vu-iterations" || executor == "shared-iterations"
}
