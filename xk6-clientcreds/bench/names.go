package main

import "github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"

// Names of variants that several scripts and tables have.
const (
	staticHeader  = "static header"
	jsHelper      = "JS helper"
	clientHeaders = "client.headers()"
	clientGet     = "client.get()"
	plainToken    = "http.post + res.json()" // #nosec G101 -- a name
	clientAcquire = "client.acquire()"
)

// again is the second measurement of the same variant. Its distance from the first one is the noise.
func again(variant string) string { return variant + ", again" }

// headersTarget is the target of an API request with client.headers(), beside a static header.
func headersTarget() results.Target { return results.NewTarget(results.OfRatio, results.AtMost, 1.03) }
