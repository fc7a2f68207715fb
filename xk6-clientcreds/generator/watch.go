// Package generator looks at the health of the process that makes the load. A process that has no CPU
// left, or that runs what is due later than it should, measures its own waiting as the server's.
package generator

import (
	"os"
	"runtime"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
)

const (
	// Interval is how long each reading is over.
	Interval = time.Second
	// tick is the interval at which the watcher is due, to see how late it runs. It costs less than 0.1% of
	// a CPU.
	tick = 20 * time.Millisecond
	// saturatedCPU is the share of the CPU beyond which work queues up.
	saturatedCPU = 0.9
	// saturatedLag is the average lateness beyond which latencies are not the server's any more. It
	// shows where the CPU figure does not: with other programs on the machine.
	saturatedLag = 10 * time.Millisecond
	// saturatedThrottling is the share of periods with throttling, usually of 100 ms each, beyond which
	// latencies have the pauses in them: a tenth, as one of the ten in a second.
	saturatedThrottling = 0.1
)

// Reading is the health of the process over an interval.
type Reading struct {
	// CPU is the share of the CPU time that the process may use which it used, 0 to 1.
	CPU float64
	// Lag is how late, on average, what was due was run.
	Lag time.Duration
	// Throttled is the share of the periods of a control group, as containers have it, in which it had
	// used up its CPU time and was stopped until the next one, 0 to 1. It is 0 without a limit.
	Throttled float64
}

// Saturated says whether the process was at its limit.
func (r Reading) Saturated() bool {
	return r.CPU >= saturatedCPU || r.Lag >= saturatedLag || r.Throttled >= saturatedThrottling
}

// watcher takes readings.
type watcher struct {
	cpu       func() time.Duration // CPU time used so far
	available func() int           // CPUs that the process may run on
	limits    *limits
	report    func(Reading)

	first bool      // no interval is over yet
	begin time.Time // of the interval
	used  time.Duration
	late  time.Duration // in sum
	ticks int
}

// Watch hands a reading of each interval to report, on one goroutine, until stop is called. Of what is
// left of an interval then, stop has a reading reported if there was none before, and it waits for
// that.
func Watch(report func(Reading)) (stop func()) {
	w := &watcher{cpu: procinfo.CPUTime, available: availableCPUs, limits: newLimits(os.DirFS("/")), report: report}
	return w.start()
}

// availableCPUs are those that Go uses, and of these those that the process may run on. Go rounds the
// limit of a container up, to 2 at least.
func availableCPUs() int { return min(runtime.GOMAXPROCS(0), runtime.NumCPU()) }

func (w *watcher) start() (stop func()) {
	ending, ended := make(chan struct{}), make(chan struct{})
	w.first = true
	w.restart(time.Now())
	go func() {
		defer close(ended)
		w.run(ending)
	}()
	return func() {
		close(ending)
		<-ended
	}
}

func (w *watcher) run(ending <-chan struct{}) {
	timer := time.NewTimer(tick)
	defer timer.Stop()
	due := time.Now().Add(tick)
	for {
		select {
		case <-ending:
			w.end(time.Now(), due)
			return
		case <-timer.C:
		}
		// The runtime runs a goroutine whose timer fires before those that wait for a CPU. What a virtual user
		// waits for, it waits for behind them.
		runtime.Gosched()
		w.ran(time.Now(), due)
		due = time.Now().Add(tick)
		timer.Reset(tick)
	}
}

// ran notes that what was due ran now.
func (w *watcher) ran(now, due time.Time) {
	w.late += max(0, now.Sub(due))
	w.ticks++
	if now.Sub(w.begin) >= Interval {
		w.read(now)
		w.restart(now)
		w.first = false
	}
}

// end notes what was due by now, and reads what is left.
func (w *watcher) end(now, due time.Time) {
	if now.After(due) {
		w.ran(now, due)
	}
	if w.first && now.After(w.begin) {
		w.read(now)
	}
}

func (w *watcher) restart(now time.Time) {
	w.begin, w.used, w.late, w.ticks = now, w.cpu(), 0, 0
}

// read reports a reading for each interval that is over, and one at least: a process that stood still for three
// seconds was late in three of them.
func (w *watcher) read(now time.Time) {
	limit, cpus := w.limits.look(), float64(w.available())
	if limit.cpus > 0 {
		cpus = min(cpus, limit.cpus)
	}
	over := now.Sub(w.begin)
	reading := Reading{
		CPU:       min(1, (w.cpu()-w.used).Seconds()/(over.Seconds()*cpus)),
		Lag:       w.late / time.Duration(max(1, w.ticks)),
		Throttled: limit.throttled,
	}
	for range max(1, over/Interval) {
		w.report(reading)
	}
}
