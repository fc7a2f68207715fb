package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// checkLatency asks for more tokens, one after the other, over the connection that there is.
func checkLatency(ctx context.Context, e *run) []Result {
	if e.token == nil {
		return nil
	}
	results := []Result{e.coldGrant()}
	var took []time.Duration
	reused := 0
	for range e.cfg.Grants - 1 {
		token, err := e.grant(ctx, e.method)
		if err != nil {
			results = append(results, e.brokeOff(len(took), err))
			break
		}
		took = append(took, e.probe.last.duration)
		e.slowest = max(e.slowest, e.probe.last.duration)
		e.repeats = e.repeats || token.AccessToken.Reveal() == e.token.AccessToken.Reveal()
		if e.probe.last.reused {
			reused++
		}
	}
	if len(took) == 0 {
		return results
	}
	slices.Sort(took)
	median := took[len(took)/2]
	results = append(results, Result{
		ID: "latency.grant", Status: OK,
		Summary: fmt.Sprintf("%d more, one by one: fastest %s, median %s, slowest %s", len(took), short(took[0]),
			short(median), short(took[len(took)-1])),
		Data: map[string]any{
			"count": len(took), "min_ms": ms(took[0]), "median_ms": ms(median), "max_ms": ms(took[len(took)-1]),
		},
	}, reuse(reused, len(took)))
	if e.repeats {
		results = append(results, Result{
			ID: "latency.same_token", Status: Warning,
			Summary: "the server gave the same token again: it hands out what it has, not what it makes",
			Hint:    "measure the making of tokens with many clients; a token from there can be about to expire",
		})
	}
	return results
}

// coldGrant is the first grant, with the connection that it had to make.
func (e *run) coldGrant() Result {
	x := e.first
	summary := fmt.Sprintf("%s, of which connecting %s", short(x.duration), short(x.connecting))
	if x.handshaking > 0 {
		summary += ", TLS handshake " + short(x.handshaking)
	}
	r := Result{
		ID: "latency.first_grant", Status: OK, Summary: summary,
		Data: map[string]any{
			"duration_ms": ms(x.duration), "connecting_ms": ms(x.connecting), "tls_handshaking_ms": ms(x.handshaking),
		},
	}
	return r
}

// brokeOff says why there are fewer grants than wanted. One was granted before: the server is usable.
func (e *run) brokeOff(n int, err error) Result {
	r := Result{
		ID: "latency.refused", Status: Warning,
		Summary: fmt.Sprintf("after %d grants the next one failed: %s", n+1, err),
	}
	var failure *oauth.Error
	if errors.As(err, &failure) {
		e.noteLimit(failure)
		r.Hint = e.hintFor(failure)
		r.Data = map[string]any{"error": failure.Code, "http_status": failure.Status, "grants": n + 1}
	}
	return r
}

// reuse reports whether connections stay open: a new one per token costs more than the token.
func reuse(reused, n int) Result {
	r := Result{
		ID: "latency.keep_alive", Status: OK, Summary: "connections are used again",
		Data: map[string]any{"reused": reused, "of": n},
	}
	if reused < n {
		r.Status, r.Summary = Warning, fmt.Sprintf("%d of %d requests needed a new connection", n-reused, n)
		r.Hint = "the server or a proxy closes connections: each token costs a handshake"
	}
	return r
}
