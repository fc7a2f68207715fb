package exporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

// Name is the name of the output for k6 run -o.
const Name = "prometheus"

var (
	_ output.Output                = (*exporter)(nil)
	_ output.WithThresholds        = (*exporter)(nil)
	_ output.WithStopWithTestError = (*exporter)(nil)
)

// exporter is the output.
type exporter struct {
	options      *options
	log          logrus.FieldLogger
	store        *store
	own          *ownCollector
	others       *prometheus.Registry // of metrics that k6 does not know
	all          prometheus.Gatherer  // of all metrics
	scrapes      *scrapes
	noThresholds bool
	observe      func([]metrics.SampleContainer) // nil if nobody needs samples
	outcome      func(error) (Outcome, bool)     // nil where nobody knows
	unwritten    func(error)                     // nil if nobody needs to know
	server       *server                         // nil until Start
}

// New is a constructor of the output that knows the HELP texts of k6's own metrics.
func New(params output.Params) (output.Output, error) { return newOutput(params, nil) }

func newOutput(params output.Params, help Help) (*exporter, error) {
	e, err := configure(params, help, time.Now)
	if err != nil {
		return nil, invalidConfig(err)
	}
	return e, nil
}

// invalidConfig is err with the exit code of a wrong configuration.
func invalidConfig(err error) error { return errext.WithExitCodeIfNone(err, exitcodes.InvalidConfig) }

func configure(params output.Params, help Help, now func() time.Time) (*exporter, error) {
	if params.ConfigArgument == helpArgument {
		return nil, cmp.Or(writeOptions(params.StdOut), errHelp)
	}
	log := params.Logger.WithField("output", Name)
	o, err := resolveOptions(params.JSONConfig, params.Environment, params.ConfigArgument, log)
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(checkWebConfig(o.WebConfig), checkTextfile(o.Textfile)); err != nil {
		return nil, err
	}
	run, err := newRunState(params.ScriptOptions, now)
	if err != nil {
		return nil, err
	}
	e := &exporter{
		options: o, log: log,
		store:        newStore(o, help, run, log),
		others:       prometheus.NewRegistry(),
		scrapes:      &scrapes{now: now},
		noThresholds: params.RuntimeOptions.NoThresholds.Bool,
	}
	e.own = newOwnCollector(e.store, params.ScriptOptions.RunTags)
	if err := o.Push.checkLabels(e.own.labelNames()); err != nil {
		return nil, err
	}
	e.others.MustRegister(e.own)
	if o.RuntimeMetrics {
		prometheus.WrapRegistererWith(e.own.runtimeLabels(), e.others).MustRegister(
			// Of Go's memory, the resident memory of the process says what a load test needs to know.
			collectors.NewGoCollector(collectors.WithGoCollectorMemStatsMetricsDisabled()),
			collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	e.all = prometheus.Gatherers{e.store, e.others}
	return e, nil
}

// Description implements output.Output.
func (e *exporter) Description() string {
	if e.server == nil {
		return "Prometheus (" + e.options.Addr + ")"
	}
	return "Prometheus (" + e.server.url() + ")"
}

// SetThresholds implements output.WithThresholds. k6 calls it before Start.
func (e *exporter) SetThresholds(all map[string]metrics.Thresholds) {
	if !e.noThresholds {
		e.store.run.thresholds = newThresholds(all, e.log)
	}
}

// Start implements output.Output.
func (e *exporter) Start() error {
	srv, err := listen(e.options, e.handler(), e.scrapes)
	if err != nil {
		return errext.WithExitCodeIfNone(fmt.Errorf("prometheus output: %w", err), exitcodes.InvalidConfig)
	}
	e.server = srv
	e.log.Debugf("Serving metrics at %s", srv.url())
	return nil
}

// AddMetricSamples implements output.Output.
func (e *exporter) AddMetricSamples(containers []metrics.SampleContainer) {
	if e.observe != nil {
		e.observe(containers)
	}
	e.store.add(containers)
}

// Stop implements output.Output.
func (e *exporter) Stop() error { return e.StopWithTestError(nil) }

// StopWithTestError implements output.WithStopWithTestError.
func (e *exporter) StopWithTestError(testErr error) error {
	if e.server == nil {
		return nil
	}
	e.store.finish(testErr)
	if e.outcome != nil {
		if outcome, known := e.outcome(testErr); known {
			e.store.conclude(outcome)
		}
	}
	var errs []error
	if e.options.Textfile != "" {
		errs = append(errs, writeTextfile(e.options.Textfile, e.all))
	}
	if e.options.Push.URL != "" {
		errs = append(errs, e.options.Push.push(context.Background(), e.all))
	}
	if err := errors.Join(errs...); err != nil && e.unwritten != nil {
		e.unwritten(fmt.Errorf("-o prometheus did not write its results: %w", err))
	}
	e.options.Linger.wait(e.scrapes, testErr, e.log)
	return errors.Join(append(errs, e.server.shutdown())...)
}
