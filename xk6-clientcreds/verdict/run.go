package verdict

import (
	"cmp"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// Run is the run of this k6 process. It is safe for concurrent use.
type Run struct {
	// Lost says how many samples outputs other than the recorder have lost, by the reason. It may be nil, and is set
	// before the run.
	Lost func() map[string]int64
	// FailedIterations says how many iterations ended with an exception. It may be nil, and is set before the run.
	FailedIterations func() int64
	// Redact hides secrets in what a script said. It may be nil, and is set before the run.
	Redact func(string) string

	now func() time.Time

	mu        sync.Mutex
	tally     tally
	lookupEnv func(string) (string, bool)
	log       logrus.FieldLogger

	imported bool // the script imports the module
	recorded bool // the run is recorded
	fed      bool // an output hands samples on
	unseen   bool // nothing looks at samples

	settings     settings
	executors    map[string]string // of scenarios, by name
	segmented    bool              // this process has a part of the test
	planned      time.Duration     // of the load; 0 where it is not known
	registry     *metrics.Registry
	thresholds   map[string]metrics.Thresholds
	noThresholds bool

	test    *lib.ExecutionState // nil before the first iteration
	started time.Time           // the test, setup() included
	loaded  time.Time           // the first iteration
	ended   time.Time           // the test, teardown() included

	signal     string // that k6 stopped the test for
	signalTime time.Time

	decided   bool  // a comparison ended the test
	err       error // with which the run ended, as far as it is known
	lost      float64
	unwritten string
	file      string // of the run record, once it is written
	usages    runinfo.ServerUsages
	exit      *Outcome // at the very end
}

// New returns the run of a process that has just started.
func New() *Run { return &Run{now: time.Now} }

// Import notes that the script imports the module, and has its samples seen where no output hands them on. It is called
// in the init context, once per process and after the module has registered its metrics. It fails for settings of the
// environment that are wrong.
func (r *Run) Import(env *lib.TestPreInitState) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.imported = true
	r.lookupEnv, r.log = env.LookupEnv, env.Logger
	o := env.RuntimeOptions
	r.noThresholds = o.NoThresholds.Bool
	r.unseen = o.NoThresholds.Bool && o.SummaryMode.String == "disabled"
	r.registry = env.Registry
	r.tap(env.Registry)
	ofEnvironment, err := readSettings(nil, r.lookupEnv)
	if r.executors == nil { // of a script whose first virtual users have no iteration, no more may become known
		r.settings = ofEnvironment
	}
	return err
}

// Begin notes the first iteration: until then the module knows nothing of the script's options. Later calls have no
// effect.
func (r *Run) Begin(test *lib.ExecutionState) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.test != nil || test == nil {
		return nil
	}
	r.test, r.loaded = test, r.now()
	if r.thresholds == nil {
		r.thresholds = test.Test.Options.Thresholds
	}
	return r.configure(test.Test.Options)
}

// Record notes that the run is recorded: see Observe.
func (r *Run) Record(params output.Params) (add func([]metrics.SampleContainer), err error) {
	r.mu.Lock()
	r.recorded = true
	r.mu.Unlock()
	return r.Observe(params)
}

// Observe takes an output's parameters, and returns the function to which the output hands all samples. The function is
// nil if nobody needs a verdict, or if another output passes the samples already.
func (r *Run) Observe(params output.Params) (add func([]metrics.SampleContainer), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.wanted() {
		return nil, nil
	}
	r.lookupEnv = func(name string) (string, bool) {
		value, found := params.Environment[name]
		return value, found
	}
	r.noThresholds = params.RuntimeOptions.NoThresholds.Bool
	if err := r.configure(params.ScriptOptions); err != nil || r.fed {
		return nil, err
	}
	r.fed, r.unseen = true, false
	return r.add, nil
}

// SetThresholds notes the script's thresholds. k6 notes in them whether they hold.
func (r *Run) SetThresholds(all map[string]metrics.Thresholds) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.thresholds = all
}

