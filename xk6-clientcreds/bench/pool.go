package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// poolSize is how many clients there are, of which the only VU uses the first.
const poolSize = 10_000

// starts is how often k6 is started with every variant.
const starts = 9

// The ways to have many clients, by the script, and how the file of them is written.
const (
	poolOfCSV    = "ClientPool of a CSV file"
	poolOfJSON   = "ClientPool of a JSON file"
	poolOfShared = "ClientPool of a SharedArray"
	sharedArray  = "SharedArray"
	sharedAgain  = "SharedArray, again"
)

var poolVariants = map[string]struct{ script, ending string }{
	poolOfCSV:    {"pool", ".csv"},
	poolOfJSON:   {"pool", ".json"},
	poolOfShared: {"pool-shared", ".json"},
	sharedArray:  {"shared", ".json"},
	sharedAgain:  {"shared", ".json"},
}

// pool measures what clients cost that nobody uses: memory, and the time before the test starts.
func (b *bench) pool(ctx context.Context) ([]results.Table, error) {
	perClient := make(map[string][]float64)
	for range weighings {
		for name := range poolVariants { // a map: the order is another one each time
			one, err := b.poolHeap(ctx, name, 1)
			if err != nil {
				return nil, err
			}
			all, err := b.poolHeap(ctx, name, 1+poolSize)
			if err != nil {
				return nil, err
			}
			perClient[name] = append(perClient[name], (all-one)/poolSize)
		}
	}
	start := make(map[string][]float64)
	for range starts {
		for name := range poolVariants {
			one, err := b.poolStart(ctx, name, 1)
			if err != nil {
				return nil, err
			}
			all, err := b.poolStart(ctx, name, 1+poolSize)
			if err != nil {
				return nil, err
			}
			start[name] = append(start[name], float64(all-one)/float64(time.Millisecond))
		}
	}
	return []results.Table{poolMemoryTable(perClient), poolStartTable(start)}, nil
}

// poolMemoryTable is about the bytes that a client more costs.
func poolMemoryTable(perClient map[string][]float64) results.Table {
	atMost := results.NewTarget(results.OfValue, results.AtMost, kilobyte)
	beside := func(name string) results.Result {
		return results.Compared(name, "bytes", perClient[name], sharedArray, perClient[sharedArray])
	}
	return results.Table{
		Title: "Live heap for each client that is not used, of 10,000",
		Results: []results.Result{
			results.Measured(sharedArray, "bytes", perClient[sharedArray]),
			beside(sharedAgain),
			beside(poolOfCSV).With(atMost),
			beside(poolOfJSON).With(atMost),
			beside(poolOfShared).With(atMost),
		},
	}
}

// poolStartTable is about the milliseconds above a k6 with one client.
func poolStartTable(start map[string][]float64) results.Table {
	beside := func(name string) results.Result {
		return results.Compared(name, "ms CPU", start[name], sharedArray, start[sharedArray])
	}
	atMost := results.NewTarget(results.OfRatio, results.AtMost, 1)
	return results.Table{
		Title: "Start of k6 with 10,000 clients, above one with one client",
		Results: []results.Result{
			results.Measured(sharedArray, "ms CPU", start[sharedArray]),
			beside(sharedAgain),
			beside(poolOfCSV).With(atMost),
			beside(poolOfJSON).With(atMost),
			beside(poolOfShared),
		},
	}
}

// poolHeap is the live heap of a k6 with so many clients.
func (b *bench) poolHeap(ctx context.Context, name string, clients int) (float64, error) {
	file, err := b.clientsFile(poolVariants[name].ending, clients)
	if err != nil {
		return 0, err
	}
	return b.heap(ctx, poolVariants[name].script, 1, "-e", "CLIENTS_FILE="+file, "-e", "PAUSE=600")
}

// poolStart is the CPU time of a k6 with so many clients that does one iteration.
func (b *bench) poolStart(ctx context.Context, name string, clients int) (time.Duration, error) {
	file, err := b.clientsFile(poolVariants[name].ending, clients)
	if err != nil {
		return 0, err
	}
	_, _ = fmt.Fprintf(b.log, "%s, start with %d clients\n", name, clients)
	cmd := command(ctx, b.k6, []string{
		roleK6, "run", "--quiet", "--address", "", "--summary-mode", "disabled", "-e", "CLIENTS_FILE=" + file,
		filepath.Join(b.scripts, poolVariants[name].script+".js"),
	}, b.server.env())
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s with %d clients: k6: %w\n%s", name, clients, err, tail(output.String()))
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// clientsFile returns the path of a file with so many clients. The server knows the first of them.
func (b *bench) clientsFile(ending string, clients int) (string, error) {
	path := filepath.Join(b.scripts, "clients-"+strconv.Itoa(clients)+ending)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	rows := [][]string{
		{"clientId", "clientSecret", "scope"},
		{b.server.where.ClientID, b.server.where.ClientSecret, b.server.where.Scope},
	}
	for i := 2; i <= clients; i++ {
		rows = append(rows, []string{
			fmt.Sprintf("client-%d", i), fmt.Sprintf("a-secret-that-is-as-long-as-most-are-%d", i),
			b.server.where.Scope,
		})
	}
	var text bytes.Buffer
	write := writeClientsJSON
	if ending == ".csv" {
		write = func(w io.Writer, rows [][]string) error { return csv.NewWriter(w).WriteAll(rows) }
	}
	if err := write(&text, rows); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, text.Bytes(), 0o600)
}

// writeClientsJSON writes rows as objects with the names of the first row.
func writeClientsJSON(w io.Writer, rows [][]string) error {
	list := make([]map[string]string, 0, len(rows))
	for _, row := range rows[1:] {
		client := make(map[string]string, len(row))
		for i, name := range rows[0] {
			client[name] = row[i]
		}
		list = append(list, client)
	}
	return json.NewEncoder(w).Encode(list)
}
