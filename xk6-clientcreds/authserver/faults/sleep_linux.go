package faults

import (
	"syscall"
	"time"
)

// sleepPrecisely is time.Sleep for times that the runtime's timers would round up to a millisecond. It blocks a thread.
func sleepPrecisely(d time.Duration) {
	if d <= 0 {
		return
	}
	rest := syscall.NsecToTimespec(d.Nanoseconds())
	_ = syscall.Nanosleep(&rest, nil) // a signal may end it early
}
