package compare

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// simulation describes a run with two sides: the durations of their requests, slice by slice.
type simulation struct {
	rule   string
	ratio  float64 // of the head's durations to the base's
	shared float64 // how much both sides slow down and recover together
	own    float64 // how much each side does so on its own
	memory float64 // how much of that lasts until the next slice
}

const (
	simulatedSlices   = 45
	simulatedRequests = 20  // of a side in each slice
	simulatedSpread   = 0.2 // of requests
)

// outcome makes one sequence of slices, and returns what is decided.
func (s simulation) outcome(t *testing.T, random *rand.Rand) Outcome {
	t.Helper()
	rule, err := ParseRule(s.rule, "+5%")
	if err != nil {
		t.Error(err)
		return ""
	}
	c := &contest{rule: rule, kind: known[rule.Subject.Metric], alpha: Alpha, finding: Finding{Outcome: Unclear}}
	innovation := math.Sqrt(1 - s.memory*s.memory)
	shared, base, head := random.NormFloat64(), random.NormFloat64(), random.NormFloat64()
	for i := range simulatedSlices {
		for _, state := range []*float64{&shared, &base, &head} {
			*state = s.memory**state + innovation*random.NormFloat64()
		}
		side := func(level float64) (d distribution) {
			counts := make(map[int]float64)
			for range simulatedRequests {
				logarithm := math.Log(level) + simulatedSpread*random.NormFloat64()
				counts[int(math.Round(logarithm/(2*runrecord.SideAccuracy)))]++
			}
			bins := make([]bin, 0, len(counts))
			for _, i := range slices.Sorted(maps.Keys(counts)) {
				bins = append(bins, bin{math.Exp(float64(i) * 2 * runrecord.SideAccuracy), counts[i]})
			}
			d.merge(bins)
			return d
		}
		common := 20 * math.Exp(s.shared*shared)
		c.look(slice{base: side(common * math.Exp(s.own*base)), head: side(s.ratio * common * math.Exp(s.own*head))},
			float64(i+1))
	}
	return c.finding.Outcome
}

// The share of wrong decisions stays below the promised one, although the comparison looks at every slice. At the limit
// each decision is wrong: there the head is neither slower than the limit allows, nor within it.
func TestPairedErrorRate(t *testing.T) {
	t.Parallel()
	const sequences = 2000
	for name, s := range map[string]simulation{
		"independent slices":          {rule: "p50 of http_req_duration", ratio: 1.05},
		"a tail":                      {rule: "p95 of http_req_duration", ratio: 1.05},
		"disturbances of both":        {rule: "p50 of http_req_duration", ratio: 1.05, shared: 0.3, memory: 0.8},
		"disturbances of one side":    {rule: "p50 of http_req_duration", ratio: 1.05, own: 0.05, memory: 0.5},
		"nothing changed, long waves": {rule: "p50 of http_req_duration", ratio: 1, own: 0.05, memory: 0.8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count := simulate(t, s, sequences)
			t.Log(count)
			wrong := count[Broken]
			if s.ratio > 1 {
				wrong += count[Within]
			}
			assert.LessOrEqual(t, float64(wrong), Alpha*sequences, "%v", count)
		})
	}
}

func simulate(t *testing.T, s simulation, sequences int) map[Outcome]int {
	t.Helper()
	count := make(map[Outcome]int)
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range sequences {
		all.Go(func() {
			o := s.outcome(t, rand.New(rand.NewPCG(uint64(i), 14))) // #nosec G404 -- a simulation
			mu.Lock()
			defer mu.Unlock()
			count[o]++
		})
	}
	all.Wait()
	require.NotContains(t, count, Unknown)
	return count
}
