package dashboards

import (
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
)

// The state of the test as the exporter serves it.
const (
	testInfo       = "k6_info"
	testProgress   = "k6_test_progress_ratio"
	testStart      = "k6_test_start_time_seconds"
	testEnd        = "k6_test_end_time_seconds"
	exitCode       = "k6_test_exit_code"
	scenarioDone   = "k6_scenario_progress_ratio"
	thresholdState = "k6_threshold_crossed"
	thresholdLimit = "k6_threshold_limit"
	thresholdValue = "k6_threshold_value"
	droppedSamples = "k6_prometheus_dropped_samples_total"
	exportedSeries = "k6_prometheus_series"

	usersActive        = prefix + metricname.VUs
	iterationsEnded    = prefix + metricname.Iterations + counted
	iterationTime      = prefix + metricname.IterationDuration + seconds
	droppedIterations  = prefix + metricname.DroppedIterations + counted
	checksMade         = prefix + metricname.Checks + samples
	checksPassed       = prefix + metricname.Checks + nonzero
	dataReceived       = prefix + metricname.DataReceived + counted
	dataSent           = prefix + metricname.DataSent + counted
	generatorCPU       = prefix + metricname.GeneratorCPU
	generatorThrottled = prefix + metricname.GeneratorThrottled
	generatorLag       = prefix + metricname.GeneratorLag + seconds
	saturatedSeconds   = prefix + metricname.GeneratorSaturated + nonzero
	watchedSeconds     = prefix + metricname.GeneratorSaturated + samples

	started = testStart + "{" + ofRun + "} * 1000"
	ended   = testEnd + "{" + ofRun + "} * 1000"
)

// runOverview answers what one asks first: does the run go well, does it count, and where to look.
func runOverview() *dashboard.DashboardBuilder {
	d := frame("clientcreds-run-overview", "Load test overview",
		"Verdict, thresholds and load of a k6 run. Follow the links at the top to the token endpoint and to the API.")
	overviewFigures(d)
	thresholds(d)
	d.WithRow(section("Load")).
		WithPanel(rightAxis(curves("Load and virtual users",
			"Iterations and requests per second, and how many virtual users make them.", "cps",
			graph(perSecond(iterationsEnded, ofScenario), "iterations"),
			graph(perSecond(apiRequests, ofScenario), "API requests"),
			graph(perSecond(grantRequests, ofClient), "token requests"),
			graph("sum ("+usersActive+"{"+ofRun+"})", "virtual users")), "virtual users", "short")).
		WithPanel(dashed(curves("p95 latency",
			"95% of the requests take at most this long. Dashed: the limits of the script's thresholds on p(95).", "s",
			graph(quantile(0.95, apiDuration, ofAnswers), "API"),
			graph(quantile(0.95, grantDuration, ofClient), "token endpoint"),
			graph("max by (metric, threshold) ("+thresholdLimit+"{"+ofRun+
				`,metric=~"(http_req|clientcreds_request)_duration.*",threshold=~"p\\(95\\).*"})`,
				"limit of {{metric}}: {{threshold}}")), "/^limit/")).
		WithPanel(curves("Errors", "Per second: what failed at the API, at the token endpoint and in the script's checks.",
			"cps",
			graph(orZeroNow(perSecond(apiFailures, ofScenario)), "API requests"),
			graph(orZeroNow(perSecond(grantFailures, ofClient)), "token requests"),
			graph(orZeroNow(perSecond(checksMade, ofScenario)+" - "+perSecond(checksPassed,
				ofScenario)), "checks"))).
		WithPanel(share(curves("Checks over time", "Share of the script's checks that passed, by check.", "percentunit",
			graph(ratio(perSecond(checksPassed, ofScenario, "check"),
				perSecond(checksMade, ofScenario, "check")), "{{check}}"))))
	generatorLoad(d)
	exporterHealth(d)
	return d
}

// verdict is 0 for a run that passes so far, 1 for one that fails, and 2 or 3 for one that is not
// valid: then what it measured is not what it was to measure.
func verdict() string {
	counted := func(metrics ...string) string {
		var terms []string
		for _, m := range metrics {
			terms = append(terms, "("+orZero("sum ("+last(m, ofRun)+")")+")")
		}
		return "((" + strings.Join(terms, " + ") + ") > bool 0)"
	}
	return "2 * ((" + counted(rejections, expiredTokenUses,
		droppedSamples) + " + " + notKept() + " + " + saturated() + ") > bool 0) + " +
		counted(thresholdState, exitCode)
}

