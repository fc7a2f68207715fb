package regress

import (
	"math"
	"strconv"
)

// Facts are what the verdict depends on.
type Facts struct {
	Iterations float64 // completed
	Dropped    float64 // iterations that were not started
	Requests   float64 // HTTP requests, without those for tokens
	Imported   bool    // the script imports k6/x/clientcreds
	Tokens     float64 // tokens used or asked for
	Rejections float64 // requests that were answered with 401
	LateUses   float64 // requests with a token that had expired
	Seconds    float64 // that the generator's health was looked at
	Saturated  float64 // of them, those in which the generator was at its limit
	ClockSkew  float64 // milliseconds between the server's clock and this one's, at the most
	Lost       float64 // samples that an output did not keep as they were
	Crossed    []Threshold
}

// rule is one row of the table of what makes a run invalid.
type rule struct {
	name  string
	limit float64
	// value is what must not exceed the limit, and text says it.
	value func(f *Facts) float64
	text  func(f *Facts) string
}

const (
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

// rules are what makes a run invalid. docs/validity.md has the same table.
func rules() []rule {
	return []rule{
		{
			"no_iterations", 0,
			func(f *Facts) float64 { return number(f.Iterations == 0) },
			func(*Facts) string { return "no iteration was completed" },
		},
		{
			"no_tokens", 0,
			func(f *Facts) float64 { return number(f.Imported && f.Requests > 0 && f.Tokens == 0) },
			func(f *Facts) string {
				return plural(f.Requests, "request was", "requests were") + " sent, and not one token was used"
			},
		},
		{
			"rejections", 0,
			func(f *Facts) float64 { return share(f.Rejections, max(f.Requests, f.Rejections)) },
			func(f *Facts) string { return plural(f.Rejections, "answer was 401", "answers were 401") },
		},
		{
			"late_uses", 0,
			func(f *Facts) float64 { return share(f.LateUses, max(f.Requests, f.LateUses)) },
			func(f *Facts) string {
				return plural(f.LateUses, "request carried an expired token", "requests carried an expired token")
			},
		},
		{
			"dropped_iterations", maxDropped,
			func(f *Facts) float64 { return share(f.Dropped, f.Dropped+f.Iterations) },
			func(f *Facts) string {
				return plural(f.Dropped, "iteration was", "iterations were") + " dropped (" +
					percent(share(f.Dropped, f.Dropped+f.Iterations)) + "): the rate was not kept"
			},
		},
		{
			"generator_saturated", maxSaturated,
			func(f *Facts) float64 {
				if f.Saturated < minSaturated {
					return 0
				}
				return share(f.Saturated, f.Seconds)
			},
			func(f *Facts) string {
				return "k6 was at the limit of its CPU or late in " + percent(share(f.Saturated, f.Seconds)) + " of the time"
			},
		},
		{
			"clock_skew", maxClockSkew,
			func(f *Facts) float64 { return f.ClockSkew },
			func(f *Facts) string {
				return "the server's clock and this one differ by " + decimal(f.ClockSkew/1000) + " s"
			},
		},
		{
			"lost_samples", 0,
			func(f *Facts) float64 { return f.Lost },
			func(f *Facts) string { return plural(f.Lost, "sample was", "samples were") + " lost by an output" },
		},
	}
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
