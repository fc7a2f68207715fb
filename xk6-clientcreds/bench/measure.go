package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// measurement makes some tables.
type measurement struct {
	name string
	make func(*bench, context.Context) ([]results.Table, error)
}

// costs measure one call, request, or token, in the order of the tables.
var costs = []measurement{
	{"hits", (*bench).hits},
	{"api", (*bench).api},
	{"token", (*bench).token},
	{"breakdown", (*bench).breakdown},
	{"auth", (*bench).auth},
	{"dpop", (*bench).dpop},
	{"signature", (*bench).signature},
	{"samples", (*bench).samples},
	{"exporter", (*bench).exporter},
	{"server", (*bench).serverShare},
}

// growths measure how costs grow with virtual users, clients, and series.
var growths = []measurement{
	{"vus", (*bench).vus},
	{"locks", (*bench).locks},
	{"memory", (*bench).memory},
	{"start", (*bench).start},
	{"pool", (*bench).pool},
	{"selection", (*bench).selection},
	{"histograms", (*bench).histograms},
	{"record", (*bench).record},
}

// chosen returns the measurement of that name or, without one, all of costs or growths.
func chosen(only string, growth bool) ([]measurement, error) {
	all := append(slices.Clone(costs), growths...)
	i := slices.IndexFunc(all, func(m measurement) bool { return m.name == only })
	switch {
	case i >= 0:
		return all[i : i+1], nil
	case only != "":
		return nil, fmt.Errorf("-only: %q is none of %s", only, names())
	case growth:
		return growths, nil
	}
	return costs, nil
}

// names lists the measurements.
func names() string {
	var all []string
	for _, m := range append(slices.Clone(costs), growths...) {
		all = append(all, m.name)
	}
	return strings.Join(all, ", ")
}

// measure makes measurements. With an error, it returns what it has measured before.
func (b *bench) measure(ctx context.Context, measurements []measurement) ([]results.Table, error) {
	dir, err := os.MkdirTemp("", "clientcreds-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := unpack(dir); err != nil {
		return nil, err
	}
	b.scripts = dir
	if b.keep == "" {
		b.keep = dir
	}
	for _, folder := range []string{b.keep, b.profile} {
		if folder == "" {
			continue
		}
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return nil, err
		}
	}
	if b.server, err = startServer(ctx); err != nil {
		return nil, err
	}
	defer b.server.stop()
	var tables []results.Table
	for _, m := range measurements {
		began := time.Now()
		t, err := m.make(b, ctx)
		if err != nil {
			return tables, fmt.Errorf("%s: %w", m.name, err)
		}
		_, _ = fmt.Fprintf(b.log, "%s took %s\n", m.name, time.Since(began).Round(time.Second))
		tables = append(tables, t...)
	}
	return tables, nil
}
