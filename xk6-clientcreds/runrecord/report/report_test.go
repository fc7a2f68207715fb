package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord/compare"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

func TestPage(t *testing.T) {
	t.Parallel()
	d := pageOf(t, load{seconds: 30, slower: 1}.record())
	assert.Equal(t, []string{"Load test: load.js"}, d.texts("h1"))
	assert.Equal(t, []string{"PASS – Load test: load.js"}, d.texts("title"))
	assert.Equal(t, []string{
		"✓ Verdict: PASS", "Token requests", "Token cache", "API requests", "Distribution of latency", "Errors",
		"Load generator", "Thresholds", "By scenario, client and reason", "All metrics", "Environment and configuration",
	}, d.texts("h2"))
	assert.Equal(t, []string{
		"Latency of token requests", "Token requests by outcome", "Cache hits and misses", "Lifetime of tokens",
		"Latency of API requests", "API requests by outcome", "Requests by latency", "Latency by percentile",
		"Virtual users and iterations", "CPU and lag of k6",
	}, d.texts("figcaption"))
	assert.Equal(t, []string{"reason", "requests", "per second", "failed", "mean", "p50", "p95", "p99", "max"},
		d.rows(t, "Token requests by reason")[0])
	assert.Equal(t, []string{"early", "70", "2.333/s", "0%"}, d.rows(t, "Token requests by reason")[1][:4])
	assert.Equal(t, [][]string{
		{"metric", "condition", "result"}, {metricname.RequestFailed, "rate==0", "✓ held"}, {"http_req_failed", "rate==0", "✓ held"},
	}, d.rows(t, "Thresholds of the script"))
	assert.Equal(t, [][]string{
		{"scenario", "executor", "function", "options"},
		{"api", "constant-vus", "default", "duration: 1m, vus: 5"},
	},
		d.rows(t, "Scenarios"))
	assert.Equal(t, [][]string{
		{"what", "servers"},
		{"API", "http://a:1, http://b:2"},
		{"token endpoint", "https://idp.example.com"},
	},
		d.rows(t, "Servers"))
	assert.Contains(t, d.texts("p"), "version 0123456789ab; token endpoint https://idp.example.com; "+
		"API http://a:1, http://b:2; 2026-01-02 03:04:05 UTC")
	for _, figure := range []string{
		"20/s API requests, 600 in total", "0% API requests failed", "2.667/s token requests, 80 in total",
	} {
		assert.Contains(t, d.texts("li"), figure)
	}
	latency := d.rows(t, "Latency of token requests, each 2s from the start")
	assert.Equal(t, []string{"from", "p50", "p95", "p99", "cold", "early"}, latency[0])
	assert.Equal(t, []string{"0:04", "0/s", "5/s"}, []string{latency[3][0], latency[3][4], latency[3][5]})
	assert.Equal(t, []string{"0:06", none, none, none, "0/s", "0/s"}, latency[4], "no requests have no latency")
	assert.Regexp(t, `^2[0-5]\.?\d* ms$`, latency[3][1])
}

func TestPageOfFailures(t *testing.T) {
	t.Parallel()
	d := pageOf(t, load{seconds: 30, slower: 1, failing: true}.record())
	assert.Contains(t, d.texts("h2"), "✗ Verdict: FAIL")
	assert.Contains(t, d.texts("li"), metricname.RequestFailed+": rate==0 does not hold")
	assert.Equal(t, []string{"temporarily_unavailable", "8", "10%"}, d.rows(t, "Failed token requests by error")[1])
	assert.Equal(t, []string{metricname.RequestFailed, "rate==0", "✗ crossed"}, d.rows(t, "Thresholds of the script")[1])
	outcome := d.rows(t, "Token requests by outcome")
	assert.Equal(t, []string{"from", "granted", "temporarily_unavailable"}, outcome[0])
	assert.Equal(t, []string{"0:04", "4.5/s", "0.5/s"}, outcome[3])
}

