package compare

import "math"

// A paired comparison looks at its data again with every slice of time, and stops at the first look that decides. An
// interval for one look would then be wrong too often. A confidence sequence is an interval for each look, such that
// the probability that even one of them lacks the true value is at most alpha.
//
// This is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy, and Ramdas, "Time-uniform central
// limit theory and asymptotic confidence sequences", Annals of Statistics 52 (2024), https://arxiv.org/abs/2103.06476,
// with the long-run variance of Newey and West, "A simple, positive semi-definite, heteroskedasticity and
// autocorrelation consistent covariance matrix", Econometrica 55 (1987), because slices that follow each other can be
// alike. Like the bootstrap, it assumes no distribution. A test simulates how often it errs.

const (
	// minSlices is the first look. Fewer slices do not tell how much slices differ, and how alike neighbors are.
	minSlices = 15
	// sharpest is the number of slices at which the sequence is narrowest, compared with an interval for that look.
	sharpest = 45
)

// margin is how far the mean of n slices may be from the true mean, either way, at this and at all other looks.
func margin(n int, deviation, alpha float64) float64 {
	scale := (-2*math.Log(alpha) + math.Log(-2*math.Log(alpha)) + 1) / sharpest // rho squared
	grown := float64(n)*scale + 1
	return deviation * math.Sqrt(2*grown/(float64(n)*float64(n)*scale)*math.Log(math.Sqrt(grown)/alpha))
}

// longRunDeviation is the standard deviation of slices as far as it matters to their mean: slices that are like the one
// before them tell less. It is never less than if slices were independent.
func longRunDeviation(values []float64) float64 {
	n := float64(len(values))
	mean := 0.0
	for _, v := range values {
		mean += v
	}
	mean /= n
	covariance := func(lag int) float64 {
		sum := 0.0
		for i := lag; i < len(values); i++ {
			sum += (values[i] - mean) * (values[i-lag] - mean)
		}
		return sum / (n - 1)
	}
	variance := covariance(0)
	if variance == 0 {
		return 0
	}
	// A few slices underestimate the correlation r by (1+3r)/n on average. One standard error more is for bad luck.
	r := min(max((n*covariance(1)/variance+1)/(n-3)+1/math.Sqrt(n), 0), maxCorrelation)
	longRun := variance
	lags := int(math.Ceil(1.5 * math.Cbrt(n)))
	for lag := 1; lag <= lags; lag++ {
		longRun += 2 * (1 - float64(lag)/float64(lags+1)) * covariance(lag)
	}
	return math.Sqrt(max(variance*(1+r)/(1-r), longRun))
}

// maxCorrelation bounds the correlation of slices that is corrected for.
const maxCorrelation = 0.9
