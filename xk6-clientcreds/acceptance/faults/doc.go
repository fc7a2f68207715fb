// Package faults proves what the README promises for bad nights: k6 under load, and a fault between it and the server,
// in its own process, or at its outputs. Each fault is a row of docs/evidence/faults.md.
//
// A [wire] stands between k6 and the local server. It counts every request, knows every token, and makes the faults of
// a connection. Without -long, a few faults meet a few virtual users.
package faults
