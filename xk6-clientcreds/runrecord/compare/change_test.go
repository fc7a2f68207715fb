package compare

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func p50(t *testing.T, limit string) Rule {
	t.Helper()
	return rules(t, "p50 of http_req_duration", limit)[0]
}

// A change that every run has, but no larger than runs of the base differ: p is small, and that is not enough.
func TestShiftWithinTheNoise(t *testing.T) {
	t.Parallel()
	f := judge(p50(t, "+10%"), Milliseconds, []float64{10, 12, 14, 16, 18}, []float64{18.5, 19, 19.5, 19.8, 19.9})
	assert.Less(t, f.Change.P, Alpha)
	assert.InDelta(t, 2*1.4826*2, f.Change.Noise, 1e-9)
	assert.Equal(t, Unclear, f.Outcome)
}

// The noise describes runs of the base. Runs of the head that differ from each other are a regression all the more.
func TestNoiseOfTheHeadHidesNothing(t *testing.T) {
	t.Parallel()
	quiet, noisy := []float64{10, 10.1, 10.2, 10.3, 10.4}, []float64{11, 14, 17, 20, 23}
	f := judge(p50(t, "+10%"), Milliseconds, quiet, noisy)
	assert.Equal(t, Broken, f.Outcome)
	assert.InDelta(t, 2*1.4826*0.1, f.Change.Noise, 1e-9)
	assert.Equal(t, Unclear, judge(p50(t, "-10%"), Milliseconds, noisy, quiet).Outcome)
}

// One run has no noise, because it has nothing to differ from.
func TestNoiseOfOneRunIsUnknown(t *testing.T) {
	t.Parallel()
	f := judge(p50(t, "+10%"), Milliseconds, []float64{20}, []float64{23})
	assert.Equal(t, Unknown, f.Outcome)
	assert.Equal(t, "unknown", f.noise())
}

// A percentile is known to half a per cent. Runs whose percentiles are all in one bin are not known to be quiet, and a
// change of less than that is none.
func TestNoiseIsNotBelowTheResolution(t *testing.T) {
	t.Parallel()
	same := []float64{20, 20, 20, 20}
	f := judge(p50(t, "+0.2%"), Milliseconds, same, []float64{20.08, 20.08, 20.08, 20.08})
	assert.Equal(t, Unclear, f.Outcome, "0.4% is less than a percentile is known to")
	assert.Equal(t, "below 0.5%", f.noise())
	f = judge(p50(t, "+0.02ms"), Milliseconds, same, []float64{20.2, 20.2, 20.2, 20.2})
	assert.Equal(t, Broken, f.Outcome)
	assert.Equal(t, "below 0.1 ms", f.noise())
	for _, exact := range []string{"avg", "min", "max", "p0", "p100"} {
		f = judge(rules(t, exact+" of http_req_duration", "+0.2%")[0], Milliseconds, same,
			[]float64{20.08, 20.08, 20.08, 20.08})
		assert.Equal(t, Broken, f.Outcome, exact)
		assert.Equal(t, "±0.0%", f.noise(), exact)
	}
	f = judge(p50(t, "+10%"), Milliseconds, []float64{19, 20, 20, 21}, same)
	assert.Equal(t, "±7.4%", f.noise(), "noise that can be seen is shown as it is")
}

func TestExceeded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit      string
		base, head float64
		want       bool
	}{
		{"+5", 10, 15, false},
		{"+5", 10, 15.001, true},
		{"+5", 10, 1, false},
		{"-5", 10, 5, false},
		{"-5", 10, 4.999, true},
		{"-5", 10, 100, false},
		{"+50%", 10, 15, false},
		{"+50%", 10, 15.001, true},
		{"-50%", 10, 5, false},
		{"-50%", 10, 4.999, true},
		{"+50%", -10, -5, false},
		{"+50%", -10, -4.999, true},
		{"+50%", -10, -11, false},
		{"-50%", -10, -15, false},
		{"-50%", -10, -15.001, true},
		{"-50%", -10, -9, false},
		{"+50%", 0, 0, false},
		{"+50%", 0, 0.001, true},
		{"-50%", 0, -0.001, true},
	} {
		l, err := parseLimit(c.limit)
		assert.NoError(t, err)
		assert.Equal(t, c.want, l.exceeded(c.base, c.head), "%s: %v to %v", c.limit, c.base, c.head)
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ base, head, want float64 }{
		{10, 15, 0.5},
		{10, 5, -0.5},
		{-10, -5, 0.5},
		{-10, -15, -0.5},
		{0, 0, 0},
		{5, 5, 0},
		{0, 3, math.Inf(1)},
		{0, -3, math.Inf(-1)},
	} {
		assert.Equal(t, c.want, Change{Base: c.base, Head: c.head}.Share(), "%v to %v", c.base, c.head)
	}
}

func TestCanDiffer(t *testing.T) {
	t.Parallel()
	assert.False(t, canDiffer(3, 3))
	assert.True(t, canDiffer(4, 4))
	assert.True(t, canDiffer(3, 5))
	assert.False(t, canDiffer(1, 30))
	assert.False(t, canDiffer(1, 39), "as rare as the bound")
	assert.True(t, canDiffer(1, 40))
}

// A change is significant beyond each bound, and not at it.
func TestSignificant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change Change
		want   bool
	}{
		{Change{Base: 10, Head: 12, P: 0.01, Noise: 1}, true},
		{Change{Base: 12, Head: 10, P: 0.01, Noise: 1}, true},
		{Change{Base: 10, Head: 12, P: Alpha, Noise: 1}, false},
		{Change{Base: 10, Head: 12, P: 0.01, Noise: 2}, false},
		{Change{Base: 10, Head: 12, P: 0.01, Noise: 1, Resolution: 2}, false},
	} {
		assert.Equal(t, c.want, c.change.Significant(), "%+v", c.change)
	}
}
