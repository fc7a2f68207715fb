package exporter

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
)

// landing is the page at the root of the exporter: what the test does now, where the metrics are, and which metric has
// how many series. It counts label sets where Prometheus would need one series for each metric to know.
type landing struct {
	path  string // of the metrics
	store *store
}

// landingMetric is one row of the table on the page.
type landingMetric struct {
	Name, Served, Type string
	LabelSets, Dropped int
	LeftOut            bool
}

// ServeHTTP implements http.Handler.
func (l landing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page, err := l.page()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	page.ServeHTTP(w, r)
}

// page makes the page as it is now. The toolkit's template does not escape, so everything that a script can name is in
// the table, which does.
func (l landing) page() (*web.LandingPageHandler, error) {
	state, rows := l.store.summary()
	var table strings.Builder
	if err := landingTable.Execute(&table, map[string]any{"State": state, "Rows": rows}); err != nil {
		return nil, err
	}
	return web.NewLandingPage(web.LandingConfig{
		Name:        "k6 Prometheus output",
		Description: "Metrics of a k6 test, while it runs",
		Version:     procinfo.VersionOf(procinfo.ExtensionModule),
		Links: []web.LandingLinks{
			{Address: l.path, Text: "Metrics", Description: "for Prometheus to scrape"},
			{Address: healthPath, Text: "Health", Description: "answers 200 while k6 serves metrics"},
		},
		ExtraHTML: table.String(),
		ExtraCSS:  "table { border-spacing: 1rem 0.2rem; } th { text-align: left; } td.n { text-align: right; }",
		Profiling: "false",
	})
}

var landingTable = template.Must(template.New("metrics").Parse(`<p>{{.State}}</p>
{{if .Rows}}<table>
<tr><th>k6 metric</th><th>Prometheus metric</th><th>Type</th><th>Label sets</th><th>Dropped samples</th></tr>
{{range .Rows}}<tr><td>{{.Name}}</td><td>{{if .LeftOut}}left out by the options{{else}}{{.Served}}{{end}}</td>` +
	`<td>{{.Type}}</td><td class="n">{{.LabelSets}}</td><td class="n">{{.Dropped}}</td></tr>
{{end}}</table>{{end}}
`))

// summary says how the test is, and what of each metric is served. The metrics with most label sets come first.
func (st *store) summary() (state string, rows []landingMetric) {
	st.mu.Lock()
	defer st.mu.Unlock()
	dropped := make(map[string]int)
	for why, samples := range st.dropped {
		dropped[why.metric] += int(samples) // #nosec G115 -- a count of samples
	}
	for m, f := range st.byMetric {
		rows = append(rows, landingMetric{
			Name: m.Name, Served: strings.Join(f.names, ", "), Type: m.Type.String(),
			LabelSets: len(f.series), Dropped: dropped[m.Name], LeftOut: f.leftOut,
		})
	}
	slices.SortFunc(rows, func(a, b landingMetric) int {
		return cmp.Or(cmp.Compare(b.LabelSets, a.LabelSets), cmp.Compare(a.Name, b.Name))
	})
	return st.run.state(), rows
}

// state says in a sentence how far the test is.
func (r *runState) state() string {
	switch part, known := r.progress(); {
	case r.start.IsZero():
		return "The test has not started."
	case !r.end.IsZero():
		return fmt.Sprintf("The test has ended; k6 exits with %d.", r.exitCode)
	case known:
		return fmt.Sprintf("The test is running: %.0f%% is done.", 100*part)
	default:
		return "The test is running."
	}
}
