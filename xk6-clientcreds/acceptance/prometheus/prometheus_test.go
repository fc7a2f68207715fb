package prometheus

import "testing"

// A Prometheus scrapes two runs of k6, one that goes well and one that does not, and then every
// query, rule and alert of the project is put to it.
func TestPrometheus(t *testing.T) {
	o := observeRuns(t)
	t.Run("totals", o.testTotals)
	t.Run("beginnings", o.testBeginnings)
	t.Run("percentiles", o.testPercentiles)
	t.Run("dashboards", o.testDashboards)
	t.Run("verdicts", o.testVerdicts)
	t.Run("rules", o.testRules)
	t.Run("alerts", o.testAlerts)
	t.Run("exposition", o.testExposition)
	t.Run("official dashboards", o.testOfficialDashboards)
}
