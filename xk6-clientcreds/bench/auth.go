package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// basic is the reference for the other methods of client authentication.
const basic = "client_secret_basic"

// The variants of auth.js, auth-rsa.js and auth-tls.js beside that.
var (
	authVariants = []string{
		"client_secret_post", "client_secret_jwt, HS256", "private_key_jwt, ES256", "private_key_jwt, EdDSA",
		"client_secret_basic + DPoP, ES256", "private_key_jwt + DPoP, ES256",
	}
	authRSAVariants = []string{"private_key_jwt, RS256", "private_key_jwt, PS256"}
	authTLSVariants = []string{"tls_client_auth"}
)

// auth measures token requests by the way in which the client authenticates. An RSA signature takes so
// long that blocks with as many would leave time for few rounds, so those have a run of their own.
func (b *bench) auth(ctx context.Context) ([]results.Table, error) {
	var tables []results.Table
	const title = "A token by method of client authentication"
	for _, part := range []struct {
		script, server, title string
		schedule              probe.Schedule
		variants              []string
	}{
		{"auth", withKeys, title, probe.Schedule{VUs: 50, PerVU: 20, Rounds: 9}, authVariants},
		{"auth-rsa", withKeys, title + ", RSA", probe.Schedule{VUs: 50, PerVU: 4, Rounds: 9}, authRSAVariants},
		{"auth-tls", withTLS, title + ", over TLS", probe.Schedule{VUs: 50, PerVU: 20, Rounds: 9}, authTLSVariants},
	} {
		part.schedule.Repeats, part.schedule.Drain = 1, drain
		run, err := b.blocksAt(ctx, part.server, part.script, part.schedule)
		if err != nil {
			return nil, err
		}
		tables = append(tables, authTable(run, part.title+", "+plural(part.schedule.VUs), part.variants))
	}
	return tables, nil
}

// blocksAt is blocks with a server of its own, which has keys or certificates.
func (b *bench) blocksAt(ctx context.Context, with, script string, schedule probe.Schedule) (*block.Run, error) {
	var run *block.Run
	err := b.at(ctx, with, func(own *bench) (err error) {
		run, err = own.blocks(ctx, script, schedule)
		return err
	})
	return run, err
}

// at calls f with a bench that has a server of its own.
func (b *bench) at(ctx context.Context, with string, f func(*bench) error) error {
	dir := filepath.Join(b.scripts, with)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	server, err := startServer(ctx, with, dir)
	if err != nil {
		return err
	}
	defer server.stop()
	own := *b
	own.server = server
	return f(&own)
}

// authTable compares the variants with basic: in the CPU time of a request, and in what a CPU makes of it.
func authTable(run *block.Run, title string, variants []string) results.Table {
	cpu := run.Cost()
	perCPUSecond := func(b block.Block) float64 { return float64(time.Second) / cpu(b) }
	cost := func(name string) results.Result {
		return results.Compared(name, "µs CPU", microseconds(run.Of(name, cpu)), basic, microseconds(run.Of(basic, cpu)))
	}
	table := results.Table{Title: title, Results: []results.Result{
		results.Measured(basic, "µs CPU", microseconds(run.Of(basic, cpu))),
		cost(basic + ", again"),
	}}
	for _, name := range variants {
		row := cost(name)
		if limit, ok := authLimits[name]; ok {
			row = row.With(results.NewTarget(results.OfRatio, results.AtMost, limit))
		}
		table.Results = append(table.Results, row)
	}
	table.Results = append(table.Results, results.Measured(basic, "tokens per CPU second", run.Of(basic, perCPUSecond)))
	for _, name := range variants {
		table.Results = append(table.Results, results.Compared(name, "tokens per CPU second",
			run.Of(name, perCPUSecond), basic, run.Of(basic, perCPUSecond)))
	}
	return table
}

// authLimits are for methods that do nothing for a request which basic does not do, too: a certificate
// is shown once, when the connection is made.
var authLimits = map[string]float64{"client_secret_post": 1.2, "tls_client_auth": 1.2}
