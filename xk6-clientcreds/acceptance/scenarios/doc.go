// Package scenarios tests the scripts in scripts/ with servers that have the problem that a script looks
// for, and with servers that do not.
package scenarios
