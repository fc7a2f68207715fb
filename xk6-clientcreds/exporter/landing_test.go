package exporter

import (
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/metrics"
)

// get asks the exporter for a path.
func (r *rig) get(method, path string) *httptest.ResponseRecorder {
	r.t.Helper()
	response := httptest.NewRecorder()
	h := r.handler()
	h.ServeHTTP(response, httptest.NewRequest(method, path, nil))
	return response
}

func TestLandingPage(t *testing.T) {
	r := newRig(t, "path=/k6,dropMetrics=vus", withScenarios(t, `{"a": {"executor": "constant-vus", "duration": "10s"}}`))
	page := func() string {
		response := r.get(http.MethodGet, "/")
		require.Equal(t, http.StatusOK, response.Code)
		assert.Contains(t, response.Header().Get("Content-Type"), "text/html")
		return response.Body.String()
	}
	assert.Contains(t, page(), "The test has not started.")
	r.add(r.builtin.Checks, 1, "check", "a")
	r.add(r.builtin.Checks, 1, "check", "b")
	r.add(r.builtin.Iterations, 1)
	r.add(r.builtin.Iterations, math.NaN())
	r.add(r.builtin.VUs, 1)
	evil := &metrics.Metric{Name: `<script>alert(1)</script>`, Type: metrics.Counter} // a Go extension may make it
	r.add(evil, 1)
	r.time = r.time.Add(4 * time.Second)
	body := page()
	assert.Contains(t, body, "The test is running: 40% is done.")
	assert.Contains(t, body, `<a href="/k6">Metrics</a>`)
	assert.Contains(t, body, `<a href="/-/healthy">Health</a>`)
	row := func(name, served, kind, labelSets, dropped string) string {
		return "<tr><td>" + name + "</td><td>" + served + "</td><td>" + kind + `</td><td class="n">` + labelSets +
			`</td><td class="n">` + dropped + "</td></tr>"
	}
	checks := row("checks", "k6_checks_rate, k6_checks_samples_total, k6_checks_nonzero_total", "rate", "2", "0")
	iterations := row("iterations", "k6_iterations_total", "counter", "1", "1")
	assert.Contains(t, body, checks)
	assert.Contains(t, body, iterations)
	assert.Less(t, strings.Index(body, checks), strings.Index(body, iterations), "most label sets first")
	assert.Contains(t, body, row("vus", "left out by the options", "gauge", "0", "0"))
	assert.NotContains(t, body, "<script")
	assert.NotContains(t, body, "debug/pprof")
	r.store.finish(errors.New("failed"))
	assert.Contains(t, page(), "The test has ended; k6 exits with 255.")
	assert.Equal(t, http.StatusNotFound, r.get(http.MethodGet, "/metrics").Code)
	assert.Empty(t, r.scrapes.scrapers, "to look at the page is not to scrape")
}

func TestHealth(t *testing.T) {
	r := newRig(t, "")
	response := r.get(http.MethodGet, "/-/healthy")
	assert.Equal(t, http.StatusOK, response.Code)
	assert.Equal(t, "k6 is healthy.\n", response.Body.String())
	assert.Equal(t, http.StatusOK, r.get(http.MethodHead, "/-/healthy").Code)
	assert.Equal(t, http.StatusMethodNotAllowed, r.get(http.MethodPost, "/-/healthy").Code)
	assert.Empty(t, r.scrapes.scrapers, "a health check is not a scrape")
}
