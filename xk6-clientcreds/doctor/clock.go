package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// toleratedSkew is the difference that APIs commonly forgive when they compare exp, iat and nbf with their clock.
const toleratedSkew = 2 * time.Second

// checkClock compares the server's clock with this machine's.
func checkClock(_ context.Context, e *run) []Result {
	if e.first == nil && !e.assertionRefused() {
		return nil
	}
	results := []Result{e.checkDate()}
	if e.claims != nil {
		if iat, ok := e.claims.Time("iat"); ok {
			results = append(results, e.checkIat(iat))
		}
	}
	return results
}

// checkDate reads the Date header (RFC 9110 §6.6.1), which has whole seconds.
func (e *run) checkDate() Result {
	r := Result{ID: "clock.date", Status: OK}
	clock := oauth.ReadClock(e.answered.header.Get("Date"), e.answered.sent, e.answered.received)
	if !clock.Known() {
		r.Status, r.Summary = Info, "the answer has no Date header: the server's clock is not known"
		return r
	}
	e.skew = clock.Skew
	r.Data = map[string]any{"skew_ms": ms(e.skew)}
	r.Summary = "the server's clock agrees, to the second"
	if e.skew == 0 {
		return r
	}
	r.Summary = "the server's clock is " + aheadOrBehind(e.skew)
	if e.skew.Abs() > toleratedSkew {
		r.Status = Warning
		r.Hint = "have both clocks set by NTP: an API may take tokens for expired, or not yet valid"
		if e.method.signs {
			r.Hint += ", and the server assertions"
		}
	}
	return r
}

// checkIat looks for a token that is from the future: an API on a right clock refuses it.
func (e *run) checkIat(iat time.Time) Result {
	ahead := iat.Sub(e.first.received)
	r := Result{
		ID: "clock.iat", Status: OK, Summary: "the token was issued in the past of this machine's clock",
		Data: map[string]any{"ahead_ms": ms(ahead)},
	}
	switch {
	case ahead > toleratedSkew:
		r.Status, r.Summary = Warning, fmt.Sprintf("the token was issued %s in the future of this machine's clock",
			short(ahead))
		r.Hint = "have both clocks set by NTP: an API may take the token for not yet valid"
	case ahead > 0:
		r.Summary = fmt.Sprintf("the token was issued %s in the future of this machine's clock, which is tolerable",
			short(ahead))
	}
	return r
}

func aheadOrBehind(d time.Duration) string {
	if d < 0 {
		return short(-d) + " behind"
	}
	return short(d) + " ahead"
}