// TestSharesAndRates: in the first facts, in the tables of requests, and among all metrics.
func TestSharesAndRates(t *testing.T) {
	t.Parallel()
	d := pageOf(t, load{seconds: 30, slower: 1, failing: true}.record())
	names, figures := d.texts("dt"), strings.Join(d.texts("li"), "\n")
	assert.Regexp(t, `(?m)^2\.667/s token requests, 80 in total$`, figures)
	assert.Regexp(t, `(?m)^2\d\.?\d* ms p95 of token requests; p50 2\d\.?\d* ms$`, figures)
	assert.Regexp(t, `(?m)^10% token requests failed$`, figures)
	assert.Contains(t, strings.Join(d.texts("p"), "\n"), "version 0123456789ab; token endpoint ")
	assert.NotContains(t, names, "Runs")
	assert.NotContains(t, names, "Processes")
	assert.Equal(t, []string{"early", "70", "2.333/s", "10%"}, d.rows(t, "Token requests by reason")[1][:4])
	others := d.rows(t, "Counters, rates and gauges")
	assert.Contains(t, others, []string{metricname.RequestFailed, "rate", "80", "10%", none})
	assert.Contains(t, others, []string{"iterations", "counter", "600", "600", "20/s"})
	assert.Contains(t, others, []string{"vus", "gauge", "30", "5 (5 to 5)", none})
	trends := d.rows(t, "Trends")
	assert.Contains(t, trends, []string{
		"clientcreds_token_ttl", "80", "4,000 ms", "4,000 ms", "4,000 ms", "4,000 ms", "4,000 ms", "4,000 ms", "4,000 ms",
	})
	environment := d.rows(t, "Environment")
	assert.Equal(t, []string{"what", "k6", "1"}, []string{environment[0][0], environment[1][0], environment[1][1]})

	figures = strings.Join(pageOf(t, load{}.record()).texts("li"), "\n")
	assert.NotContains(t, figures, "token requests", "there are none")
	assert.NotContains(t, figures, "API requests failed")
}

// TestRequestsWithoutAnAnswer: they are counted, and took no time.
func TestRequestsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	r := load{seconds: 10, slower: 1}.record()
	lost := *r.Metrics[metricname.HTTPReqs].By["status"]["200"]
	lost.Samples, lost.Sum = 5, 5
	r.Metrics[metricname.HTTPReqs].By["status"]["0"] = &lost
	rows := pageOf(t, r).rows(t, "API requests by status")
	assert.Equal(t, []string{"0", "5", "0.5/s", none, none, none, none, none, none}, rows[2])
	assert.Equal(t, []string{"200", "200", "20/s"}, rows[1][:3])
}

func TestWhatStoppedTheRun(t *testing.T) {
	t.Parallel()
	r := load{seconds: 10, slower: 1}.record()
	assert.NotContains(t, pageOf(t, r).texts("dt"), "Stopped early")
	r.Run.Completed = false
	assert.Contains(t, pageOf(t, r).texts("dt"), "Stopped early")
	r.Run.Stopped = &validity.Stop{By: "the script", Why: "enough", After: 10, Of: 60}
	d := pageOf(t, r)
	assert.Equal(t, "stopped after 10 s of 60 s by the script",
		d.texts("dd")[slices.Index(d.texts("dt"), "Stopped early")])
}

