package recorder

import (
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// exposition holds the metrics that a server exposes.
type exposition struct {
	families map[string]*dto.MetricFamily
	cpus     float64 // that the server may use, as the user says; 0 if the user does not say
}

// reader reads a number off an exposition; false if the server does not have it.
type reader func(e exposition) (float64, bool)

// source is a way to take a measurement. The first source that a server has counts.
type source struct {
	read reader
	rate bool   // per second
	of   reader // the amount of which the measurement is the used share; nil if it is not a share
}

// sources are the sources of the measurements in runrecord.ServerMetrics: from the metrics of Go, of Java (Micrometer),
// of Node.js, and of node_exporter.
var sources = map[string][]source{
	"cpu": {
		{read: sum("process_cpu_seconds_total"), rate: true},
		{read: sum("process_cpu_time_ns_total").times(1 / float64(time.Second)), rate: true},
	},
	"cpu_usage": {
		{read: sum("process_cpu_seconds_total"), rate: true, of: told},
		{read: sum("process_cpu_time_ns_total").times(1 / float64(time.Second)), rate: true, of: told},
		{read: sum("process_cpu_seconds_total"), rate: true, of: sum("go_sched_gomaxprocs_threads")},
		// Node.js runs JavaScript on one thread. The value is 1.
		{read: sum("process_cpu_seconds_total"), rate: true, of: sum("nodejs_version_info")},
		{read: sum("process_cpu_time_ns_total").times(1 / float64(time.Second)), rate: true, of: sum("system_cpu_count")},
		{read: sum("process_cpu_usage")},
	},
	"node_cpu": {{read: busy("node_cpu_seconds_total"), rate: true}},
	"node_cpu_usage": {
		{read: busy("node_cpu_seconds_total"), rate: true, of: idlers("node_cpu_seconds_total")},
		{read: sum("system_cpu_usage")},
	},
	"memory": {
		{read: sum("process_resident_memory_bytes")},
		{read: sum("jvm_memory_used_bytes")},
		{read: sum("node_memory_Active_bytes")},
	},
	"gc": {
		{read: sum("go_gc_duration_seconds"), rate: true},
		{read: sum("jvm_gc_pause_seconds"), rate: true},
		{read: sum("nodejs_gc_duration_seconds"), rate: true},
	},
	"event_loop_lag": {
		{read: sum("nodejs_eventloop_lag_p99_seconds").times(1000)},
		{read: sum("nodejs_eventloop_lag_seconds").times(1000)},
	},
	"event_loop_usage": {
		{read: sum("nodejs_eventloop_utilization_ratio")},
		{read: sum("nodejs_eventloop_utilization")},
	},
	"threads": {
		{read: sum("go_goroutines")},
		{read: sum("jvm_threads_live_threads")},
	},
	"threads_usage": {{read: sum("tomcat_threads_busy_threads"), of: sum("tomcat_threads_config_max_threads")}},
	"connections": {
		{read: sum("agroal_active_count")},
		{read: sum("hikaricp_connections_active")},
		{read: sum("go_sql_in_use_connections")},
	},
	"connections_usage": {
		{read: sum("hikaricp_connections_active"), of: sum("hikaricp_connections_max")},
		{read: sum("go_sql_in_use_connections"), of: sum("go_sql_max_open_connections")},
	},
	"connections_waiting": {
		{read: sum("agroal_awaiting_count")},
		{read: sum("hikaricp_connections_pending")},
	},
	"requests": {
		{read: count("http_server_requests_seconds"), rate: true},
		{read: sum("http_requests_total"), rate: true},
	},
}

// sum adds up the series of a metric: of histograms and summaries their sums.
func sum(name string) reader {
	return of(name, func(m *dto.Metric) float64 {
		return m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue() +
			m.GetSummary().GetSampleSum() + m.GetHistogram().GetSampleSum()
	})
}

// count adds up how many samples the series of a histogram or a summary have.
func count(name string) reader {
	return of(name, func(m *dto.Metric) float64 {
		return float64(m.GetSummary().GetSampleCount()) + float64(m.GetHistogram().GetSampleCount())
	})
}

// busy is the time in which the CPUs do something.
func busy(name string) reader {
	return of(name, func(m *dto.Metric) float64 {
		if mode := modeOf(m); mode == "idle" || mode == "iowait" {
			return 0
		}
		return m.GetCounter().GetValue() + m.GetUntyped().GetValue()
	})
}

// idlers is the number of CPUs: each has one series for the time in which it is idle.
func idlers(name string) reader {
	return of(name, func(m *dto.Metric) float64 {
		if modeOf(m) == "idle" {
			return 1
		}
		return 0
	})
}

func modeOf(m *dto.Metric) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == "mode" {
			return l.GetValue()
		}
	}
	return ""
}

// of adds up a value of each series of a metric.
func of(name string, value func(*dto.Metric) float64) reader {
	return func(e exposition) (total float64, found bool) {
		family := e.families[name]
		for _, m := range family.GetMetric() {
			total += value(m)
		}
		return total, family != nil
	}
}

// told is the number of CPUs that the user says.
func told(e exposition) (float64, bool) { return e.cpus, e.cpus > 0 }

func (r reader) times(factor float64) reader {
	return func(e exposition) (float64, bool) {
		value, found := r(e)
		return value * factor, found
	}
}

// chosen is a metric of a server that is recorded on demand.
type chosen struct {
	name     string
	contains string
	source   source
	each     reader // how many samples the value is the total of; nil if it is not an average
}

// choices are the values that a family of metrics can provide: of a counter how fast it grows, of a histogram or a
// summary how many samples there are per second, and their average.
func choices(family *dto.MetricFamily) []chosen {
	name := family.GetName()
	switch family.GetType() {
	case dto.MetricType_HISTOGRAM, dto.MetricType_GAUGE_HISTOGRAM, dto.MetricType_SUMMARY:
		contains, factor := containsOf(name)
		return []chosen{
			{name: name, contains: contains, source: source{read: sum(name).times(factor)}, each: count(name)},
			{name: name + "_count", contains: "rate", source: source{read: count(name), rate: true}},
		}
	case dto.MetricType_COUNTER:
		return []chosen{{name: name, contains: "rate", source: source{read: sum(name), rate: true}}}
	default:
		if family.GetType() == dto.MetricType_UNTYPED && strings.HasSuffix(name, "_total") {
			return []chosen{{name: name, contains: "rate", source: source{read: sum(name), rate: true}}}
		}
		contains, factor := containsOf(name)
		return []chosen{{name: name, contains: contains, source: source{read: sum(name).times(factor)}}}
	}
}

// containsOf is the kind of values by the unit in the name of a metric, and the factor to the record's unit.
func containsOf(name string) (contains string, factor float64) {
	switch {
	case strings.HasSuffix(name, "_seconds"):
		return "time", 1000
	case strings.HasSuffix(name, "_bytes"):
		return "data", 1
	case strings.HasSuffix(name, "_ratio"):
		return "share", 1
	}
	return "default", 1
}
