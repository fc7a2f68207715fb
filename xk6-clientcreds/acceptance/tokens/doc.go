// Package tokens tests what a client does with tokens: cache, exchange, inspect, introspect, and revoke.
package tokens
