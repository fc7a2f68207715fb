// Package runinfo describes what a run consisted of as far as the script's module knows it: the clients, and the
// servers that they sent requests to. The module collects it, and the run record keeps it. Neither knows the other.
package runinfo
