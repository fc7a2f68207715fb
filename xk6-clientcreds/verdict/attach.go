package verdict

import (
	"os"
	"reflect"
	"slices"
	"sync"
	"syscall"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// k6's event types are internal; the constants stand for their numbers.
const (
	eventTestStart = 2
	eventTestEnd   = 3
	eventExit      = 6
)

// Attach follows the run that this k6 process may make, and has the process exit with the code of the verdict. k6 calls
// the constructors of subcommands at every start, whatever is to be run, and ends by OSExit when all else is over. Only
// k6 run, and k6 cloud run with local execution, emit the events.
func (r *Run) Attach(gs *state.GlobalState) {
	exit := gs.OSExit
	gs.OSExit = func(code int) { exit(r.exitCode(code)) }
	r.watchSignals(gs)
	r.mu.Lock()
	r.log = gs.Logger
	r.mu.Unlock()
	_, events := gs.Events.Subscribe(eventTestStart, eventTestEnd, eventExit)
	go func() {
		for event := range events { // k6 closes the channel in the end
			switch event.Type {
			case eventTestStart:
				r.start()
			case eventTestEnd:
				r.end()
			case eventExit:
				r.finally(errorIn(event.Data))
			default: // not subscribed to
			}
			event.Done()
		}
	}()
}

// watchSignals notes the signal for which k6 stops a test before k6 hears of it: k6 may ask for the verdict at once. A
// channel of its own gets the signals, hands them on to k6's channel, and is let go of with it.
func (r *Run) watchSignals(gs *state.GlobalState) {
	notify, stop := gs.SignalNotify, gs.SignalStop
	var mu sync.Mutex
	watched := make(map[chan<- os.Signal]chan os.Signal) // by k6's own
	gs.SignalNotify = func(to chan<- os.Signal, signals ...os.Signal) {
		if slices.Contains(signals, os.Signal(syscall.SIGTERM)) {
			seen := make(chan os.Signal, 2)
			mu.Lock()
			watched[to] = seen
			mu.Unlock()
			go func() {
				for signal := range seen {
					r.signaled(signal)
					select { // like os/signal, which does not wait for k6
					case to <- signal:
					default:
					}
				}
			}()
			notify(seen, signals...)
			return
		}
		notify(to, signals...)
	}
	gs.SignalStop = func(to chan<- os.Signal) {
		stop(to)
		mu.Lock()
		seen := watched[to]
		delete(watched, to)
		mu.Unlock()
		if seen != nil {
			stop(seen)
			close(seen)
		}
	}
}

func (r *Run) signaled(signal os.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.signal != "" {
		return
	}
	r.signal, r.signalTime = "SIGINT", r.now()
	if signal == syscall.SIGTERM {
		r.signal = "SIGTERM"
	}
}

func (r *Run) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = r.now()
}

// end notes when the test ended and, by how long k6 says that it ran, when it began: a test that waits to be resumed
// begins later than k6 says.
func (r *Run) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = r.now()
	if r.test != nil {
		r.started = r.ended.Add(-r.test.GetCurrentTestRunDuration())
	}
}

// finally fixes the exit code, and logs an outcome that is not PASS unless an output has. A run that did not begin has
// none: k6 says why.
func (r *Run) finally(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.started.IsZero() || !r.wanted() {
		return
	}
	if r.unseen {
		r.log.Warn("The verdict on this run is unknown: the summary and thresholds are switched off, so k6 counts nothing. " +
			"Leave one of them on, or record the run with -o clientcreds-record")
		return
	}
	r.err = err
	o := r.outcome()
	r.exit = &o
	r.warnOfEmptyThresholds()
	switch {
	case o.Verdict == validity.Pass, r.file != "" && r.unwritten == "":
	case o.Verdict == validity.Invalid && o.ExitCode != o.own:
		r.log.Error("The run is " + o.String())
	default:
		r.log.Warn("The run is " + o.String())
	}
}

// exitCode returns the exit code that replaces code. A second Ctrl-C ends k6 while a run goes on, which then has no
// outcome.
func (r *Run) exitCode(code int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.exit == nil {
		return code
	}
	return r.settings.exitCode(r.exit.Verdict, code)
}

// errorIn is the field Error of an event's data, whose type is internal to k6.
func errorIn(data any) error {
	v := reflect.Indirect(reflect.ValueOf(data))
	if v.Kind() != reflect.Struct {
		return nil
	}
	field := v.FieldByName("Error")
	if !field.IsValid() {
		return nil
	}
	err, _ := field.Interface().(error)
	return err
}
