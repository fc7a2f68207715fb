package validity

import (
	"maps"
	"math"
	"slices"
	"strconv"
)

// rule is one row of the table of what makes a run invalid.
type rule struct {
	name  string
	limit float64
	// value must not exceed the limit, and text describes it.
	value func(f *Inputs) float64
	text  func(f *Inputs) string
}

const (
	// maxFailed is the share of token requests that may fail: a server under load may refuse some.
	maxFailed = 0.05
	// maxMissing is the share of calls that may get no token. Percentiles up to p(99) of what was sent stay what they
	// are without the others.
	maxMissing = 0.01
	// maxFailedRequests and maxFailedIterations: when most of them failed, the numbers are about failures.
	maxFailedRequests   = 0.5
	maxFailedIterations = 0.5
	// maxDropped: percentiles up to p(99) stay what they are when one of a thousand iterations is
	// missing.
	maxDropped = 0.001
	// maxSaturated: bursts are normal, while virtual users start and garbage is collected.
	maxSaturated = 0.1
	// minSaturated is how many seconds it takes: in a short run one second would be a large share.
	minSaturated = 3
	// maxClockSkew, in milliseconds: APIs and servers that check iat, nbf and exp forgive about that much.
	maxClockSkew = 2000
)

// rules are the reasons that make a run invalid. docs/guides/validity.md has the same table.
func rules() []rule {
	return []rule{
		{
			"no_iterations", 0,
			func(f *Inputs) float64 { return number(f.Iterations == 0) },
			func(*Inputs) string { return "no iteration was completed" },
		},
		{
			"stopped_early", 0,
			func(f *Inputs) float64 { return number(!f.Stopped.counts()) },
			func(f *Inputs) string { return f.Stopped.String() },
		},
		{
			"no_tokens", 0,
			func(f *Inputs) float64 {
				return number(f.Imported && f.TokensUsed+f.TokensMissing+f.TokenRequests == 0)
			},
			func(f *Inputs) string {
				if f.Requests == 0 {
					return "not one token was used"
				}
				return plural(f.Requests, "request was", "requests were") + " sent, and not one token was used"
			},
		},
		{
			"no_tokens_granted", 0,
			func(f *Inputs) float64 { return number(f.noneGranted()) },
			func(f *Inputs) string {
				return "not one token was granted: " + plural(f.TokenRequests, "token request", "token requests") + " failed"
			},
		},
		{
			"failed_token_requests", maxFailed,
			func(f *Inputs) float64 { return unless(f.noneGranted(), share(f.TokenRequestsFailed, f.TokenRequests)) },
			func(f *Inputs) string {
				return decimal(f.TokenRequestsFailed) + " of " + plural(f.TokenRequests, "token request", "token requests") +
					" failed (" + percent(share(f.TokenRequestsFailed, f.TokenRequests)) + ")"
			},
		},
		{
			"missing_tokens", maxMissing,
			func(f *Inputs) float64 {
				return unless(f.noneGranted(), share(f.TokensMissing, f.TokensMissing+f.TokensUsed))
			},
			func(f *Inputs) string {
				all := f.TokensMissing + f.TokensUsed
				return decimal(f.TokensMissing) + " of " + plural(all, "call that needed a token", "calls that needed a token") +
					" got none (" + percent(share(f.TokensMissing, all)) + ")"
			},
		},
		{
			"rejections", 0,
			func(f *Inputs) float64 { return share(f.Unauthorized, max(f.Requests, f.Unauthorized)) },
			func(f *Inputs) string { return plural(f.Unauthorized, "answer was 401", "answers were 401") },
		},
		{
			"failed_requests", maxFailedRequests,
			func(f *Inputs) float64 { return share(f.FailedRequests, max(f.Requests, f.FailedRequests)) },
			func(f *Inputs) string {
				all := max(f.Requests, f.FailedRequests)
				return decimal(f.FailedRequests) + " of " + plural(all, "request", "requests") + " failed (" +
					percent(share(f.FailedRequests, all)) + ")"
			},
		},
		{
			"failed_iterations", maxFailedIterations,
			func(f *Inputs) float64 {
				return unless(f.noneGranted() || share(f.TokensMissing, f.TokensMissing+f.TokensUsed) > maxMissing,
					share(f.FailedIterations, max(f.Iterations, f.FailedIterations)))
			},
			func(f *Inputs) string {
				all := max(f.Iterations, f.FailedIterations)
				return decimal(f.FailedIterations) + " of " + plural(all, "iteration",
					"iterations") + " ended with an exception (" +
					percent(share(f.FailedIterations, all)) + ")"
			},
		},
		{
			"idle_scenarios", 0,
			func(f *Inputs) float64 { return unless(f.Stopped != nil || f.Iterations == 0, float64(len(f.Idle))) },
			func(f *Inputs) string {
				if len(f.Idle) == 1 {
					return "scenario " + strconv.Quote(f.Idle[0]) + " completed no iteration"
				}
				return decimal(float64(len(f.Idle))) + " scenarios completed no iteration"
			},
		},
		{
			"expired_token_uses", 0,
			func(f *Inputs) float64 { return share(f.ExpiredTokenUses, max(f.Requests, f.ExpiredTokenUses)) },
			func(f *Inputs) string {
				return plural(f.ExpiredTokenUses, "request carried an expired token", "requests carried an expired token")
			},
		},
		{
			"dropped_iterations", maxDropped,
			func(f *Inputs) float64 { return share(f.Dropped, f.Dropped+f.Iterations) },
			func(f *Inputs) string {
				return plural(f.Dropped, "iteration was", "iterations were") + " dropped (" +
					percent(share(f.Dropped, f.Dropped+f.Iterations)) + "): the rate was not kept"
			},
		},
		{
			"unfinished_iterations", 0,
			func(f *Inputs) float64 { return unless(f.Stopped != nil, f.unfinished()) },
			func(f *Inputs) string {
				scenarios := slices.Sorted(maps.Keys(f.Unfinished))
				text := "maxDuration ended "
				if len(scenarios) == 1 && scenarios[0] != "" {
					text += "scenario " + strconv.Quote(scenarios[0])
				} else {
					text += plural(float64(len(scenarios)), "scenario", "scenarios")
				}
				return text + " with " + plural(f.unfinished(), "iteration", "iterations") + " undone"
			},
		},
		{
			"generator_saturated", maxSaturated,
			func(f *Inputs) float64 {
				if f.Saturated < minSaturated {
					return 0
				}
				return share(f.Saturated, f.Seconds)
			},
			func(f *Inputs) string {
				return "k6 was at the limit of its CPU or late in " + percent(share(f.Saturated, f.Seconds)) + " of the time"
			},
		},
		{
			"clock_skew", maxClockSkew,
			func(f *Inputs) float64 { return f.ClockSkew },
			func(f *Inputs) string {
				return "the server's clock and this one differ by " + decimal(f.ClockSkew/1000) + " s"
			},
		},
		{
			"lost_samples", 0,
			func(f *Inputs) float64 { return f.Lost },
			func(f *Inputs) string { return plural(f.Lost, "sample was", "samples were") + " lost by an output" },
		},
		{
			"results_not_written", 0,
			func(f *Inputs) float64 { return number(f.Unwritten != "") },
			func(f *Inputs) string { return f.Unwritten },
		},
	}
}

// noneGranted says that tokens were requested, and the run had none.
func (f *Inputs) noneGranted() bool {
	return f.TokenRequests > 0 && f.TokensGranted == 0 && f.TokensUsed == 0
}

func (f *Inputs) unfinished() float64 {
	sum := 0.0
	for _, n := range f.Unfinished {
		sum += n
	}
	return sum
}

// Rules are the names of what makes a run invalid, in the order in which reasons are given.
func Rules() []string {
	var names []string
	for _, r := range rules() {
		names = append(names, r.name)
	}
	return names
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// unless is the value, or 0 where another reason says what it would.
func unless(said bool, value float64) float64 {
	if said {
		return 0
	}
	return value
}

func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

func percent(share float64) string { return decimal(share*100) + "%" }

// decimal writes a number with up to two digits after the point.
func decimal(f float64) string {
	return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64)
}

func plural(n float64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return decimal(n) + " " + many
}