// TestNothingInARecordIsMarkup: wherever a record has text.
func TestNothingInARecordIsMarkup(t *testing.T) {
	t.Parallel()
	plain := pageOf(t, load{seconds: 8, slower: 1, failing: true}.record())
	for _, hostile := range []string{
		`</script><img src=x onerror="alert(1)">`, `<!--<script>`, `"><svg onload=alert(1)>`, `' onmouseover='alert(1)`,
		`</style><style>*{display:none}`, `]]>`, "\u2028alert(1)", `{{.Script}}`, `</title></textarea><b>`,
	} {
		bad := load{seconds: 8, slower: 1, failing: true, hostile: hostile}.record()
		d := pageOf(t, bad)
		var other bytes.Buffer
		require.NoError(t, WriteComparison(&other, []*runrecord.Record{bad}, []*runrecord.Record{bad},
			compare.DefaultRules()))
		comparison := parsed(t, other.String())
		for name, page := range map[string]document{"page": d, "comparison": comparison} {
			for _, element := range []string{"img", "svg", "b", "iframe", "link", "object", "textarea"} {
				assert.Empty(t, page.all(element), "%s %s", name, hostile)
			}
			assert.Len(t, page.all("script"), 2, "%s %s", name, hostile)
			assert.Len(t, page.all("style"), 1, "%s %s", name, hostile)
			for n := range page.root.Descendants() {
				for _, a := range n.Attr {
					assert.False(t, strings.HasPrefix(a.Key, "on"), "%s %s", name, a.Key)
				}
			}
			charts := chartsOf(t, page)
			assert.NotEmpty(t, charts, "%s %s", name, hostile)
		}
		assert.Len(t, d.all("th"), len(plain.all("th")), hostile)
		assert.Equal(t, strings.Join(strings.Fields("Load test: load.js"+hostile), " "), d.texts("h1")[0],
			"it is there as text")
	}
}

// chartsOf returns the data that the page's script reads.
func chartsOf(t *testing.T, d document) []map[string]any {
	t.Helper()
	for _, n := range d.all("script") {
		if attribute(n, "type") == "application/json" {
			var charts []map[string]any
			require.NoError(t, json.Unmarshal([]byte(n.FirstChild.Data), &charts))
			return charts
		}
	}
	require.Fail(t, "there is no data")
	return nil
}

// TestPageNeedsNothingElse: no address in it leads anywhere but into the page, and the policy allows
// no others.
func TestPageNeedsNothingElse(t *testing.T) {
	t.Parallel()
	d := pageOf(t, load{seconds: 8, slower: 1}.record())
	for n := range d.root.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "href" || a.Key == "src" || a.Key == "srcset" || a.Key == "action" || a.Key == "style" {
				assert.True(t, a.Key == "href" && strings.HasPrefix(a.Val, "#"), "%s=%s", a.Key, a.Val)
			}
		}
	}
	var policy string
	for _, n := range d.all("meta") {
		if attribute(n, "http-equiv") == "Content-Security-Policy" {
			policy = attribute(n, "content")
		}
	}
	form := `^default-src 'none'; style-src ('sha256-[^']+'); script-src ('sha256-[^']+'); base-uri 'none'; form-action 'none'$`
	require.Regexp(t, form, policy)
	hashes := regexp.MustCompile(form).FindStringSubmatch(policy)
	assert.Equal(t, hash(d.all("style")[0].FirstChild.Data), hashes[1])
	assert.Equal(t, hash(d.all("script")[1].FirstChild.Data), hashes[2])
	assert.NotContains(t, style+libraryStyle, "url(")
	assert.NotContains(t, style+libraryStyle, "@import")
}

// TestEveryChartHasItsTable: what is drawn can be read, with the same lines.
func TestEveryChartHasItsTable(t *testing.T) {
	t.Parallel()
	d := pageOf(t, load{seconds: 200, slower: 1, failing: true}.record())
	charts := chartsOf(t, d)
	figures := d.all("figure")
	require.Len(t, figures, len(charts))
	for i, chart := range charts {
		inner := document{root: figures[i]}
		columns := inner.texts("th")
		for _, line := range chart["lines"].([]any) {
			l := line.(map[string]any)
			assert.Contains(t, columns, l["label"], chart["title"])
			assert.Len(t, l["values"], len(chart["at"].([]any)), chart["title"])
		}
		rows := len(inner.all("tr"))
		assert.Greater(t, rows, 2, chart["title"])
		assert.LessOrEqual(t, rows, 2*chartRows+2, chart["title"])
		assert.Len(t, inner.all("details"), 1)
	}
}

