package doctor

import (
	"context"
	"fmt"
	"math"
	"time"
)

const (
	// defaultLeeway is the part of a lifetime that scripts leave unless LEEWAY says otherwise.
	defaultLeeway = 0.10
	// rounding is the error of a server's clock that counts in whole seconds: such a token can
	// end a second earlier than it was told.
	rounding = time.Second
)

// neededLeeway is how long before its expiry a token has to be replaced, so that no late one is used: two
// of the slowest grants, the skew of the clocks and a second of rounding.
func (e *run) neededLeeway() time.Duration {
	need := 2*e.slowest + e.skew.Abs() + rounding
	return time.Duration(math.Ceil(need.Seconds()*10)) * 100 * time.Millisecond
}

// adviseLeeway says whether the default leeway is enough for this server.
func adviseLeeway(_ context.Context, e *run) []Result {
	if e.token == nil {
		return nil
	}
	ttl, need := e.ttl(), e.neededLeeway()
	usual := time.Duration(defaultLeeway * float64(ttl))
	r := Result{ID: "advice.leeway", Status: OK, Data: map[string]any{
		"needed_ms": ms(need), "default_ms": ms(usual), "ttl_ms": ms(ttl), "leeway": "10%",
	}}
	switch {
	case usual >= need:
		r.Summary = fmt.Sprintf("the default LEEWAY of 10%%, %s here, is enough: %s are needed", short(usual), short(need))
	case need <= ttl/2:
		r.Status, r.Data["leeway"] = Info, spelled(need)
		r.Summary = fmt.Sprintf("the default LEEWAY of 10%%, %s here, is less than the %s that are needed", short(usual),
			short(need))
		r.Hint = "set LEEWAY=" + spelled(need)
	default:
		r.Status, r.Data["leeway"] = Warning, spelled(ttl/2)
		r.Summary = fmt.Sprintf("%s are needed, more than half of a lifetime of %s: late tokens are to be expected",
			short(need), short(ttl))
		r.Hint = "set LEEWAY=" + spelled(ttl/2) + ", and have the lifetime raised"
	}
	return []Result{r}
}

// leeway is the one that is advised.
func (e *run) leeway() time.Duration {
	ttl := e.ttl()
	return min(max(e.neededLeeway(), time.Duration(defaultLeeway*float64(ttl))), ttl/2)
}

// adviseRequests says how many token requests a run makes, and what that means for the cache's scope.
func adviseRequests(_ context.Context, e *run) []Result {
	if e.token == nil {
		return nil
	}
	use := e.ttl() - e.leeway()
	shared := time.Minute.Seconds() / use.Seconds()
	each := float64(e.cfg.VUs) * shared
	requests := Result{
		ID: "advice.requests", Status: Info,
		Summary: fmt.Sprintf("%d virtual users make %d token requests at the start and %s a minute; with a shared cache 1 "+
			"and %s",
			e.cfg.VUs, e.cfg.VUs, rate(each), rate(shared)),
		Data: map[string]any{"vus": e.cfg.VUs, "per_vu_per_minute": rounded(each), "shared_per_minute": rounded(shared)},
	}
	scope := Result{
		ID: "advice.cache_scope", Status: OK, Summary: "no known rate limit is too low for CACHE_SCOPE=vu, the default",
		Data: map[string]any{"cache_scope": "vu"},
	}
	if e.limited || (e.limit > 0 && e.limit < e.cfg.VUs) {
		scope.Status, scope.Data["cache_scope"] = Warning, "shared"
		scope.Summary = "the server's rate limit stands against a token for each virtual user"
		scope.Hint = "set CACHE_SCOPE=shared, unless you test the limit"
	}
	return []Result{requests, scope}
}

// spelled is a duration as scripts take it.
func spelled(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }

func rounded(f float64) float64 { return math.Round(f*100) / 100 }

// rate is a number of requests for a human.
func rate(f float64) string {
	if f >= 10 {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.2g", f)
}
