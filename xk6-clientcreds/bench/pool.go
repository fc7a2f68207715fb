package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// poolSizes are how many clients there are, of which the only VU uses the first. What takes long is measured less
// often.
var poolSizes = []poolSize{
	{10_000, "10,000", 2, 6, []string{sharedArray, sharedAgain, poolOfCSV, poolOfJSON, poolOfShared}},
	{1_000_000, "1,000,000", 1, 2, []string{sharedArray, poolOfCSV, poolOfJSON}},
}

type poolSize struct {
	clients           int
	text              string // their number, for titles
	weighings, starts int
	variants          []string // the first one is the reference
}

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
	var tables []results.Table
	for _, size := range poolSizes {
		perClient, start := make(map[string][]float64), make(map[string][]float64)
		for i := range max(size.weighings, size.starts) {
			for _, next := range rand.Perm(len(size.variants)) { // #nosec G404 -- shuffles measurements
				name := size.variants[next]
				if i < size.weighings {
					bytes, err := b.above(size.clients, func(clients int) (float64, error) { return b.poolHeap(ctx, name, clients) })
					if err != nil {
						return nil, err
					}
					perClient[name] = append(perClient[name], bytes/float64(size.clients))
				}
				if i < size.starts {
					milliseconds, err := b.above(size.clients,
						func(clients int) (float64, error) { return b.poolStart(ctx, name, clients) })
					if err != nil {
						return nil, err
					}
					start[name] = append(start[name], milliseconds)
				}
			}
		}
		tables = append(tables, poolMemoryTable(size, perClient), poolStartTable(size, start))
	}
	return tables, nil
}

// above returns what so many more clients need, above one.
func (b *bench) above(clients int, need func(clients int) (float64, error)) (float64, error) {
	one, err := need(1)
	if err != nil {
		return 0, err
	}
	all, err := need(1 + clients)
	return all - one, err
}

// poolMemoryTable is about the bytes that a client more costs.
func poolMemoryTable(size poolSize, perClient map[string][]float64) results.Table {
	table := results.Table{
		Title:   "Live heap for each client that is not used, of " + size.text,
		Results: []results.Result{results.Measured(sharedArray, "bytes", perClient[sharedArray])},
	}
	for _, name := range size.variants[1:] {
		row := results.Compared(name, "bytes", perClient[name], sharedArray, perClient[sharedArray])
		if name != sharedAgain {
			row = row.With(results.NewTarget(results.OfValue, results.AtMost, kilobyte))
		}
		table.Results = append(table.Results, row)
	}
	return table
}

// poolStartTable is about the milliseconds above a k6 with one client.
func poolStartTable(size poolSize, start map[string][]float64) results.Table {
	table := results.Table{
		Title:   "Start of k6 with " + size.text + " clients, above one with one client",
		Results: []results.Result{results.Measured(sharedArray, "ms CPU", start[sharedArray])},
	}
	for _, name := range size.variants[1:] {
		row := results.Compared(name, "ms CPU", start[name], sharedArray, start[sharedArray])
		if name == poolOfCSV || name == poolOfJSON {
			row = row.With(results.NewTarget(results.OfRatio, results.AtMost, 1))
		}
		table.Results = append(table.Results, row)
	}
	return table
}

// poolHeap is the live heap of a k6 with so many clients.
func (b *bench) poolHeap(ctx context.Context, name string, clients int) (float64, error) {
	file, err := b.clientsFile(poolVariants[name].ending, clients)
	if err != nil {
		return 0, err
	}
	return b.heap(ctx, poolVariants[name].script, 1, "-e", "CLIENTS_FILE="+file, "-e", "PAUSE=600")
}

// poolStart is the CPU time, in milliseconds, of a k6 with so many clients that does one iteration.
func (b *bench) poolStart(ctx context.Context, name string, clients int) (float64, error) {
	file, err := b.clientsFile(poolVariants[name].ending, clients)
	if err != nil {
		return 0, err
	}
	_, _ = fmt.Fprintf(b.log, "%s, start with %d clients\n", name, clients)
	took, err := b.whole(ctx, poolVariants[name].script, "-e", "CLIENTS_FILE="+file)
	return float64(took) / float64(time.Millisecond), err
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
