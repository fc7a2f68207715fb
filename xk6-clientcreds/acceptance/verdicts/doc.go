// Package verdicts tests the verdicts on runs, the exit codes, and the run records.
package verdicts
