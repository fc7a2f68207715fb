package recorder

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

// Name is what k6 run -o calls the output.
const Name = "clientcreds-record"

var (
	_ output.Output                = (*recorder)(nil)
	_ output.WithThresholds        = (*recorder)(nil)
	_ output.WithStopWithTestError = (*recorder)(nil)
)

// recorder is the output.
type recorder struct {
	options options
	allowed regress.Allowed
	log     logrus.FieldLogger
	now     func() time.Time
	lost    func() map[string]int64 // by other outputs
	clients func() []regress.Client
	frame   regress.Record // all but what is measured

	written atomic.Bool // the file is there

	mu         sync.Mutex
	samples    *samples
	thresholds map[string]metrics.Thresholds
	arrived    chan struct{} // closed by the next batch of samples, then replaced
}

// New is a constructor of the output alone.
func New(params output.Params) (output.Output, error) { return new(Recorders).New(params) }

func configure(params output.Params, now func() time.Time) (*recorder, error) {
	o, err := resolveOptions(params.JSONConfig, params.Environment, params.ConfigArgument)
	if err != nil {
		return nil, err
	}
	allowed, err := allowed(params.ScriptOptions.External, params.Environment)
	if err != nil {
		return nil, err
	}
	r := &recorder{
		options: o, allowed: allowed, now: now,
		log:     params.Logger.WithField("output", Name),
		samples: newSamples(),
		arrived: make(chan struct{}),
	}
	if err := r.describe(params); err != nil {
		return nil, err
	}
	return r, nil
}

// Description implements output.Output.
func (r *recorder) Description() string { return "run record (" + r.options.File + ")" }

// SetThresholds implements output.WithThresholds. k6 notes in them whether they hold.
func (r *recorder) SetThresholds(all map[string]metrics.Thresholds) { r.thresholds = all }

// Start implements output.Output. From here on the record of an earlier run is not to be taken for the one of this run,
// however it ends.
func (r *recorder) Start() error {
	if err := outfile.Clear(r.options.File); err != nil {
		return invalidConfig(fmt.Errorf("-o %s: %w", Name, err))
	}
	r.samples.started = r.now()
	return nil
}

// AddMetricSamples implements output.Output.
func (r *recorder) AddMetricSamples(containers []metrics.SampleContainer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples.add(containers)
	close(r.arrived)
	r.arrived = make(chan struct{})
}

// Stop implements output.Output.
func (r *recorder) Stop() error { return r.StopWithTestError(nil) }

// StopWithTestError implements output.WithStopWithTestError.
func (r *recorder) StopWithTestError(testErr error) error {
	record := r.record(r.crossed())
	record.Run.Completed = !stopped(testErr)
	if err := record.Write(r.options.File); err != nil {
		return fmt.Errorf("writing the run record: %w", err)
	}
	r.written.Store(true)
	log := r.log.Info
	if record.Validity.Verdict == regress.Invalid {
		log = r.log.Warn
	}
	log(record.Validity.String())
	return nil
}

// record is the record of what has come so far.
func (r *recorder) record(thresholds []regress.Threshold) *regress.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	record, instance := r.frame, r.frame.Instances[0]
	r.samples.fill(&record, &instance, r.now())
	record.Run.Clients = r.clients()
	for reason, n := range r.lost() {
		if instance.Lost == nil {
			instance.Lost = make(map[string]int64)
		}
		instance.Lost[reason] += n
	}
	record.Instances = []regress.Instance{instance}
	record.Thresholds = thresholds
	record.Validity = regress.Judge(record.Facts(), r.allowed)
	return &record
}

// stopped says whether the error is that of a test that was stopped early.
func stopped(err error) bool {
	var abort errext.HasAbortReason
	return errors.As(err, &abort) && abort.AbortReason() != errext.AbortedByThresholdsAfterTestEnd
}

// invalidConfig is err with the exit code of a wrong configuration.
func invalidConfig(err error) error { return errext.WithExitCodeIfNone(err, exitcodes.InvalidConfig) }
