package doctor

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// toleratedSkew is what APIs commonly forgive when they compare exp, iat and nbf with their clock.
const toleratedSkew = 2 * time.Second

// checkClock compares the server's clock with this machine's.
func checkClock(_ context.Context, e *exam) []Result {
	if e.first == nil && !e.assertionRefused() {
		return nil
	}
	results := []Result{e.checkDate()}
	if e.claims != nil {
		if iat, ok := e.claims.at("iat"); ok {
			results = append(results, e.checkIat(iat))
		}
	}
	return results
}

// checkDate reads the Date header (RFC 9110 §6.6.1), which has whole seconds.
func (e *exam) checkDate() Result {
	r := Result{ID: "clock.date", Status: OK}
	date, err := http.ParseTime(e.answered.header.Get("Date"))
	if err != nil {
		r.Status, r.Summary = Info, "the answer has no Date header: the server's clock is not known"
		return r
	}
	e.skew = skew(date, e.answered.sent, e.answered.received)
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

// skew is how far a clock is ahead, at least, that said the whole second date between sent and received;
// 0 when it can be right.
func skew(date, sent, received time.Time) time.Duration {
	switch latest := date.Add(time.Second); {
	case date.After(received):
		return date.Sub(received)
	case latest.Before(sent):
		return latest.Sub(sent)
	}
	return 0
}

// checkIat looks for a token that is from the future: an API on a right clock refuses it.
func (e *exam) checkIat(iat time.Time) Result {
	ahead := iat.Sub(e.first.received)
	r := Result{ID: "clock.iat", Status: OK, Summary: "the token was issued in the past of this machine's clock", Data: map[string]any{"ahead_ms": ms(ahead)}}
	switch {
	case ahead > toleratedSkew:
		r.Status, r.Summary = Warning, fmt.Sprintf("the token was issued %s in the future of this machine's clock", short(ahead))
		r.Hint = "have both clocks set by NTP: an API may take the token for not yet valid"
	case ahead > 0:
		r.Summary = fmt.Sprintf("the token was issued %s in the future of this machine's clock, which is tolerable", short(ahead))
	}
	return r
}

func aheadOrBehind(d time.Duration) string {
	if d < 0 {
		return short(-d) + " behind"
	}
	return short(d) + " ahead"
}
