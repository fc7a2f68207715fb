package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// measurements in the order of the tables.
var measurements = []struct {
	name string
	make func(*bench, context.Context) ([]results.Table, error)
}{
	{"hits", (*bench).hits},
	{"api", (*bench).api},
	{"token", (*bench).token},
	{"auth", (*bench).auth},
	{"dpop", (*bench).dpop},
	{"signature", (*bench).signature},
	{"memory", (*bench).memory},
	{"pool", (*bench).pool},
	{"exporter", (*bench).exporter},
}

// names lists the measurements.
func names() string {
	all := make([]string, len(measurements))
	for i, m := range measurements {
		all[i] = m.name
	}
	return strings.Join(all, ", ")
}

// measure makes all measurements, or only one.
func (b *bench) measure(ctx context.Context, only string) ([]results.Table, error) {
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
		if only != "" && only != m.name {
			continue
		}
		t, err := m.make(b, ctx)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t...)
	}
	if len(tables) == 0 {
		return nil, fmt.Errorf("-only: %q is none of %s", only, names())
	}
	return tables, nil
}
