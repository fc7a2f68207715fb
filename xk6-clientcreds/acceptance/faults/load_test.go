//go:build linux

package faults

import (
	"crypto/tls"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

var (
	long  = flag.Bool("long", false, "all faults, with 1,000 virtual users")
	fewer = flag.Int("users", 1000, "virtual users with -long: a multiple of 4")
)

// users returns how many virtual users meet a fault, and how long each pauses.
func users() (vus int, pause string) {
	if *long {
		return *fewer, "2.5"
	}
	return 20, "0.2"
}

// load is k6 that loads a server over a wire.
type load struct {
	k6           *k6test.K6
	wire         *wire
	certificates *certificates // with https
	server       *server
	rest         string // address of k6's REST API
	folder       string // of the record
	record       string // its file
	vus          int
	exporter     string // address of -o prometheus
	disk         *disk
}

// timeout is the timeout of each request: short where a fault goes on until then.
func (c *row) timeout() string {
	if c.hangs {
		return "2s"
	}
	return "20s"
}

// startLoad starts k6, and waits until every virtual user has had a second token.
func (c *row) startLoad(t *testing.T) *load {
	t.Helper()
	vus, pause := users()
	l := &load{server: &server{address: lowAddress(t)}, rest: k6test.FreeAddress(t), folder: t.TempDir(), vus: vus}
	if c.hydra {
		l.server.hydra = newHydra(t)
	}
	l.server.start(t)
	scheme, env := "http", []string{}
	var config *tls.Config
	if c.https {
		l.certificates = newCertificates(t)
		scheme, env, config = "https", append(env, "SSL_CERT_FILE="+l.certificates.caFile), l.certificates.config()
	}
	l.wire = startWire(t, l.server, config, c.http2)
	url := scheme + "://" + l.wire.address
	l.record = filepath.Join(l.folder, "record.json")
	run := k6test.Run{
		Script: k6test.Fixture("load.js"),
		Env: k6test.With(map[string]string{
			"TOKEN_URL": url + "/token", "API_URL": url + "/api/orders", "CLIENT_SECRET": secret, "TIMEOUT": c.timeout(),
			"VUS": fmt.Sprint(vus), "PAUSE": pause, "K6_CLIENTCREDS_EXIT_CODE": "verdict",
		}, env...),
		Args: []string{"--profiling-enabled", "--address", l.rest, "-o", "clientcreds-record=" + l.record},
	}
	if c.change != nil {
		c.change(t, l, &run)
	}
	l.k6 = run.Start(t)
	l.wait(t, "every virtual user has had two tokens", func() bool {
		seen := l.wire.now()
		return l.wire.allServed(vus) && seen.granted >= 2*(vus/2+2) && seen.api >= 2*vus
	})
	return l
}

// wait waits for a state that k6 and the server reach while the load goes on.
func (l *load) wait(t *testing.T, what string, reached func() bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		select {
		case <-l.k6.Done:
			t.Fatalf("k6 ended before: %s\n%s", what, l.k6.Output)
		default:
		}
		return reached()
	}, patience, 50*time.Millisecond, "%s: %+v", what, l.wire.now())
}

// felt reports whether a twentieth of the calls got no token.
func felt(t *testing.T, l *load) bool {
	t.Helper()
	errors := k6test.LiveCount(t, l.rest, "clientcreds_token_errors")
	return errors > 0 && 20*errors >= k6test.LiveCount(t, l.rest, "http_reqs")
}

// result holds the results of a run with a fault.
type result struct {
	row           *row
	seen          arrivals
	run           k6test.Result
	record        *k6test.Record
	before, after levels
	server        map[string]int // the server's own counts, nil if it was killed
	files         []string       // in the record's folder
}

// meet has a load meet the fault, and recover from it.
func (c *row) meet(t *testing.T) *result {
	t.Helper()
	l := c.startLoad(t)
	r := &result{row: c, before: l.levels(t)}
	end := c.begin(t, l)
	until := c.until
	if until == nil {
		until = felt
	}
	l.wait(t, "the fault is felt", func() bool { return until(t, l) })
	if end != nil {
		end()
	}
	l.wire.change(nil)
	l.wait(t, "every virtual user is served again", func() bool { return l.wire.allServed(l.vus) })
	require.Eventually(t, func() bool {
		r.after = l.levels(t)
		return r.after.back(r.before, l.vus)
	}, patience, time.Second, "goroutines, descriptors, and heap return: %+v, and before %+v", &r.after, r.before)
	l.wire.finish()
	r.run = l.k6.Result(t)
	r.seen = l.wire.now()
	if !c.killed {
		r.server = l.server.counts(t)
	}
	entries, _ := os.ReadDir(l.folder) // which may have vanished
	for _, entry := range entries {
		r.files = append(r.files, entry.Name())
	}
	if !c.failed {
		r.record = k6test.ReadRecord(t, l.record)
	} else if text, err := os.ReadFile(filepath.Join(l.folder, "record.json")); err == nil {
		assert.Empty(t, string(text), "no part of a record")
	}
	return r
}

var (
	logLine  = regexp.MustCompile(`(?m)^time="[^\n]*$`)
	ofFailed = `msg="Request Failed"` // k6's own line for each request that failed
)

// lines returns the lines of the log, without k6's own for each failed request.
func (r *result) lines() []string {
	return slices.DeleteFunc(logLine.FindAllString(r.run.Output, -1), func(line string) bool {
		return strings.Contains(line, ofFailed)
	})
}

// sum returns the samples of a counter with these values of a tag, or of all.
func (r *result) sum(metric, tag string, values ...string) int {
	if tag == "" {
		return int(r.record.Metrics[metric].All.Sum)
	}
	sum := 0.0
	for _, value := range values {
		sum += r.record.Metrics[metric].By[tag][value].Sum
	}
	return int(sum)
}
