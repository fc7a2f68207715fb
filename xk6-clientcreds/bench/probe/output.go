package probe

import (
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

// Switched returns the constructor of an output that gets the samples of some blocks only: those
// of the variants in [Schedule.WithOutput], and what comes before the first block. With it, blocks with
// and without the output can alternate in one process.
func (r *RootModule) Switched(construct output.Constructor) output.Constructor {
	return func(params output.Params) (output.Output, error) {
		inner, err := construct(params)
		if err != nil {
			return nil, err
		}
		return &switched{Output: inner, scheduler: &r.scheduler}, nil
	}
}

type switched struct {
	output.Output

	scheduler *scheduler
}

// AddMetricSamples implements output.Output.
func (s *switched) AddMetricSamples(containers []metrics.SampleContainer) {
	wanted := make([]metrics.SampleContainer, 0, len(containers))
	for _, container := range containers {
		if samples := container.GetSamples(); len(samples) > 0 && s.scheduler.gate.openAt(samples[0].Time) {
			wanted = append(wanted, container)
		}
	}
	if len(wanted) > 0 {
		s.Output.AddMetricSamples(wanted)
	}
}
