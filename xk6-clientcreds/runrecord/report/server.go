package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// serverChart is a chart of some measurements of a server under test.
type serverChart struct {
	id, title string // the title is followed by the name of the server
	unit      unit
	lines     []serverLine
}

type serverLine struct{ measurement, label string }

var serverCharts = []serverChart{
	{"usage", "Used share of", share, []serverLine{
		{"cpu_usage", "CPU"},
		{"node_cpu_usage", "CPU of the machine"},
		{"event_loop_usage", "event loop"},
		{"threads_usage", "threads for requests"},
		{"connections_usage", "database connections"},
		{"gc", "time of garbage collection"},
	}},
	{"cpu", "CPU cores used by", plain, []serverLine{{"cpu", "server"}, {"node_cpu", "all of the machine"}}},
	{"requests", "Requests to", perSecond, []serverLine{{"requests", "requests"}}},
	{"memory", "Memory of", bytesOf, []serverLine{{"memory", "memory"}}},
	{"lag", "Event loop lag of", milliseconds, []serverLine{{"event_loop_lag", "lag"}}},
	{"work", "Threads and database connections of", plain, []serverLine{
		{"threads", "threads"}, {"connections", "connections in use"}, {"connections_waiting", "waiting for a connection"},
	}},
}

// serversUnderTest shows what the servers under test did, on the same time axis as the latency.
func serversUnderTest(groups ...*group) section {
	part := section{ID: "server", Title: "Servers under test", Note: "As the servers' own metrics say."}
	var records []*runrecord.Record
	for _, g := range groups {
		records = append(records, g.aligned...)
	}
	for _, server := range runrecord.Servers(records) {
		for _, c := range slices.Concat(serverCharts, chosenCharts(server, records)) {
			part.chart(c.draw(server, groups))
		}
	}
	return part
}

// draw makes the chart of all groups; nil if there is nothing to draw.
func (c serverChart) draw(server string, groups []*group) *chart {
	axis := c.unit
	if axis == share {
		axis = percent
	}
	var curves []curve
	for i, l := range c.lines {
		for side, g := range groups {
			one := g.gauge(runrecord.ServerMetricName(server, l.measurement), l.label).perProcess()
			if c.unit == share {
				one.value = func(v *runrecord.Values) float64 { return v.Last * 100 }
			}
			one.Color, one.Dash = i%colors, len(groups)*i+side
			if len(groups) > 1 { // as in the other charts of two sides
				one.Color = side
			}
			curves = append(curves, one)
		}
	}
	return overTime("server-"+server+"-"+c.id, c.title+" "+server, "", []unit{axis}, curves...)
}

// chosenCharts are the charts of the metrics that were recorded on demand.
func chosenCharts(server string, records []*runrecord.Record) []serverChart {
	kinds := make(map[string]*runrecord.Metric)
	for _, r := range records {
		for name, m := range r.Metrics {
			of, measurement, ok := runrecord.ParseServerMetric(name)
			if _, known := runrecord.KnownServerMetric(name); ok && of == server && !known {
				kinds[measurement] = cmp.Or(kinds[measurement], m)
			}
		}
	}
	var charts []serverChart
	for i, name := range slices.Sorted(maps.Keys(kinds)) {
		charts = append(charts, serverChart{
			fmt.Sprintf("chosen-%d", i), name + " of", unitOf(kinds[name]), []serverLine{{name, name}},
		})
	}
	return charts
}
