// Package exporter is a k6 output that Prometheus scrapes: k6 run -o prometheus.
//
// It serves every k6 metric in the Prometheus text, OpenMetrics and protobuf formats. Names follow
// k6's own remote-write output, so that dashboards made for that one work here too:
//
//	Counter  k6_<name>_total
//	Gauge    k6_<name>
//	Rate     k6_<name>_rate, k6_<name>_samples_total, k6_<name>_nonzero_total
//	Trend    k6_<name>_seconds, k6_<name>_bytes or k6_<name>: a histogram, native and classic
//
// Samples arrive on one goroutine of k6. It finds the state of a time series by its identity and
// updates it. A scrape reads one series after the other: samples wait for it as long as it takes to
// write one histogram at most.
//
// The package knows k6's metrics, options and outputs, and nothing of the rest of this module.
package exporter
