// Package interop tests every method of client authentication with four authorization servers, and Keycloak.
package interop
