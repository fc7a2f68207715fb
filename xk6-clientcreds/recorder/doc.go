// Package recorder is a k6 output that keeps a run as one file: k6 run -o clientcreds-record=FILE.
//
// The file is a runrecord.Record: what was measured, where, with which configuration, and whether it
// counts. It is written when the test is over, also when a threshold or a person stopped it early.
//
// What a script is told does not enter it: of scenarios the options of the executor are kept, not
// their environment; of tags those that explain a number, not URLs.
package recorder
