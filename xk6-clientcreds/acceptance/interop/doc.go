// Package interop tests every method of client authentication with five authorization servers.
package interop
