package recorder

import (
	"fmt"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/verdict"
)

// Name is the name of the output for k6 run -o.
const Name = "clientcreds-record"

var (
	_ output.Output                = (*recorder)(nil)
	_ output.WithThresholds        = (*recorder)(nil)
	_ output.WithStopWithTestError = (*recorder)(nil)
	_ output.WithTestRunStop       = (*recorder)(nil)
)

// recorder is the output.
type recorder struct {
	options options
	run     *verdict.Run
	judged  func([]metrics.SampleContainer) // takes samples for the verdict; nil where another output hands them on
	log     logrus.FieldLogger
	now     func() time.Time
	clients func() []runinfo.Client
	targets func() runinfo.Targets
	frame   runrecord.Record // all but what is measured
	started time.Time        // the output

	scrapers *scrapers // nil without servers to read
	insecure bool      // k6's option insecureSkipTLSVerify

	mu      sync.Mutex
	samples *samples
	arbiter *arbiter // nil where the run is not to end when a comparison is decided
}

// New is a constructor of the output alone.
func New(params output.Params) (output.Output, error) {
	return (&Recorders{Run: verdict.New()}).New(params)
}

func configure(params output.Params, run *verdict.Run, now func() time.Time) (*recorder, error) {
	o, err := resolveOptions(params.JSONConfig, params.Environment, params.ConfigArgument)
	if err != nil {
		return nil, err
	}
	judged, err := run.Record(params)
	if err != nil {
		return nil, err
	}
	r := &recorder{
		options: o, run: run, judged: judged, now: now,
		log:     params.Logger.WithField("output", Name),
		samples: newSamples(), insecure: params.ScriptOptions.InsecureSkipTLSVerify.Bool,
	}
	if o.Rules != "" {
		if r.arbiter, err = newArbiter(o.Rules); err != nil {
			return nil, err
		}
	}
	if err := r.describe(params); err != nil {
		return nil, err
	}
	return r, nil
}

// Description implements output.Output.
func (r *recorder) Description() string { return "run record (" + r.options.File + ")" }

// SetThresholds implements output.WithThresholds. k6 notes in them whether they hold.
func (r *recorder) SetThresholds(all map[string]metrics.Thresholds) { r.run.SetThresholds(all) }

// Start implements output.Output. From here on the record of an earlier run is not to be taken for the one of this run,
// however it ends.
func (r *recorder) Start() error {
	if err := outfile.Clear(r.options.File); err != nil {
		return invalidConfig(fmt.Errorf("-o %s: %w", Name, err))
	}
	r.started = r.now()
	if len(r.options.targets) > 0 {
		r.startScrapers()
	}
	return nil
}

// AddMetricSamples implements output.Output.
func (r *recorder) AddMetricSamples(containers []metrics.SampleContainer) {
	if r.judged != nil {
		r.judged(containers)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples.add(containers)
	if r.arbiter != nil && r.arbiter.decides(r.samples.builder, r.now()) {
		r.log.Info("the comparison is decided, so the load ends")
		r.run.Decided()
		r.arbiter.end()
	}
}

// Stop implements output.Output.
func (r *recorder) Stop() error { return r.StopWithTestError(nil) }

// StopWithTestError implements output.WithStopWithTestError.
func (r *recorder) StopWithTestError(testErr error) error {
	r.scrapers.close()
	record, outcome := r.finish(testErr)
	if err := record.Write(r.options.File); err != nil {
		r.run.Unwritten(fmt.Errorf("the run record was not written: %w", err))
		return fmt.Errorf("writing the run record: %w", err)
	}
	log := r.log.Info
	if outcome.Verdict != validity.Pass {
		log = r.log.Warn
	}
	log("run record " + r.options.File + ": " + outcome.String())
	r.run.Written(r.options.File, record.ServerUsages)
	return nil
}

// finish returns the record of the run, and what the run comes to.
func (r *recorder) finish(testErr error) (*runrecord.Record, verdict.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	record, instance := r.frame, r.frame.Instances[0]
	r.samples.fill(&record, &instance)
	for _, samples := range instance.Lost {
		r.run.Lose(samples)
	}
	o, _ := r.run.Finish(testErr)
	for reason, n := range o.Lost {
		if instance.Lost == nil {
			instance.Lost = make(map[string]int64)
		}
		instance.Lost[reason] += n
	}
	start, end := o.Start, o.End
	if start.IsZero() {
		start = r.started
	}
	if end.IsZero() {
		end = r.now()
	}
	record.Run.Start, record.Run.End = start.UTC(), end.UTC()
	instance.Start, instance.End = record.Run.Start, record.Run.End
	record.Run.Completed, record.Run.Stopped, record.Run.Failed = o.Stopped == nil, o.Stopped, o.Failed
	record.Run.Clients, record.Run.Targets = r.clients(), r.samples.targets(r.targets())
	record.Instances = []runrecord.Instance{instance}
	record.Thresholds, record.Inputs, record.Validity = o.Thresholds, o.Inputs, o.Validity
	return &record, o
}

// invalidConfig is err with the exit code of a wrong configuration.
func invalidConfig(err error) error { return errext.WithExitCodeIfNone(err, exitcodes.InvalidConfig) }