// TestLibraryIsTheOneOfNPM: what is in the binary is the file of the version that tools/npm pins.
func TestLibraryIsTheOneOfNPM(t *testing.T) {
	t.Parallel()
	const npm = "../../../tools/npm/"
	text, err := os.ReadFile(npm + "package.json")
	require.NoError(t, err)
	var pinned struct{ Dependencies map[string]string }
	require.NoError(t, json.Unmarshal(text, &pinned))
	assert.Contains(t, library, "uPlot (v"+pinned.Dependencies["uplot"]+")")
	for name, embedded := range map[string]string{
		"dist/uPlot.iife.min.js": library, "dist/uPlot.min.css": libraryStyle, "LICENSE": libraryLicense,
	} {
		file, err := os.ReadFile(npm + "node_modules/uplot/" + name) // #nosec G304 -- one of three
		require.NoError(t, err, "make types installs the npm packages")
		assert.Equal(t, string(file), embedded, name)
	}
	assert.Contains(t, pageOf(t, load{seconds: 2, slower: 1}.record()).texts("pre")[0], "Copyright (c)")
}

func TestPageOfSegments(t *testing.T) {
	t.Parallel()
	a, b := load{seconds: 10, slower: 1}.record(), load{
		start: testStart.Add(300 * time.Millisecond), seconds: 10,
		slower: 1,
	}.record()
	a.Instances[0].Segment, b.Instances[0].Segment = "0:1/2", "1/2:1"
	d := pageOf(t, a, b)
	assert.Contains(t, d.texts("dt"), "Processes")
	assert.NotContains(t, d.texts("h2"), "Runs")
	environment := d.rows(t, "Environment")
	require.Len(t, environment, 2, "processes that are alike are one row")
	assert.Equal(t, "2", environment[1][1])
	assert.Equal(t, "0:1/2, 1/2:1", environment[1][len(environment[1])-1])
	assert.Equal(t, "40/s", d.rows(t, "API requests by outcome")[3][1], "they add up")
	assert.Equal(t, "10", d.rows(t, "Virtual users and iterations")[3][1], "they add up")
	assert.Equal(t, "25%", d.rows(t, "CPU and lag of k6")[3][1], "of what each may use")
}

func TestPageOfRuns(t *testing.T) {
	t.Parallel()
	a, b := load{seconds: 10, slower: 1}.record(), load{
		start: testStart.Add(time.Hour), seconds: 10, slower: 3,
		failing: true,
	}.record()
	d := pageOf(t, b, a)
	assert.Contains(t, d.texts("dd"), "2, laid over each other")
	rows := d.rows(t, "Runs")
	require.Len(t, rows, 3)
	assert.Equal(t, []string{"PASS", "FAIL"}, []string{rows[1][6], rows[2][6]})
	assert.Equal(t, []string{"1", "2"}, []string{rows[1][0], rows[2][0]})
	assert.Equal(t, "20/s", d.rows(t, "API requests by outcome")[3][1], "they are averaged")
	assert.Equal(t, "0:09", slices.MaxFunc(d.rows(t, "API requests by outcome")[1:], func(a, b []string) int {
		return strings.Compare(a[0], b[0])
	})[0], "an hour later is the same time of a run")
}

func TestComparison(t *testing.T) {
	t.Parallel()
	sides := make([][]*runrecord.Record, 2)
	for i := range 8 {
		l := load{
			start: testStart.Add(time.Duration(i) * time.Minute), seconds: 10,
			slower: 1 + float64(i%2) + float64(i)/1000,
		}
		sides[i%2] = append(sides[i%2], l.record())
	}
	var out bytes.Buffer
	require.NoError(t, WriteComparison(&out, sides[0], sides[1], compare.DefaultRules()))
	d := parsed(t, out.String())
	assert.Equal(t, []string{"Comparison: load.js"}, d.texts("h1"))
	assert.Equal(t, []string{
		"✗ Verdict: FAIL", "Changes", "Over time", "Distribution of latency", "Side by side", "Thresholds", "Runs",
		"Environment and configuration",
	}, d.texts("h2"))
	rules := d.rows(t, "Rules and what came of them")
	assert.Equal(t, new(compare.Result).Columns(), rules[0])
	assert.Equal(t, []string{"p50 of clientcreds_request_duration", "broken"}, []string{rules[1][0], rules[1][7]})
	latency := d.rows(t, "Latency of token requests, each")
	assert.Equal(t, []string{"from", "base p50", "base p95", "head p50", "head p95"}, latency[0])
	assert.Equal(t, []string{"from", "base all", "base failed", "head all", "head failed"},
		d.rows(t, "Token requests per second")[0])
	assert.Equal(t, []string{"0:04", "10/s", "0/s", "10/s", "0/s"}, d.rows(t, "Token requests per second")[5],
		"on average of the runs")
	all := d.rows(t, "All metrics")
	assert.Contains(t, all, []string{"iterations", "per run", "200", "200", "0%"})
	assert.Len(t, d.rows(t, "Runs"), 1+8)
	assert.Equal(t, []string{"head token endpoint", "https://idp.example.com"}, d.rows(t, "Servers")[4])
}

