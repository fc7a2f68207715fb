package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

var testStart = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// load is a test run to make a record of.
type load struct {
	start   time.Time
	seconds int
	slower  float64 // factor of all latencies
	failing bool    // every tenth token request
	hostile string  // put wherever a record has text
}

// record returns the record of such a run: each second 20 API requests, and every fourth second
// 10 for tokens.
func (l load) record() *runrecord.Record {
	if l.start.IsZero() {
		l.start = testStart
	}
	b := runrecord.NewBuilder()
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- the same in each test
	tags := map[string]string{"scenario": "api" + l.hostile, "client": "me" + l.hostile}
	observe := func(name string, kind runrecord.Type, contains string, value float64, at time.Time, more ...string) {
		b.Cell(name, kind, contains, func(tag string) string {
			for i := 0; i < len(more); i += 2 {
				if more[i] == tag {
					return more[i+1]
				}
			}
			return tags[tag]
		}).Observe(value, at)
	}
	for second := range l.seconds {
		at := l.start.Add(time.Duration(second) * time.Second)
		observe("vus", runrecord.Gauge, "default", 5, at)
		observe("clientcreds_generator_cpu", runrecord.Gauge, "default", 0.25, at)
		observe("clientcreds_generator_saturated", runrecord.Rate, "default", 0, at)
		observe("clientcreds_generator_lag", runrecord.Trend, "time", 0.5, at)
		for range 20 {
			observe(metricname.HTTPReqs, runrecord.Counter, "default", 1, at, "status", "200")
			observe(metricname.HTTPReqDuration, runrecord.Trend, "time", l.slower*(5+random.Float64()), at, "status", "200")
			observe(metricname.HTTPReqFailed, runrecord.Rate, "default", 0, at, "status", "200")
			observe(metricname.CacheHits, runrecord.Counter, "default", 1, at)
			observe("clientcreds_token_remaining", runrecord.Trend, "time", 1000+3000*random.Float64(), at)
			observe("iterations", runrecord.Counter, "default", 1, at)
			observe("checks", runrecord.Rate, "default", 1, at, "check", "is 200"+l.hostile)
		}
		if second%4 != 0 {
			continue
		}
		reason := "early"
		if second == 0 {
			reason = "cold"
		}
		for n := range 10 {
			status, failed, code := "200", 0.0, ""
			if l.failing && n == 0 {
				status, failed, code = "503", 1, "temporarily_unavailable"+l.hostile
			}
			observe(metricname.Requests, runrecord.Counter, "default", 1, at, "reason", reason, "status", status, "error", code)
			observe(metricname.RequestDuration, runrecord.Trend, "time", l.slower*(20+5*random.Float64()), at, "reason", reason, "status",
				status, "error", code)
			observe(metricname.RequestFailed, runrecord.Rate, "default", failed, at, "reason", reason, "status", status, "error", code)
			observe("clientcreds_token_ttl", runrecord.Trend, "time", 4000, at)
		}
	}
	r := &runrecord.Record{
		Format: runrecord.Format, Version: runrecord.Version,
		Run: runrecord.Run{
			Start: l.start, End: l.start.Add(time.Duration(l.seconds) * time.Second), Script: "load.js" + l.hostile,
			Completed: true,
			Commit:    "0123456789abcdef" + l.hostile,
			Targets: runinfo.Targets{
				TokenEndpoints: []string{"https://idp.example.com" + l.hostile},
				APIs:           []string{"http://a:1" + l.hostile, "http://b:2"},
			},
			Scenarios: []runrecord.Scenario{{
				Name: "api" + l.hostile, Executor: "constant-vus", Exec: "default" + l.hostile,
				Config: map[string]any{"vus": 5.0, "duration": "1m" + l.hostile},
			}},
		},
		Instances: []runrecord.Instance{{
			K6: "v2.2.0" + l.hostile, Go: "go1.26", OS: "linux", Arch: "amd64", CPU: "a CPU" + l.hostile, CPUs: 2, GOMAXPROCS: 2,
			Start: l.start, End: l.start.Add(time.Duration(l.seconds) * time.Second),
		}},
		Thresholds: []validity.Threshold{
			{Metric: "http_req_failed" + l.hostile, Source: "rate==0"},
			{Metric: metricname.RequestFailed, Source: "rate==0", Crossed: l.failing},
		},
	}
	if l.hostile != "" {
		r.Run.Tags = map[string]string{"tag" + l.hostile: "value" + l.hostile}
	}
	b.Fill(r, &r.Instances[0])
	r.Inputs.Iterations = r.Metric("iterations").Count()
	r.Validity = r.Judge(nil)
	return r
}

// document is a page, as a browser parses it.
type document struct {
	text string
	root *html.Node
}

func pageOf(t *testing.T, records ...*runrecord.Record) document {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Write(&out, records))
	return parsed(t, out.String())
}

func parsed(t *testing.T, text string) document {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	require.NoError(t, err)
	return document{text, root}
}

// all are the elements with that name.
func (d document) all(name string) []*html.Node {
	var found []*html.Node
	for n := range d.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			found = append(found, n)
		}
	}
	return found
}

// texts returns the texts of the elements with that name, without the spaces around them.
func (d document) texts(name string) []string {
	var texts []string
	for _, n := range d.all(name) {
		texts = append(texts, textOf(n))
	}
	return texts
}

func textOf(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// rows are the cells of the table with that caption.
func (d document) rows(t *testing.T, caption string) [][]string {
	t.Helper()
	for _, table := range d.all("table") {
		inner := document{root: table}
		if captions := inner.texts("caption"); len(captions) != 1 || !strings.HasPrefix(captions[0], caption) {
			continue
		}
		var rows [][]string
		for _, tr := range inner.all("tr") {
			var cells []string
			for n := range tr.ChildNodes() {
				if n.Type == html.ElementNode {
					cells = append(cells, textOf(n))
				}
			}
			rows = append(rows, cells)
		}
		return rows
	}
	require.Fail(t, fmt.Sprintf("there is no table %q", caption), "%v", d.texts("caption"))
	return nil
}