// notKept is 1 where k6 dropped more than one of a thousand iterations: docs/guides/validity.md has the limits.
func notKept() string {
	dropped := "(" + orZero(total(droppedIterations, ofScenario)) + ")"
	return "(" + dropped + " > bool 0.001 * (" + dropped + " + (" + orZero(total(iterationsEnded, ofScenario)) +
		")))"
}

// saturated is 1 where k6 itself was the limit for more than a tenth of the time, and for three seconds.
func saturated() string {
	at := "(" + orZero(total(saturatedSeconds, ofRun)) + ")"
	return "((" + at + " > bool 0.1 * (" + orZero(total(watchedSeconds, ofRun)) + ")) * (" + at + " >= bool 3))"
}

func overviewFigures(d *dashboard.DashboardBuilder) {
	verdictPanel := figure("Verdict",
		"PASS: no threshold is crossed so far. FAIL: one is, or k6 ended with an error. NOT VALID: tokens were refused or "+
			"used "+
			"late, the rate was not kept, k6 itself was the limit, or samples are missing here, so the numbers do not say what "+
			"they should.", "short", verdict()).
		ColorMode(common.BigValueColorModeBackground).
		Mappings(mapped(map[string]dashboard.ValueMappingResult{
			"0": word("PASS", green), "1": word("FAIL", red), "2": word("NOT VALID", purple), "3": word("NOT VALID", purple),
		}))
	d.WithPanel(verdictPanel).
		WithPanel(figure("Progress", "How much of the run is over, over all instances.", "percentunit",
			"avg ("+last(testProgress, ofRun)+")").Max(1)).
		WithPanel(figure("API requests failed", "Share of API requests of the run that k6 counts as failed.", "percentunit",
			ratio(orZero(total(apiFailures, ofScenario)), total(apiRequests, ofScenario))).
			Thresholds(steps(above(green), from(0.0001, yellow), from(0.01, red)))).
		WithPanel(figure("Token requests failed", "Share of token requests of the run that brought no token.", "percentunit",
			ratio(orZero(total(grantFailures, ofClient)), total(grantRequests, ofClient))).
			Thresholds(steps(above(green), from(0.0001, yellow), from(0.01, red)))).
		WithPanel(mustBeZero(figure("401 answers and expired tokens used",
			"Requests of the run that were refused for their token, and those sent with an expired one.", "short",
			"("+orZero(total(rejections, ofClient))+") + ("+orZero(total(expiredTokenUses, ofClient))+")"))).
		WithPanel(figure("Checks passed", "Share of the script's checks of the run that passed.", "percentunit",
			ratio(orZero(total(checksPassed, ofScenario)), total(checksMade, ofScenario))).
			Thresholds(steps(above(red), from(0.99, yellow), from(1, green))))
}

func thresholds(d *dashboard.DashboardBuilder) {
	states := mapped(map[string]dashboard.ValueMappingResult{"0": word("ok", green), "1": word("crossed", red)})
	timeline := statetimeline.NewPanelBuilder().
		Title("Thresholds over time").Description("When each threshold was crossed.").Datasource(source).
		Span(9).Height(graphHeight).
		Mappings(states).ShowValue(common.VisibilityModeNever).MergeValues(true).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(false).DisplayMode(common.LegendDisplayModeHidden).Placement(
			common.LegendPlacementBottom)).
		WithTarget(graph("max by (metric, threshold) ("+thresholdState+"{"+ofRun+"})",
			"{{metric}}: {{threshold}}").RefId("A"))
	ofEach := func(metric string) string { return "max by (metric, threshold) (" + last(metric, ofRun) + ")" }
	table := merged(list("Thresholds",
		"Every threshold of the script, whether it is crossed, its value and its limit, as of the end of the time shown. "+
			"Values are in the unit of the metric in Prometheus: seconds for times. With several instances, the highest.",
		ofEach(thresholdState)).
		WithTarget(rows(ofEach(thresholdValue)).RefId("B")).
		WithTarget(rows(ofEach(thresholdLimit)).RefId("C")),
		[]string{"metric", "threshold"}, []string{"state", "value", "limit"}).
		Span(9).
		OverrideByName("state", []dashboard.DynamicConfigValue{
			{Id: "mappings", Value: states},
			{Id: "custom.cellOptions", Value: map[string]any{"type": "color-background", "mode": "basic"}},
		})
	scenarios := bargauge.NewPanelBuilder().
		Title("Scenarios").Description("How much of each scenario is over, over all instances.").Datasource(source).
		Span(6).Height(graphHeight).
		Unit("percentunit").Min(0).Max(1).
		DisplayMode(common.BarGaugeDisplayModeBasic).Orientation(common.VizOrientationHorizontal).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		Thresholds(steps(above(blue))).
		WithTarget(instant("avg by (scenario) ("+last(scenarioDone, ofScenario)+")", "{{scenario}}").RefId("A"))
	d.WithRow(section("Thresholds and scenarios")).WithPanel(table).WithPanel(timeline).WithPanel(scenarios)
}

