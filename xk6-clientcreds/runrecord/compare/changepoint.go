package compare

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Change points are found by E-divisive means: Matteson and James, "A nonparametric approach for multiple change point
// analysis of multivariate data", JASA 109 (2014), https://arxiv.org/abs/1306.4933. The series is divided where the
// energy distance of both parts is greatest, if the division is significant, and each part is divided again. MongoDB
// (https://arxiv.org/abs/2003.00584) and Hunter (https://arxiv.org/abs/2301.03034) use it for performance tests.
//
// A permutation test decides, as in the paper: runs of one version are as likely in any order. It assumes nothing about
// their distribution, and holds its error rate for any number of runs.

const (
	// minPart is the fewest values on either side of a change point.
	minPart = 2
	// permutations is how often the values are put into a random order.
	permutations = 999
	// maxTrend bounds the runs of a trend: the time that the test takes grows with their square.
	maxTrend = 250
)

// changePoint is the index of the first value after a change.
type changePoint struct {
	index int
	p     float64 // how likely a division as good as this is if nothing changed
}

// changePoints returns the change points in ascending order. Of series in which nothing changes, a share of alpha has
// any.
func changePoints(values []float64, alpha float64) []changePoint {
	// The order is random, but always the same: a trend that is drawn twice has the same change points.
	random := rand.New(rand.NewPCG(uint64(len(values)), permutations)) // #nosec G404 -- statistics
	var found []changePoint
	var d divider
	var divide func(from, to int)
	divide = func(from, to int) {
		part := values[from:to]
		at, best := d.division(part)
		if at == 0 {
			return
		}
		p := d.significance(part, best, random)
		if p > alpha {
			return
		}
		found = append(found, changePoint{from + at, p})
		divide(from, from+at)
		divide(from+at, to)
	}
	divide(0, len(values))
	slices.SortFunc(found, func(a, b changePoint) int { return cmp.Compare(a.index, b.index) })
	return found
}

// divider divides values. It keeps its memory from one order of them to the next.
type divider struct{ sums []float64 }

// significance is the share of orders of the values whose best division is as good as this one.
func (d *divider) significance(values []float64, best float64, random *rand.Rand) float64 {
	shuffled := slices.Clone(values)
	as := 1
	for range permutations {
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		// Sums of the same numbers in another order differ in the last digits.
		if _, other := d.division(shuffled); other >= best*(1-1e-9) {
			as++
		}
	}
	return float64(as) / (permutations + 1)
}

// division returns where to divide the values best, and the energy distance of the parts there, scaled by their
// lengths; 0 if there are too few values, or if all are equal. The part after the division may end before the last
// value: otherwise a change that is taken back later would be hidden.
func (d *divider) division(values []float64) (at int, best float64) {
	n := len(values)
	// sums[i*(n+1)+j] is the sum of the distances of the first i values from the first j values.
	d.sums = append(d.sums[:0], make([]float64, (n+1)*(n+1))...)
	sums := d.sums
	for i := range n {
		row := 0.0
		for j := range n {
			row += math.Abs(values[i] - values[j])
			sums[(i+1)*(n+1)+j+1] = sums[i*(n+1)+j+1] + row
		}
	}
	sum := func(i, j int) float64 { return sums[i*(n+1)+j] }
	for middle := minPart; middle+minPart <= n; middle++ {
		left := sum(middle, middle)
		for end := middle + minPart; end <= n; end++ {
			between := sum(middle, end) - left
			right := sum(end, end) - 2*sum(middle, end) + left
			l, r := float64(middle), float64(end-middle)
			energy := 2*between/(l*r) - left/(l*(l-1)) - right/(r*(r-1))
			if scaled := energy * l * r / (l + r); scaled > best {
				at, best = middle, scaled
			}
		}
	}
	return at, best
}
