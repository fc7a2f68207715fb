// Package results turns measurements into results, and results into JSON and Markdown.
package results

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Result is one figure, as it stands in the JSON file.
type Result struct {
	Name      string  `json:"name"`
	Value     float64 `json:"value"`
	Unit      string  `json:"unit"`
	Reference string  `json:"reference,omitempty"` // what it is compared with, in the same run
	// Ratio is Value in proportion to the reference's, the median over the rounds.
	Ratio *float64 `json:"ratio"`
	// CI is the 95% confidence interval: of the ratio where there is one, else of the value.
	CI *Interval `json:"ci"`
	Target
	// Pass says whether the target is met; nil without a target.
	Pass *bool `json:"pass"`
}

// Interval is a confidence interval, both ends included.
type Interval [2]float64

// Target is the bound that a figure must keep.
type Target struct {
	Limit *float64 `json:"target"`
	Of    string   `json:"target_of,omitempty"` // what the limit is for: "ratio" or "value"
	Is    string   `json:"target_is,omitempty"` // "at most" or "at least"
}

// The words of a Target.
const (
	OfRatio = "ratio"
	OfValue = "value"
	AtMost  = "at most"
	AtLeast = "at least"
)

// NewTarget returns a target: the ratio or the value must be at most, or at least, limit.
func NewTarget(of, is string, limit float64) Target {
	return Target{Limit: &limit, Of: of, Is: is}
}

// With returns r judged by t.
func (r Result) With(t Target) Result {
	r.Target = t
	figure := r.Value
	if t.Of == OfRatio {
		if r.Ratio == nil {
			panic("a target for the ratio of " + r.Name + ", which has none")
		}
		figure = *r.Ratio
	}
	pass := figure <= *t.Limit
	if t.Is == AtLeast {
		pass = figure >= *t.Limit
	}
	r.Pass = &pass
	return r
}

// Table is one group of results.
type Table struct {
	Title   string
	Results []Result
}

// JSON returns the results of all tables as one array.
func JSON(tables []Table) ([]byte, error) {
	all := []Result{}
	for _, t := range tables {
		all = append(all, t.Results...)
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	return append(text, '\n'), nil
}

// ErrMissed is the error that Verdict wraps.
var ErrMissed = errors.New("target missed")

// Verdict returns one error for each target that was missed, joined.
func Verdict(tables []Table) error {
	var missed []error
	for _, t := range tables {
		for _, r := range t.Results {
			if r.Pass != nil && !*r.Pass {
				missed = append(missed, fmt.Errorf("%w: %s: %s, must be %s", ErrMissed, r.Name, r.outcome(), r.Target))
			}
		}
	}
	return errors.Join(missed...)
}
