//go:build unix

package main

import "syscall"

// makePipe makes a named pipe that its owner alone may use.
func makePipe(path string) error { return syscall.Mkfifo(path, 0o600) }