// configure takes what matters of the script's options.
func (r *Run) configure(o lib.Options) (err error) {
	r.executors = make(map[string]string)
	for _, config := range o.Scenarios {
		r.executors[config.GetName()] = config.GetType()
	}
	r.segmented = o.ExecutionSegment != nil
	r.planned = planned(o.Scenarios)
	r.settings, err = readSettings(o.External[OptionsKey], r.lookupEnv)
	return err
}

// wanted says whether anybody needs a verdict: k6 runs scripts that have nothing to do with the module too.
func (r *Run) wanted() bool { return r.imported || r.recorded }

func (r *Run) add(containers []metrics.SampleContainer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, container := range containers {
		list := container.GetSamples()
		for i := range list {
			r.tally.add(&list[i])
		}
	}
}

// Running says whether the test has begun and not ended: until the end a verdict would be premature.
func (r *Run) Running() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.started.IsZero() && r.ended.IsZero()
}

// Interrupted says whether the test was stopped before its time, by a signal or by the script.
func (r *Run) Interrupted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.signal != "" || r.test != nil && r.test.GetCurrentExecutionStatus() == lib.ExecutionStatusInterrupted
}

// Finish notes how the run ended: the error that k6 hands its outputs, nil for a run that ended well. It is false where
// nobody needs a verdict.
func (r *Run) Finish(err error) (o Outcome, wanted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	return r.outcome(), r.wanted()
}

// Decided notes that a comparison needs no more load, and ends the test.
func (r *Run) Decided() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.decided = true
}

// Lose notes samples that the recorder did not keep as they were.
func (r *Run) Lose(samples int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost += float64(samples)
}

// Unwritten notes that an output could not write its results at the end. err says which.
func (r *Run) Unwritten(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unwritten = cmp.Or(r.unwritten, err.Error())
}

// Written notes that the run record has been written, and that the log has the outcome with it. usages hold the
// resources that the servers under test used.
func (r *Run) Written(file string, usages runinfo.ServerUsages) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.file, r.usages = file, usages
}

// ServerUsages returns the average usages of the servers under test between two times, as far as they were recorded.
func (r *Run) ServerUsages(from, to time.Time) []runinfo.ServerUsage {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.usages == nil {
		return nil
	}
	return r.usages(from, to)
}

// RecordFile names the file of the run record, "" where there is none.
func (r *Run) RecordFile() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file
}

// Outcome returns the outcome of the run as far as it is known.
func (r *Run) Outcome() Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.outcome()
}

func (r *Run) outcome() Outcome {
	o := Outcome{
		Inputs: r.tally.inputs(r.executors), Thresholds: r.evaluated(), Stopped: r.stop(), Start: r.started,
		End: r.ended,
	}
	o.Inputs.Imported = r.imported
	if r.segmented {
		o.Inputs.Idle = nil // a part of a test can leave a scenario to the other parts
	}
	if r.FailedIterations != nil {
		o.Inputs.FailedIterations = float64(r.FailedIterations())
	}
	o.Failed = r.failed()
	if afterLoad(o.Stopped) && o.Stopped.By != validity.ByThreshold && o.Stopped.By != validity.ByDecision {
		o.Failed, o.Stopped = "stopped by "+cmp.Or(o.Stopped.By, "k6")+" when its load was over", nil
	}
	in := o.Inputs
	in.Stopped, in.Failed, in.Unwritten = o.Stopped, o.Failed, r.unwritten
	in.Lost = r.lost
	if r.Lost != nil {
		o.Lost = r.Lost()
	}
	for _, samples := range o.Lost {
		in.Lost += float64(samples)
	}
	for _, t := range o.Thresholds {
		if t.Crossed {
			in.Crossed = append(in.Crossed, t)
		}
	}
	o.Validity = validity.Judge(in, r.settings.tolerances)
	o.own = codeOf(r.err)
	o.ExitCode = r.settings.exitCode(o.Verdict, o.own)
	o.kept = r.settings.keep
	return o
}
