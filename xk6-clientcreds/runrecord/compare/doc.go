// Package compare decides whether the runs of one version are slower, or fail more often, than the runs
// of another: the gate of a regression test.
//
// Both sides are several run records. The value of a metric in one run is one observation, so what
// is compared are two samples of runs, never the requests within a run: those are not independent.
// The statistics are benchstat's (golang.org/x/perf/benchmath): medians, and the Mann-Whitney
// U-test, which assumes nothing about distributions.
package compare
