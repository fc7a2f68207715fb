// Package metricname names the metrics of this extension, and the metrics of k6 that it reads. All other packages use
// these names, so that a name is written once.
package metricname
