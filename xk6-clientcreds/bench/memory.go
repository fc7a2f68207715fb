package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// fewVUs are the other VUs that are weighed. What k6 needs without any VU is in both, so the slope between
// them and mostVUs is the memory of one VU.
const fewVUs = 50

// weighings is how often every script is weighed. The heap that is alive is not subject to chance
// as CPU time is.
const weighings = 2

// kilobyte is 1,000 bytes.
const kilobyte = 1000

// memory measures the live heap of whole k6 processes, with the module and without.
func (b *bench) memory(ctx context.Context) ([]results.Table, error) {
	perVU := make(map[string][]float64)
	for range weighings {
		for script := range memoryScripts { // a map: the order is another one each time
			kB, err := b.kBPerVU(ctx, script)
			if err != nil {
				return nil, err
			}
			perVU[script] = append(perVU[script], kB)
		}
	}
	return []results.Table{memoryTable(perVU)}, nil
}

// memoryScripts are the scripts that are weighed, and started, by variant.
var memoryScripts = map[string]string{
	staticHeader: "memory-static", again(staticHeader): "memory-static", jsHelper: "memory-helper",
	clientHeaders: "memory-client",
}

func memoryTable(perVU map[string][]float64) results.Table {
	more := slices.Clone(perVU[clientHeaders])
	for i := range more {
		more[i] -= perVU[staticHeader][i]
	}
	beside := func(name string) results.Result {
		return results.Compared(name, "kB per VU", perVU[name], staticHeader, perVU[staticHeader])
	}
	return results.Table{
		Title: "Live heap, " + plural(mostVUs),
		Results: []results.Result{
			results.Measured(staticHeader, "kB per VU", perVU[staticHeader]),
			beside(again(staticHeader)),
			beside(jsHelper),
			beside(clientHeaders),
			results.Measured(clientHeaders+", above "+staticHeader, "kB per VU", more).
				With(results.NewTarget(results.OfValue, results.AtMost, 8)),
		},
	}
}

// kBPerVU returns what one VU adds to the live heap of k6.
func (b *bench) kBPerVU(ctx context.Context, variant string) (float64, error) {
	few, err := b.heap(ctx, memoryScripts[variant], fewVUs)
	if err != nil {
		return 0, err
	}
	most, err := b.heap(ctx, memoryScripts[variant], mostVUs)
	if err != nil {
		return 0, err
	}
	return (most - few) / (mostVUs - fewVUs) / kilobyte, nil
}

// longestHeap bounds how long a k6 takes until it can be weighed.
const longestHeap = 3 * time.Minute

// heap returns the live heap of a k6, with arguments of its own, whose VUs have all done their request.
func (b *bench) heap(ctx context.Context, script string, vus int, args ...string) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, longestHeap)
	defer cancel()
	_, _ = fmt.Fprintln(b.log, strings.Join(append([]string{script + ", " + plural(vus)}, args...), " "))
	address, err := freeAddress(ctx)
	if err != nil {
		return 0, err
	}
	served, err := b.server.apiRequests(ctx)
	if err != nil {
		return 0, err
	}
	args = append([]string{
		roleK6, "run", "--quiet", "--summary-mode", "disabled", "--address", address, "--profiling-enabled",
		"--vus", strconv.Itoa(vus), "--iterations", strconv.Itoa(vus),
	}, args...)
	cmd := command(ctx, b.k6, append(args, filepath.Join(b.scripts, script+".js")), b.server.env())
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	weight, err := weigh(ctx, address, func() (bool, error) {
		now, err := b.server.apiRequests(ctx)
		return now-served >= vus, err
	})
	cancel()
	ended := cmd.Wait()
	if err != nil {
		return 0, fmt.Errorf("%s with %s: %w (k6: %w)\n%s", script, plural(vus), err, ended, tail(output.String()))
	}
	return weight, nil
}

// weigh returns the live heap of the k6 at address once done says so.
func weigh(ctx context.Context, address string, done func() (bool, error)) (float64, error) {
	const pause = 100 * time.Millisecond
	for {
		ready, err := done()
		if err != nil {
			return 0, err
		}
		if ready {
			break
		}
		if err := wait(ctx, pause); err != nil {
			return 0, err
		}
	}
	// The last responses are on their way, and samples take two intervals to be counted.
	if err := wait(ctx, 2*drain); err != nil {
		return 0, err
	}
	if _, err := liveHeap(ctx, address); err != nil {
		return 0, err
	}
	return liveHeap(ctx, address) // pools are empty after the second collection
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// liveHeap makes the k6 at address collect garbage and returns the bytes that are left. They
// stand in a comment of the heap profile's text form.
func liveHeap(ctx context.Context, address string) (float64, error) {
	body, err := get(ctx, "http://"+address+"/debug/pprof/heap?gc=1&debug=1")
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(body)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "# HeapAlloc = "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, errors.New("k6's heap profile does not say HeapAlloc")
}

// freeAddress returns an address that nobody listens on: k6 does not tell which one it chose.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return do(req)
}
