// Package validity gives the verdict on a run: PASS, FAIL, or INVALID where the numbers do not mean what they seem to.
// A verdict depends on Inputs, which are counted while the test runs or read from a run record, and on the Tolerances
// of a run that breaks a rule on purpose. docs/guides/validity.md explains each rule.
//
// The package knows neither k6 nor run records.
package validity
