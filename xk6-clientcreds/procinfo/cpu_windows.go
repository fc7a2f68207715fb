package procinfo

import (
	"fmt"
	"syscall"
	"time"
)

// CPUTime returns the CPU time, user and kernel, that this process has used.
func CPUTime() time.Duration {
	process, err := syscall.GetCurrentProcess()
	var created, exited, kernel, user syscall.Filetime
	if err == nil {
		err = syscall.GetProcessTimes(process, &created, &exited, &kernel, &user)
	}
	if err != nil {
		panic(fmt.Sprintf("GetProcessTimes: %v", err)) // fails only for a wrong argument
	}
	return ticks(kernel) + ticks(user)
}

// ticks is a duration in units of 100 ns. Filetime.Nanoseconds would count it from 1970.
func ticks(t syscall.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}