// TestDifferences: of what both sides measured, and of what one of them did.
func TestDifferences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		base, head float64
		want       string
	}{
		{100, 125, "+25.0%"},
		{100, 80, "-20.0%"},
		{-100, -50, "+50.0%"},
		{7, 7, "0%"},
		{0, 0, "0%"},
		{0, 7, none},
		{7, 0, "-100.0%"},
		{math.NaN(), 7, none},
		{7, math.NaN(), none},
	} {
		rows := new(table)
		addDifference(rows, "m", "max", plain, c.base, c.head)
		assert.Equal(t, c.want, rows.Rows[0].Cells[4])
	}
	base, err := newGroup("base", []*runrecord.Record{load{seconds: 5, slower: 1}.record()})
	require.NoError(t, err)
	r := load{seconds: 5, slower: 1, failing: true}.record()
	r.Metrics["of_head_alone"] = r.Metrics["iterations"]
	head, err := newGroup("head", []*runrecord.Record{r})
	require.NoError(t, err)
	for metric, want := range map[string][]string{
		metricname.RequestFailed: {"share", "0%", "10%", none}, "iterations": {"per run", "100", "100", "0%"},
		"vus": {"max", "5", "5", "0%"}, "checks": {"share", "100%", "100%", "0%"}, "of_head_alone": {"per run", "0", "100", none},
	} {
		rows := new(table)
		addMetric(rows, metric, base, head)
		require.Len(t, rows.Rows, 1, metric)
		assert.Equal(t, want, rows.Rows[0].Cells[1:], metric)
	}
}

// TestLinesDiffer: in color and dash, also where there are more lines than colors.
func TestLinesDiffer(t *testing.T) {
	t.Parallel()
	var got [][2]int
	for _, c := range paint(colors-1, make([]curve, 3)...) {
		got = append(got, [2]int{c.Color, c.Dash})
	}
	assert.Equal(t, [][2]int{{7, 7}, {0, 8}, {1, 9}}, got)
	all := make([]trend, colors+1)
	for i := range all {
		all[i] = trend{strconv.Itoa(i), valuesOf(1, 2, 3)}
	}
	for _, c := range []*chart{
		histogram("id", "title", all...), percentiles("id", "title", all...), lifetimes("id", "title", "", all...),
	} {
		last := c.Lines[colors]
		assert.Equal(t, [2]int{0, colors}, [2]int{last.Color, last.Dash})
	}
	b := runrecord.NewBuilder()
	for i := range colors + 2 {
		scenario := strconv.Itoa(i)
		b.Cell("m", runrecord.Trend, "time", func(string) string { return scenario }).Observe(1, testStart)
	}
	var r runrecord.Record
	b.Fill(&r, &runrecord.Instance{})
	assert.Len(t, partsOf(r.Metric("m"), "scenario"), colors)
}

func TestCapitals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"abc": "Abc", "zoo": "Zoo", "Abc": "Abc", "`a`": "`a`", "{a}": "{a}"} {
		assert.Equal(t, want, capital(text))
	}
}

