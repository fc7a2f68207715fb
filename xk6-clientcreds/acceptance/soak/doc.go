// Package soak runs k6 for a long time, and looks for what grows: heap, goroutines, descriptors, and series. A short
// form runs with the other tests. `make soak` writes docs/evidence/soak.md.
package soak
