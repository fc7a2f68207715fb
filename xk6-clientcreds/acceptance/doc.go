// Package acceptance runs the built k6 binary as its users do and compares what k6 reports with
// what a server saw. It has tests only. They need K6_BIN, the path of the binary; `make test`
// builds it and sets it.
package acceptance