// TestComparisonOfTwoRuns: a verdict requires more of them, which is said once.
func TestComparisonOfTwoRuns(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	a, b := load{seconds: 10, slower: 1}.record(), load{seconds: 10, slower: 2}.record()
	require.NoError(t, WriteComparison(&out, []*runrecord.Record{a}, []*runrecord.Record{b}, compare.DefaultRules()))
	d := parsed(t, out.String())
	assert.Contains(t, d.texts("h2"), "! Verdict: INVALID")
	assert.Equal(t, 1, strings.Count(out.String(), "make at least 4 on each side"))
	assert.Equal(t, "unknown: too few runs", d.rows(t, "Rules and what came of them")[1][7])
}

// TestSizeIsBounded: of a run of a day, of an empty one, and of a record that lies about its time.
func TestSizeIsBounded(t *testing.T) {
	t.Parallel()
	lying := load{seconds: 10, slower: 1}.record()
	lying.Run.End = lying.Run.Start.AddDate(200, 0, 0)
	empty := load{}.record()
	long := load{seconds: 24 * 60, slower: 1}.record()
	for name, r := range map[string]*runrecord.Record{"a lie": lying, "empty": empty, "long": long} {
		assert.Less(t, len(pageOf(t, r).text), 1<<20, name)
	}
	assert.Empty(t, chartsOf(t, pageOf(t, empty)), "there is nothing to draw")
	require.ErrorIs(t, Write(nil, nil), errNoRecords)
	require.ErrorIs(t, WriteComparison(nil, []*runrecord.Record{empty}, nil, nil), errNoRecords)
	other := load{seconds: 1}.record()
	other.Metrics["iterations"].Type, other.Metrics["iterations"].All.Type = runrecord.Rate, runrecord.Rate
	require.ErrorContains(t, Write(nil, []*runrecord.Record{long, other}), "do not add up")
}

// Runs of several versions: the trend of each rule, with the run at which it changed.
func TestPageOfATrend(t *testing.T) {
	t.Parallel()
	var records []*runrecord.Record
	for i := range 12 {
		start := testStart.Add(time.Duration(i) * time.Hour)
		r := load{start: start, seconds: 3, slower: 1 + 0.5*float64(i/6) + 0.01*float64(i%3)}.record()
		r.Run.Tags = map[string]string{compare.VersionTag: fmt.Sprintf("1.%d", i)}
		records = append(records, r)
	}
	records[1].Validity.Verdict = validity.Invalid
	rule, err := compare.ParseRule("p50 of http_req_duration", "+10%")
	require.NoError(t, err)
	var page bytes.Buffer
	require.NoError(t, Write(&page, records, rule))
	d := parsed(t, page.String())
	assert.Contains(t, d.texts("h2"), "Trend")
	assert.Contains(t, d.texts("p"), "version 1.0, 0123456789ab to 1.11, 0123456789ab (12 versions); "+
		"token endpoint https://idp.example.com; API http://a:1, http://b:2; 2026-01-02 03:04:05 UTC")
	changes := d.rows(t, "Change points")
	require.Len(t, changes, 2)
	assert.Equal(t, "1.6", changes[1][1])
	assert.Regexp(t, `^5\.\d+ ms to 8\.\d+ ms is \+\d+\.\d%; allowed is \+10%$`, changes[1][2])
	rows := d.rows(t, "P50 of http_req_duration")
	require.Len(t, rows, 13)
	assert.Equal(t, "–", rows[2][1], "the run does not count")
	assert.Regexp(t, `^5\.\d+ ms$`, rows[1][1])
	assert.Regexp(t, `^5\.\d+ ms$`, rows[1][2])
	assert.Regexp(t, `^8\.\d+ ms$`, rows[12][1])
	assert.Regexp(t, `^8\.\d+ ms$`, rows[12][2])
	drawn := slices.IndexFunc(chartsOf(t, d), func(c map[string]any) bool { return c["id"] == "trend-0" })
	require.NotEqual(t, -1, drawn)
	for _, one := range chartsOf(t, d)[drawn]["lines"].([]any) {
		values := one.(map[string]any)["values"].([]any)
		assert.InDelta(t, 5.5, values[0], 0.5)
		assert.InDelta(t, 8.2, values[11], 0.5)
	}
	assert.NotEmpty(t, rows[7][3])
	assert.Contains(t, page.String(), `"labels":["1.0","1.1",`)
	assert.Contains(t, page.String(), `"marks":[6]`)
	assert.Equal(t, "1.1", d.rows(t, "Runs that are left out, and other notes")[1][0])
	assert.NotContains(t, page.String(), "No rule has a change point.")
}

