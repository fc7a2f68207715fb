package faults

import (
	"errors"
	"syscall"
	"time"
)

// sleepPrecisely is time.Sleep for times that the runtime's timers would round up to a millisecond. It blocks a thread.
func sleepPrecisely(d time.Duration) {
	if d <= 0 {
		return
	}
	rest := syscall.NsecToTimespec(d.Nanoseconds())
	for errors.Is(syscall.Nanosleep(&rest, &rest), syscall.EINTR) { // by a signal; then rest holds the remaining time
	}
}
