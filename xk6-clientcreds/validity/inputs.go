package validity

import (
	"maps"
	"math"
	"slices"
)

// Inputs holds what the verdict on a run depends on. The inputs of several k6 processes add up.
type Inputs struct {
	// Imported says that the script imports k6/x/clientcreds.
	Imported bool `json:"imported"`
	// Iterations counts the completed ones.
	Iterations float64 `json:"iterations"`
	// FailedIterations counts completed iterations that ended with an exception.
	FailedIterations float64 `json:"failedIterations"`
	// Idle are the scenarios that completed no iteration.
	Idle []string `json:"idle,omitempty"`
	// Dropped counts iterations that an arrival-rate executor did not start.
	Dropped float64 `json:"dropped"`
	// Unfinished counts iterations that maxDuration kept from being started, by scenario.
	Unfinished map[string]float64 `json:"unfinished,omitempty"`
	// Requests counts HTTP requests, WebSocket sessions and gRPC calls, without token requests.
	Requests float64 `json:"requests"`
	// Unauthorized counts the requests that were answered with 401, or UNAUTHENTICATED in gRPC, unless the script
	// declared the status as expected.
	Unauthorized float64 `json:"unauthorized"`
	// FailedRequests counts requests without an answer, and with a status that the script does not expect, other than
	// the unauthorized ones. By default k6 expects a status from 200 to 399.
	FailedRequests float64 `json:"failedRequests"`
	// TokensUsed counts calls that got a token, from the cache or after waiting for it.
	TokensUsed float64 `json:"tokensUsed"`
	// TokensMissing counts calls that needed a token and got none.
	TokensMissing float64 `json:"tokensMissing"`
	// TokenRequests counts token requests, retries counting with the request that they repeat.
	TokenRequests float64 `json:"tokenRequests"`
	// TokenRequestsFailed counts those that brought no token in the end. Background refreshes that failed while the
	// old token was valid are not among them.
	TokenRequestsFailed float64 `json:"tokenRequestsFailed"`
	// TokensGranted counts token requests that brought a token.
	TokensGranted float64 `json:"tokensGranted"`
	// ExpiredTokenUses counts requests with a token that had expired.
	ExpiredTokenUses float64 `json:"expiredTokenUses"`
	// Seconds counts the seconds in which the generator's health was measured, and Saturated the seconds in which
	// the generator was at its limit.
	Seconds   float64 `json:"seconds"`
	Saturated float64 `json:"saturated"`
	// ClockSkew is the largest difference between the clocks of a token endpoint and of this machine, in milliseconds.
	ClockSkew float64 `json:"clockSkew"`

	// The following fields are elsewhere in a record.

	Lost      float64     `json:"-"` // samples that an output did not keep as they were
	Stopped   *Stop       `json:"-"`
	Unwritten string      `json:"-"` // what was not written at the end, and why
	Failed    string      `json:"-"` // how the test failed after its load
	Crossed   []Threshold `json:"-"`
}

// Sum returns the inputs of two k6 processes together.
func Sum(f, g Inputs) Inputs {
	f.Imported = f.Imported || g.Imported
	for _, pair := range [][2]*float64{
		{&f.Iterations, &g.Iterations},
		{&f.FailedIterations, &g.FailedIterations},
		{&f.Dropped, &g.Dropped},
		{&f.Requests, &g.Requests},
		{&f.Unauthorized, &g.Unauthorized},
		{&f.FailedRequests, &g.FailedRequests},
		{&f.TokensUsed, &g.TokensUsed},
		{&f.TokensMissing, &g.TokensMissing},
		{&f.TokenRequests, &g.TokenRequests},
		{&f.TokenRequestsFailed, &g.TokenRequestsFailed},
		{&f.TokensGranted, &g.TokensGranted},
		{&f.ExpiredTokenUses, &g.ExpiredTokenUses},
		{&f.Seconds, &g.Seconds},
		{&f.Saturated, &g.Saturated},
	} {
		*pair[0] += *pair[1]
	}
	f.ClockSkew = math.Max(f.ClockSkew, g.ClockSkew)
	f.Idle = slices.Compact(slices.Sorted(slices.Values(slices.Concat(f.Idle, g.Idle))))
	f.Unfinished = maps.Clone(f.Unfinished)
	for scenario, n := range g.Unfinished {
		if f.Unfinished == nil {
			f.Unfinished = make(map[string]float64)
		}
		f.Unfinished[scenario] += n
	}
	return f
}

// Threshold is one threshold of the script and whether it held.
type Threshold struct {
	// Metric is the metric or submetric, such as http_req_duration{status:200}.
	Metric string `json:"metric"`
	// Source is the condition, such as p(95)<200.
	Source string `json:"source"`
	// Crossed says that the condition did not hold at the end; of several instances at one of them.
	Crossed bool `json:"crossed"`
}
