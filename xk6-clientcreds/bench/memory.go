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
	"strconv"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// The numbers of VUs that are weighed. What k6 needs without any VU is in both, so the slope
// between them is the memory of one VU.
const (
	fewVUs  = 50
	manyVUs = 450
)

// weighings is how often every script is weighed. The heap that is alive is not subject to chance
// as CPU time is.
const weighings = 3

// kilobyte is 1,000 bytes.
const kilobyte = 1000

// memory measures the live heap of whole k6 processes, with the module and without.
func (b *bench) memory(ctx context.Context) ([]results.Table, error) {
	const (
		static = "static header"
		again  = "static header, again"
		helper = "JS helper"
		client = "client.headers()"
	)
	scripts := map[string]string{static: "static", again: "static", helper: "helper", client: "client"}
	perVU := make(map[string][]float64)
	for range weighings {
		for name, script := range scripts { // a map: the order is another one each time
			kB, err := b.kBPerVU(ctx, "memory-"+script)
			if err != nil {
				return nil, err
			}
			perVU[name] = append(perVU[name], kB)
		}
	}
	more := make([]float64, weighings)
	for i := range more {
		more[i] = perVU[client][i] - perVU[static][i]
	}
	beside := func(name string) results.Result {
		return results.Compared(name, "kB per VU", perVU[name], static, perVU[static])
	}
	return []results.Table{{
		Title: "Live heap",
		Results: []results.Result{
			results.Measured(static, "kB per VU", perVU[static]),
			beside(again),
			beside(helper),
			beside(client),
			results.Measured("client.headers(), above static header", "kB per VU", more).
				With(results.NewTarget(results.OfValue, results.AtMost, 8)),
		},
	}}, nil
}

// kBPerVU returns what one VU adds to the live heap of k6.
func (b *bench) kBPerVU(ctx context.Context, script string) (float64, error) {
	few, err := b.heap(ctx, script, fewVUs)
	if err != nil {
		return 0, err
	}
	many, err := b.heap(ctx, script, manyVUs)
	if err != nil {
		return 0, err
	}
	return (many - few) / (manyVUs - fewVUs) / kilobyte, nil
}

// heap returns the live heap of a k6, with arguments of its own, whose VUs have all done their request.
func (b *bench) heap(ctx context.Context, script string, vus int, args ...string) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
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
