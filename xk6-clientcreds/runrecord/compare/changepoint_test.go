package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// noisy are values around the levels, as many of each.
func noisy(random *rand.Rand, each int, levels ...float64) []float64 {
	var values []float64
	for _, level := range levels {
		for range each {
			values = append(values, level*(1+0.03*random.NormFloat64()))
		}
	}
	return values
}

func indexes(points []changePoint) []int {
	list := make([]int, len(points))
	for i, p := range points {
		list[i] = p.index
	}
	return list
}

func TestChangePoints(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- a simulation
	for name, c := range map[string]struct {
		values []float64
		want   []int
	}{
		"nothing":                   {nil, []int{}},
		"one value":                 {[]float64{1}, []int{}},
		"equal values":              {make([]float64, 20), []int{}},
		"noise":                     {noisy(random, 20, 50), []int{}},
		"slower":                    {noisy(random, 8, 50, 60), []int{8}},
		"slower in the last 3":      {append(noisy(random, 12, 50), 70, 71, 72), []int{12}},
		"slower, and as before":     {noisy(random, 8, 50, 60, 50), []int{8, 16}},
		"slower, and slower":        {noisy(random, 8, 50, 60, 72), []int{8, 16}},
		"one slow run":              {append(append(noisy(random, 8, 50), 90), noisy(random, 8, 50)...), []int{}},
		"too few":                   {[]float64{50, 50.1, 60}, []int{}},
		"exact values with a step":  {[]float64{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}, []int{6}},
		"a step of values at zero ": {append(make([]float64, 15), 0.1, 0.1, 0.1, 0.1), []int{15}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, indexes(changePoints(c.values, 0.05)))
		})
	}
}

// Of series in which nothing changes, at most the promised share has a change point, whatever the distribution is.
func TestChangePointErrorRate(t *testing.T) {
	t.Parallel()
	const series = 500
	for name, value := range map[string]func(*rand.Rand) float64{
		"normal":   func(r *rand.Rand) float64 { return 50 + r.NormFloat64() },
		"heavy":    func(r *rand.Rand) float64 { return math.Exp(2 * r.NormFloat64()) },
		"outliers": func(r *rand.Rand) float64 { return 50 + r.NormFloat64() + 100*math.Floor(r.Float64()+0.1) },
		"ties":     func(r *rand.Rand) float64 { return math.Floor(3 * r.Float64()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := 0
			for i := range series {
				random := rand.New(rand.NewPCG(uint64(i), 7)) // #nosec G404 -- a simulation
				values := make([]float64, 12)
				for j := range values {
					values[j] = value(random)
				}
				if len(changePoints(values, Alpha)) > 0 {
					found++
				}
			}
			t.Log(found)
			// Three standard deviations more than the expected number are as many as chance makes.
			assert.LessOrEqual(t, float64(found), Alpha*series+3*math.Sqrt(Alpha*(1-Alpha)*series))
		})
	}
}
