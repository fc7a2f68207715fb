// Package verdict gives the verdict on the run of this k6 process: one computation, whose result is the same in the log,
// the summary, the run record, the exit code and Prometheus.
//
// A verdict needs facts, and facts are counted from samples. An output is given all samples, so where there is an output
// of ours, it hands them on. Without one, sinks beside those of k6's own metrics see them: k6 fills these for its summary
// and for thresholds. How the run ended, k6 tells outputs and, at the very end, everyone who subscribed to its events.
package verdict
