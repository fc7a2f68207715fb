//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// member is a process of a group.
type member struct {
	pid    int
	memory int64 // resident, in bytes
}

// members returns the processes of a process group. A tool can consist of several.
func members(group int) []member {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	var all []member
	for _, file := range files {
		text, err := os.ReadFile(file) // #nosec G304 -- of the kernel
		if err != nil {
			continue // it has ended
		}
		if of, m, err := parseStat(string(text)); err == nil && of == group {
			all = append(all, m)
		}
	}
	return all
}

// parseStat reads a line of /proc/PID/stat: see proc_pid_stat(5). The name, in parentheses, can contain anything.
func parseStat(line string) (group int, m member, err error) {
	before, _, _ := strings.Cut(line, " ")
	fields := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
	const groupField, memoryField = 2, 21 // from the state on
	if len(fields) <= memoryField {
		return 0, m, fmt.Errorf("%d fields are too few", len(fields))
	}
	if m.pid, err = strconv.Atoi(before); err != nil {
		return 0, m, err
	}
	if group, err = strconv.Atoi(fields[groupField]); err != nil {
		return 0, m, err
	}
	pages, err := strconv.ParseInt(fields[memoryField], 10, 64)
	m.memory = pages * int64(os.Getpagesize())
	return group, m, err
}

// cpuTime is the CPU time that a process has used, with its threads, in nanoseconds where /proc has hundredths of a
// second: its CPU clock, as clock_getcpuclockid(3) makes it.
func cpuTime(pid int) (time.Duration, error) {
	const scheduled = 2
	var used unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduled), &used); err != nil { // #nosec G115 -- as the kernel defines it
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	return time.Duration(used.Nano()), nil
}

// watchMemory looks at the resident memory of a process group, until the function that it returns is called, which
// returns the most in megabytes.
func watchMemory(group int) (most func() float64) {
	stop, done := make(chan struct{}), make(chan int64)
	go func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		var largest int64
		for {
			select {
			case <-stop:
				done <- largest
				return
			case <-tick.C:
			}
			var sum int64
			for _, m := range members(group) {
				sum += m.memory
			}
			largest = max(largest, sum)
		}
	}()
	return func() float64 {
		close(stop)
		return float64(<-done) / 1e6
	}
}
