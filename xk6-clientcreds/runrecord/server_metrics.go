package runrecord

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
)

// serverPrefix begins the names of the metrics of servers under test: server:NAME:cpu and so on.
const serverPrefix = "server:"

// The kinds of values that only the metrics of servers have. The others are k6's: default, time, and data.
const (
	// ContainsShare are shares from 0 to 1.
	ContainsShare = "share"
	// ContainsRate are numbers per second.
	ContainsRate = "rate"
)

// ServerMetric is a measurement that a recorder takes of a server under test, whatever the server calls it.
type ServerMetric struct {
	Name     string
	Contains string
	// Limited says that the measurement is the used share of something that the server has a limited amount of.
	Limited bool
}

var serverMetrics = []ServerMetric{
	{Name: "cpu", Contains: "default"},
	{Name: "cpu_usage", Contains: ContainsShare, Limited: true},
	{Name: "node_cpu", Contains: "default"},
	{Name: "node_cpu_usage", Contains: ContainsShare, Limited: true},
	{Name: "memory", Contains: "data"},
	{Name: "gc", Contains: ContainsShare},
	{Name: "event_loop_lag", Contains: "time"},
	{Name: "event_loop_usage", Contains: ContainsShare, Limited: true},
	{Name: "threads", Contains: "default"},
	{Name: "threads_usage", Contains: ContainsShare, Limited: true},
	{Name: "connections", Contains: "default"},
	{Name: "connections_usage", Contains: ContainsShare, Limited: true},
	{Name: "connections_waiting", Contains: "default"},
	{Name: "requests", Contains: ContainsRate},
}

// ServerMetrics are the measurements that a recorder takes without being asked.
func ServerMetrics() []ServerMetric { return slices.Clone(serverMetrics) }

// ServerMetricName is the name of the metric of a server's measurement.
func ServerMetricName(server, measurement string) string {
	return serverPrefix + server + ":" + measurement
}

// ParseServerMetric splits the name of a server's metric into the server and its measurement.
func ParseServerMetric(name string) (server, measurement string, ok bool) {
	rest, ok := strings.CutPrefix(name, serverPrefix)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, ":")
}

// KnownServerMetric returns what a recorder would measure under a name; false if it measures it only on demand.
func KnownServerMetric(name string) (ServerMetric, bool) {
	_, measurement, _ := ParseServerMetric(name)
	i := slices.IndexFunc(serverMetrics, func(m ServerMetric) bool { return m.Name == measurement })
	if i < 0 {
		return ServerMetric{}, false
	}
	return serverMetrics[i], true
}

// Servers are the names of the servers under test whose metrics some records have, sorted.
func Servers(records []*Record) []string {
	names := make(map[string]bool)
	for _, r := range records {
		for metric := range r.Metrics {
			if server, _, ok := ParseServerMetric(metric); ok {
				names[server] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// ServerUsages returns the average usages between two times, in the order of servers and resources.
func (r *Record) ServerUsages(from, to time.Time) []runinfo.ServerUsage {
	var all []runinfo.ServerUsage
	for i := range r.Instances {
		series := r.Instances[i].Series
		for _, name := range slices.Sorted(maps.Keys(series)) {
			metric, _ := KnownServerMetric(name)
			if !metric.Limited {
				continue
			}
			server, measurement, _ := ParseServerMetric(name)
			var sum, n float64
			for _, p := range series[name].Points {
				if p.Values.LastAt.Before(from) || p.Values.LastAt.After(to) {
					continue
				}
				sum, n = sum+p.Values.Last, n+1
			}
			if n > 0 {
				all = append(all, runinfo.ServerUsage{
					Server: server, Resource: strings.TrimSuffix(measurement, "_usage"), Usage: sum / n,
				})
			}
		}
	}
	return all
}
