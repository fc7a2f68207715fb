//go:build !linux

package faults

import "time"

func sleepPrecisely(d time.Duration) { time.Sleep(d) }
