// Package k6kit makes what the tests of outputs need of k6: their parameters, and samples of metrics.
package k6kit

import (
	"time"

	logtest "github.com/sirupsen/logrus/hooks/test"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

// Params returns the parameters of an output with an argument, as in -o name=argument. Its log is written nowhere.
func Params(argument string, change ...func(*output.Params)) output.Params {
	log, _ := logtest.NewNullLogger()
	params := output.Params{Logger: log, ConfigArgument: argument}
	for _, f := range change {
		f(&params)
	}
	return params
}

// Tags returns a tag set of names and values in turn.
func Tags(registry *metrics.Registry, pairs ...string) *metrics.TagSet {
	set := registry.RootTagSet()
	for i := 0; i < len(pairs); i += 2 {
		set = set.With(pairs[i], pairs[i+1])
	}
	return set
}

// Sample returns a sample with tags of names and values in turn.
func Sample(
	registry *metrics.Registry, m *metrics.Metric, at time.Time, value float64, pairs ...string,
) metrics.Sample {
	return metrics.Sample{
		TimeSeries: metrics.TimeSeries{Metric: m, Tags: Tags(registry, pairs...)}, Time: at, Value: value,
	}
}
