// Package verdict gives the verdict on the run of this k6 process: one computation, whose result is the same in the
// log, the summary, the run record, the exit code and Prometheus.
//
// A verdict needs facts, and facts are counted from samples. An output is given all samples, so where there is an
// output of ours, it hands them on. Without one, sinks beside the sinks of k6's own metrics see them: k6 fills these
// for its summary and for thresholds. k6 reports how the run ended to outputs and, at the very end, to subscribers of
// its events.
package verdict
