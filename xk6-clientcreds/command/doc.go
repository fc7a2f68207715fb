// Package command is the command line of the extension: k6 x clientcreds and
// the commands below it.
//
//	serve    a local authorization server and a protected API
//	doctor   an examination of a real authorization server
//	health   whether a server serves
//	compare  whether the runs of one version are worse than the runs of another
//	report   run records as a page
//	verdict  whether a run counts
//
// Each command is a file of that name with a function newName that makes it.
// Commands touch the process only through k6's GlobalState, so that a test can
// stand in for the terminal, the environment and the signals.
package command
