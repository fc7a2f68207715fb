package doctor

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// checkRateLimit looks for what the last answers of the token endpoint say of limits: Retry-After (RFC 9110
// §10.2.3), and the RateLimit fields in their several spellings.
func checkRateLimit(_ context.Context, e *run) []Result {
	if e.first == nil {
		return nil
	}
	headers := e.first.header
	if e.probe.last.header != nil {
		headers = e.probe.last.header
	}
	announced := limitHeaders(headers)
	r := Result{
		ID: "rate_limit.announced", Status: Info, Summary: "the server announces no rate limit",
		Data: map[string]any{"headers": announced},
	}
	if len(announced) > 0 {
		words := make([]string, 0, len(announced))
		for _, name := range slices.Sorted(maps.Keys(announced)) {
			words = append(words, fmt.Sprintf("%s: %s", name, announced[name]))
		}
		r.Summary = strings.Join(words, ", ")
	}
	e.limit = limitOf(headers)
	switch {
	case e.limited:
		r.Status, r.Hint = Warning, hints.RateLimit()
		r.Summary = "the server refused requests for their rate; " + r.Summary
	case e.limit > 0 && e.limit < e.cfg.VUs:
		r.Status = Warning
		r.Hint = fmt.Sprintf("%d virtual users at once are more than that: CACHE_SCOPE=shared needs one request", e.cfg.VUs)
	}
	return []Result{r}
}

func limitHeaders(h http.Header) map[string]any {
	found := make(map[string]any)
	for name := range h {
		lower := strings.ToLower(name)
		if lower == "retry-after" || strings.HasPrefix(strings.TrimPrefix(lower, "x-"), "ratelimit") ||
			strings.HasPrefix(lower, "x-rate-limit") {
			found[lower] = h.Get(name)
		}
	}
	return found
}

// limitOf returns the number of requests that a server takes, 0 where it does not say one.
func limitOf(h http.Header) int {
	for _, name := range []string{"RateLimit-Limit", "X-RateLimit-Limit", "X-Rate-Limit-Limit"} {
		text, _, _ := strings.Cut(h.Get(name), ",")
		text, _, _ = strings.Cut(text, ";")
		if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n > 0 {
			return n
		}
	}
	return 0
}
