// Package faults makes an HTTP server behave badly on demand: slow, failing,
// limiting, cutting connections, out of order for a while, or with a wrong clock.
//
// One JSON document says what goes wrong where (see [Parse]). An [Injector]
// stands in front of the endpoints and does it; the document can be replaced
// while requests are in progress. Each fault that has happened is counted.
// The document's seed determines everything random.
package faults