func generatorLoad(d *dashboard.DashboardBuilder) {
	d.WithRow(section("Load generator")).
		WithPanel(share(curves("CPU",
			"Share of the CPU time that each k6 process may use. One that is out of CPU measures itself, not the server: "+
				"above 80% take more machines, or less load.", "percentunit",
			graph("sum by (instance) (rate(process_cpu_seconds_total{"+ofRun+"}["+window+"])) / sum by (instance) "+
				"(go_sched_gomaxprocs_threads{"+ofRun+"})", "{{instance}}"))).
			ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed)).
			Thresholds(steps(above(green), from(0.8, red)))).
		WithPanel(curves("Lateness",
			"How late each k6 process runs what is due, on average: so much of a latency may be its own. Beyond 10 ms it "+
				"counts as saturated.", "s",
			graph(quantile(0.95, generatorLag, ofRun, "instance"), "p95 {{instance}}"))).
		WithPanel(share(curves("At the limit",
			"CPU as the module sees it, the share of periods in which a limit of the container stopped k6, "+
				"and the share of seconds in which k6 had used 90% of its CPU, was 10 ms late, or was stopped. "+
				"Above 10% the run is not valid.", "percentunit",
			graph("sum by (instance) ("+generatorCPU+"{"+ofRun+"})", "CPU {{instance}}"),
			graph("sum by (instance) ("+generatorThrottled+"{"+ofRun+"})", "stopped {{instance}}"),
			graph(ratio(total(saturatedSeconds, ofRun, "instance"), total(watchedSeconds, ofRun, "instance")),
				"at the limit {{instance}}")))).
		WithPanel(curves("Memory", "Resident memory of each k6 process.", "bytes",
			graph("sum by (instance) (process_resident_memory_bytes{"+ofRun+"})", "{{instance}}")))
}

func exporterHealth(d *dashboard.DashboardBuilder) {
	d.WithRow(section("This run and its exporter")).
		WithPanel(columns(list("Instances", "The k6 processes of the run.",
			"max by (job, instance, testid, version, extension_version) ("+last(testInfo, ofRun)+")").Height(6),
			"", "job", "instance", "testid", "version", "extension_version")).
		WithPanel(smaller(mustBeZero(figure("Dropped samples",
			"Samples that the exporter did not take, because a metric had too many series or the value was not a number. "+
				"Above 0 the numbers here are too small.", "short", orZero("sum ("+last(droppedSamples, ofRun)+")"))))).
		WithPanel(smaller(figure("Series", "Time series that the exporter serves.", "short",
			"sum ("+last(exportedSeries, ofRun)+")"))).
		WithPanel(smaller(figure("Longest scrape",
			"How long it took Prometheus at most to read the exporter. A scrape that takes longer than its timeout is lost.",
			"s",
			"max (max_over_time((scrape_duration_seconds{"+ofTarget+"} and on (job, instance) "+testInfo+"{"+ofRun+"})["+
				wholeRun+":"+step+"]))")))
}

func smaller(p *stat.PanelBuilder) *stat.PanelBuilder { return p.Height(6) }
