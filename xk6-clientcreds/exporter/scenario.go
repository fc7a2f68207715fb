package exporter

import (
	"fmt"
	"time"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/metrics"
)

// scenario is one scenario of the test and how far it is.
type scenario struct {
	name, executor, function string

	startTime  time.Duration
	length     time.Duration // without the time to stop gracefully; the most where iterations end it
	iterations int64         // after which it ends; 0 where time ends it
	done       int64
}

func newScenarios(o lib.Options) ([]*scenario, error) {
	tuple, err := lib.NewExecutionTuple(o.ExecutionSegment, o.ExecutionSegmentSequence)
	if err != nil {
		return nil, fmt.Errorf("execution segment: %w", err)
	}
	var scenarios []*scenario
	for _, config := range o.Scenarios.GetSortedConfigs() {
		s := &scenario{
			name: config.GetName(), executor: config.GetType(), function: config.GetExec(),
			startTime: config.GetStartTime(),
		}
		s.plan(config, tuple)
		scenarios = append(scenarios, s)
	}
	return scenarios, nil
}

// plan takes the length of the scenario from the configuration of its executor.
func (s *scenario) plan(config lib.ExecutorConfig, tuple *lib.ExecutionTuple) {
	switch c := config.(type) {
	case executor.ConstantVUsConfig:
		s.length = c.Duration.TimeDuration()
	case *executor.ConstantArrivalRateConfig:
		s.length = c.Duration.TimeDuration()
	case executor.RampingVUsConfig:
		s.length = sum(c.Stages)
	case *executor.RampingArrivalRateConfig:
		s.length = sum(c.Stages)
	case executor.PerVUIterationsConfig:
		s.length = c.MaxDuration.TimeDuration()
		s.iterations = c.GetVUs(tuple) * c.GetIterations()
	case executor.SharedIterationsConfig:
		s.length = c.MaxDuration.TimeDuration()
		s.iterations = c.GetIterations(tuple)
	}
}

func sum(stages []executor.Stage) time.Duration {
	var total time.Duration
	for _, stage := range stages {
		total += stage.Duration.TimeDuration()
	}
	return total
}

// watches says whether a time series counts the iterations of the scenario.
func (s *scenario) watches(ts metrics.TimeSeries) bool {
	name, _ := ts.Tags.Get(metrics.TagScenario.String())
	return s.iterations > 0 && name == s.name && ts.Metric.Name == metrics.IterationsName
}

// observe implements observer.
func (s *scenario) observe(sample *metrics.Sample) { s.done += int64(sample.Value) }

// progress is how much of the scenario is done, 0 to 1.
func (s *scenario) progress(elapsed time.Duration) float64 {
	byTime := float64(elapsed-s.startTime) / float64(s.length)
	switch {
	case elapsed < s.startTime:
		return 0
	case s.iterations == 0 || byTime >= 1:
		return min(byTime, 1)
	default:
		return min(float64(s.done)/float64(s.iterations), 1)
	}
}

// left is how long the scenario still takes. Where iterations end it, that is guessed from how long
// those that are done took.
func (s *scenario) left(elapsed time.Duration) time.Duration {
	most := max(0, s.startTime+s.length-elapsed)
	part := s.progress(elapsed)
	if s.iterations == 0 || part == 0 {
		return most
	}
	return min(most, time.Duration(float64(elapsed-s.startTime)*(1-part)/part))
}