func TestPageOfATrendWithoutAChange(t *testing.T) {
	t.Parallel()
	var records []*runrecord.Record
	for i := range 12 {
		start := testStart.Add(time.Duration(i) * time.Hour)
		records = append(records, load{start: start, seconds: 3, slower: 1 + 0.01*float64(i%3)}.record())
	}
	rule, err := compare.ParseRule("p50 of http_req_duration", "+10%")
	require.NoError(t, err)
	var page bytes.Buffer
	require.NoError(t, Write(&page, records, rule))
	assert.Contains(t, page.String(), "No rule has a change point.")
	assert.NotContains(t, page.String(), "Runs that are left out, and other notes")
}

// Too few runs to find a change do not look as if nothing had changed.
func TestPageOfATrendThatIsTooShort(t *testing.T) {
	t.Parallel()
	var records []*runrecord.Record
	for i := range 4 {
		start := testStart.Add(time.Duration(i) * time.Hour)
		records = append(records, load{start: start, seconds: 3, slower: 1 + float64(i/2)}.record())
	}
	rule, err := compare.ParseRule("p50 of http_req_duration", "+10%")
	require.NoError(t, err)
	var page bytes.Buffer
	require.NoError(t, Write(&page, records, rule))
	assert.Contains(t, parsed(t, page.String()).texts("p"),
		"Each point is a run. Changes are not known for 1 of 1 rules: 4 runs are too few to find changes.")
	assert.NotContains(t, page.String(), "No rule has a change point.")
	assert.NotContains(t, page.String(), `"label":"level"`)
}

// Values that do not vary have neither a chart nor a table.
func TestPageWithoutEmptyParts(t *testing.T) {
	t.Parallel()
	r := load{seconds: 10, slower: 1}.record()
	b := runrecord.NewBuilder()
	for name, values := range map[string][]float64{
		metricname.TokenTTL: {300_000, 300_000}, metricname.TokenRemaining: {299_000, 295_000},
	} {
		for _, v := range values {
			b.Cell(name, runrecord.Trend, "time", func(string) string { return "" }).Observe(v, testStart)
		}
	}
	same := &runrecord.Record{}
	b.Fill(same, new(runrecord.Instance))
	for name, m := range same.Metrics {
		r.Metrics[name] = m
	}
	idle := *r.Metrics[metricname.VUs]
	idle.All = &runrecord.Values{Type: runrecord.Gauge, Samples: 10}
	r.Metrics[metricname.VUs] = &idle
	d := pageOf(t, r)
	assert.Contains(t, d.texts("p"), "Each token was granted for 300 s, and had at least 295 s left when it was used.")
	assert.NotContains(t, d.texts("figcaption"), "Lifetime of tokens")
	assert.Equal(t, []string{"from", "iterations"}, d.rows(t, "Virtual users and iterations")[0], "none was ever busy")
	rows := d.rows(t, "API requests by tags with one value")
	assert.Equal(t, []string{"tag", "scenario: api", "client: me", "status: 200"},
		[]string{rows[0][0], rows[1][0], rows[2][0], rows[3][0]})

	failed := load{seconds: 10, slower: 1, failing: true}.record()
	assert.Contains(t, pageOf(t, failed).texts("figcaption"), "Lifetime of tokens", "lifetimes that differ are drawn")

	zero := &chart{Lines: []line{{Values: []number{0, number(math.NaN())}}}, Title: "Pauses"}
	part := section{}
	part.chart(zero, &chart{Lines: []line{{Values: []number{0, 1}}}})
	assert.Equal(t, []string{"Pauses: 0 during the whole time."}, part.Instead)
	assert.Len(t, part.Charts, 1)
}
