package faults

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// rateLimit is a token bucket for all requests, or one for each client. What
// it does not let through gets 429 (RFC 6585 §4) with the seconds after which
// there is a token again.
type rateLimit struct {
	perSecond  rate.Limit
	burst      int
	byClient   bool
	retryAfter time.Duration // 0: what the bucket says

	mu      sync.Mutex
	buckets map[string]*rate.Limiter // by client, who are registered ones, or "" for all others
}

const (
	minPerSecond = 0.001
	maxPerSecond = 1e6
	maxRetry     = time.Hour
)

func readRateLimit(r *reader, name string, _ builder) step {
	if r = r.child(name); r == nil {
		return nil
	}
	if _, given := r.value("per_second"); !given {
		r.failf("per_second", "is missing; it must be a number from %v to %v", minPerSecond, maxPerSecond)
	}
	perSecond := r.number("per_second", 1, minPerSecond, maxPerSecond)
	l := &rateLimit{
		perSecond:  rate.Limit(perSecond),
		burst:      r.whole("burst", math.Ceil(perSecond), 1, maxPerSecond),
		byClient:   r.word("by", "all", "client") == "client",
		retryAfter: r.duration("retry_after", 0, bounds{time.Second, maxRetry}),
		buckets:    make(map[string]*rate.Limiter),
	}
	r.finish()
	return l
}

func (l *rateLimit) bucket(client string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[client]
	if b == nil {
		b = rate.NewLimiter(l.perSecond, l.burst)
		l.buckets[client] = b
	}
	return b
}

func (l *rateLimit) serve(x *request) bool {
	client := ""
	if l.byClient {
		client = x.client()
	}
	b, now := l.bucket(client), x.injector.now()
	if b.AllowN(now, 1) {
		return false
	}
	wait := l.retryAfter
	if wait == 0 {
		missing := 1 - b.TokensAt(now)
		wait = time.Duration(missing / float64(l.perSecond) * float64(time.Second))
	}
	x.fault(rateLimitKind)
	x.answer(&reply{
		result: resultRateLimited, status: http.StatusTooManyRequests, retryAfter: seconds(wait),
		contentType: "application/json",
		body:        []byte(`{"error":"temporarily_unavailable","error_description":"too many requests, try again later"}`),
	})
	return true
}

// seconds is d for a Retry-After header (RFC 9110 §10.2.3), rounded up: an
// earlier retry would be refused again.
func seconds(d time.Duration) string {
	return strconv.FormatInt(max(int64(math.Ceil(d.Seconds())), 1), 10)
}
