package runrecord

import (
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

const (
	// Format is the format that a record names.
	Format = "clientcreds-record"
	// Version is the version of the documents that this package writes. A change that a reader of the last
	// version would misunderstand makes a new one.
	Version = 1
)

// Record holds the measurements of one run, in one k6 process or in several.
type Record struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Run     Run    `json:"run"`
	// Instances are the k6 processes that took part.
	Instances  []Instance           `json:"instances"`
	Thresholds []validity.Threshold `json:"thresholds"`
	Validity   validity.Validity    `json:"validity"`
	// Inputs hold what the verdict depends on.
	Inputs validity.Inputs `json:"facts"`
	// Metrics are the metrics of k6 and of its extensions by name.
	Metrics map[string]*Metric `json:"metrics"`
	// Interval is the time between two points of all series, in seconds: a power of two.
	Interval int64 `json:"interval"`
	// Series are counters, rates and trends over time, by name or name{tag:value}. Gauges over time
	// are in the instances: they do not add up.
	Series map[string]*Series `json:"series"`
}

// Run describes what was run, and when.
type Run struct {
	// Start is when the test started, of several instances the first.
	Start time.Time `json:"start"`
	// End is when the test ended, of several instances the last.
	End time.Time `json:"end"`
	// Script is the file name of the script, without folders.
	Script string `json:"script"`
	// Completed says that the test was not stopped early.
	Completed bool `json:"completed"`
	// Stopped says what stopped a test that was stopped early, of several instances the first; nil where nothing did.
	Stopped *validity.Stop `json:"stopped,omitempty"`
	// Failed says how the test failed after its load, such as that the script marked it: exec.test.fail().
	Failed string `json:"failed,omitempty"`
	// Commit is the commit of the work tree in which the test was run, or the commit in the option; "" without one.
	Commit string `json:"commit,omitempty"`
	// Commits are the commits of both sides of a run that loads two versions at once.
	Commits map[Side]string `json:"commits,omitempty"`
	// Modified says that the work tree differed from the commit.
	Modified bool `json:"modified,omitempty"`
	// Tags are the tags of the run.
	Tags      map[string]string `json:"tags,omitempty"`
	Scenarios []Scenario        `json:"scenarios"`
	// Clients are the script's clients, as far as their configuration distinguishes measurements.
	Clients []runinfo.Client `json:"clients,omitempty"`
	Targets runinfo.Targets  `json:"targets,omitzero"`
}

// ShortCommit is as much of the commit as distinguishes it from others, and whether the work tree differed
// from it; "" without one.
func (r *Run) ShortCommit() string {
	commit := r.Commit[:min(len(r.Commit), 12)]
	if commit != "" && r.Modified {
		commit += " (modified)"
	}
	return commit
}

// Duration is how long the test ran, of several instances from the first start to the last end.
func (r *Run) Duration() time.Duration { return r.End.Sub(r.Start) }

// Scenario is one scenario of the test.
type Scenario struct {
	Name     string `json:"name"`
	Executor string `json:"executor"`
	Exec     string `json:"exec"`
	// Config are the executor's options as k6 writes them, without environment and tags.
	Config map[string]any `json:"config"`
}

// Instance is one k6 process: where it ran, its part of the test, and its gauges.
type Instance struct {
	// K6 and Extension are the versions of the binary, Go the version of its compiler.
	K6        string `json:"k6"`
	Extension string `json:"extension"`
	Go        string `json:"go"`
	OS        string `json:"os"`
	Arch      string `json:"arch"`
	// CPU is the model; "" where it is not known.
	CPU string `json:"cpu,omitempty"`
	// CPUs are the logical ones of the machine, GOMAXPROCS those that the process may use.
	CPUs       int `json:"cpus"`
	GOMAXPROCS int `json:"gomaxprocs"`
	// Segment is the part of the test that the process ran, such as 0:1/2; "" for all of it.
	Segment    string     `json:"segment,omitempty"`
	Connection Connection `json:"connection"`
	Start      time.Time  `json:"start"`
	End        time.Time  `json:"end"`
	// Lost are the samples that are missing from what was measured, by the reason.
	Lost map[string]int64 `json:"lost,omitempty"`
	// Series are the gauges of the process over time, by name.
	Series map[string]*Series `json:"series"`
}

// Connection is how requests got their connections.
type Connection struct {
	NoReuse   bool `json:"noConnectionReuse"`
	NoVUReuse bool `json:"noVUConnectionReuse"`
	// TLS and Protocols are the versions that were seen, such as tls1.3 and HTTP/2.0.
	TLS       []string `json:"tls,omitempty"`
	Protocols []string `json:"protocols,omitempty"`
}

// Metric returns the metric of a name. It is nil when there is none, which all its methods take for
// a metric without samples.
func (r *Record) Metric(name string) *Metric { return r.Metrics[name] }

// PerSecond is a counter's sum divided by the duration of the run.
func (r *Record) PerSecond(name string) float64 {
	seconds := r.Run.Duration().Seconds()
	if seconds <= 0 {
		return 0
	}
	return r.Metric(name).Count() / seconds
}
