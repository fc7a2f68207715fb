package prometheus

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// dashboardQuery is a query of a dashboard.
type dashboardQuery struct {
	dashboard, panel string
	expr             string
	instant          bool
}

// dashboardQueries returns the queries of the panels and annotations of a dashboard file.
func dashboardQueries(t *testing.T, file string) []dashboardQuery {
	t.Helper()
	type target struct {
		Expr    string
		Instant bool
	}
	type panel struct {
		Title   string
		Targets []target
		Panels  []panel
	}
	var d struct {
		Panels      []panel
		Annotations struct {
			List []struct {
				Name   string
				Expr   string
				Target target
			}
		}
	}
	text, err := os.ReadFile(file) // #nosec G304 -- of this repository
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &d), file)
	var list []dashboardQuery
	var add func(panels []panel)
	add = func(panels []panel) {
		for _, p := range panels {
			for _, q := range p.Targets {
				list = append(list, dashboardQuery{filepath.Base(file), p.Title, q.Expr, q.Instant})
			}
			add(p.Panels)
		}
	}
	add(d.Panels)
	for _, a := range d.Annotations.List {
		if a.Expr != "" {
			list = append(list, dashboardQuery{filepath.Base(file), a.Name, a.Expr, false})
		}
	}
	return list
}

// shown is a query with its variables filled in, as Grafana does: all of one job, a window of a few
// scrapes, and everything that was observed as the time of the dashboard. The faulty run is selected by its tag testid;
// the steady run has none.
func (q dashboardQuery) shown(job string) string {
	testid := ".*"
	if strings.HasPrefix(job, jobFaulty) {
		testid = job
	}
	return strings.NewReplacer(
		"$testid", testid,
		"$job", job, "$instance", ".*", "$scenario", ".*", "$client", ".*",
		"$__rate_interval", "4s", "$__interval", "1s", "$__range", "10m",
	).Replace(q.expr)
}

// has reports whether a query of a dashboard returns data for a job: a number, or a histogram with
// something in it.
func (o *observed) has(t *testing.T, q dashboardQuery, job string) bool {
	t.Helper()
	var result []series
	if q.instant {
		result = o.query(t, q.shown(job), o.to)
	} else {
		result = o.queryRange(t, q.shown(job), o.from, o.to)
	}
	for _, s := range result {
		if s.Histogram != nil || len(s.Histograms) > 0 || s.Value != nil && !isNaN(s.Value.v) {
			return true
		}
		for _, p := range s.Values {
			if !isNaN(p.v) {
				return true
			}
		}
	}
	return false
}

func isNaN(v float64) bool { return v != v }

// zeroInstead finds what makes a query 0 where a counter has not begun to count.
var zeroInstead = regexp.MustCompile(`(or \(?0 \* sum \((?:last_over_time\()?)k6_vus_max`)

// withoutZero is the query without that: it returns data only where something was counted.
func (q dashboardQuery) withoutZero() dashboardQuery {
	q.expr = zeroInstead.ReplaceAllString(q.expr, "${1}no_such_metric")
	return q
}

// testDashboards: every query of every panel returns data, from native and from classic histograms,
// and in a run in which everything happens it does not do so for want of a count.
func (o *observed) testDashboards(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(k6test.Root, "dashboards/grafana/*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	count := 0
	for _, file := range files {
		for _, q := range dashboardQueries(t, file) {
			count++
			for i, steady := range o.steadyJobs() {
				faulty := []string{jobFaulty, jobFaultyClassic}[i+2-len(o.steadyJobs())]
				assert.True(t, o.has(t, q, steady) || o.has(t, q, faulty), "%s: %s: no data for %s and %s: %s",
					q.dashboard, q.panel, steady, faulty, q.shown(steady))
				strict := q.withoutZero()
				assert.True(t, strict.expr == q.expr || o.has(t, strict, faulty), "%s: %s: nothing counted for %s: %s",
					q.dashboard, q.panel, faulty, strict.shown(faulty))
			}
		}
	}
	assert.Greater(t, count, 40, "queries of dashboards")
}

// The first page shows k6's own numbers.
func (o *observed) testVerdicts(t *testing.T) {
	file := filepath.Join(k6test.Root, "dashboards/grafana/run-overview.json")
	for _, q := range dashboardQueries(t, file) {
		if q.panel != "Verdict" {
			continue
		}
		want := 0.0
		if lacksCPU(o.steady.Summary) {
			want = 2
		}
		for _, job := range o.steadyJobs() {
			assert.Equal(t, want, o.value(t, q.shown(job), o.to), "the steady run passes: %s", q.shown(job))
		}
		assert.Equal(t, 3.0, o.value(t, q.shown(jobFaultyClassic), o.to), "the faulty run fails and is not valid")
		return
	}
	t.Error("no panel is called Verdict")
}

// lacksCPU says by k6's own numbers whether the machine was too busy for the load: such a run is not valid, and the
// dashboard has to say so.
func lacksCPU(s k6test.Summary) bool {
	saturated := s.Value("clientcreds_generator_saturated", "passes")
	seconds := saturated + s.Value("clientcreds_generator_saturated", "fails")
	dropped := s.Value("dropped_iterations", "count")
	return saturated >= 3 && saturated > seconds/10 || dropped > (dropped+s.Value("iterations", "count"))/1000
}
