package report

import (
	"maps"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// serversUnderTest shows what the servers under test did, on the same time axis as the latency.
func serversUnderTest(g *group) section {
	part := section{
		ID: "server", Title: "Servers under test",
		Note: "As the servers' own metrics say. CPU is the number of cores in use.",
	}
	names := make(map[string]bool)
	for _, r := range g.aligned {
		for _, i := range r.Instances {
			for full := range i.Series {
				if rest, ok := strings.CutPrefix(full, runrecord.ServerPrefix); ok {
					name, _, _ := strings.Cut(rest, ":")
					names[name] = true
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		of := func(metric, label string) curve {
			return g.gauge(runrecord.ServerPrefix+name+":"+metric, label).perProcess()
		}
		id := "server-" + name
		part.chart(
			overTime(id+"-cpu", "CPU of "+name, "", []unit{plain},
				paint(0, of("cpu", "cores"), of("cpu_usage", "share of the machine"), of("node_cpu", "cores of the machine"))...),
			overTime(id+"-memory", "Memory of "+name+" in bytes", "", []unit{plain}, paint(0, of("memory", "memory"))...),
			overTime(id+"-pauses", "Pauses of "+name+" in seconds", "", []unit{plain},
				paint(0, of("gc", "garbage collection per second"), of("event_loop_lag", "event loop lag"))...),
			overTime(id+"-work", "Requests, threads, and connections of "+name, "", []unit{plain},
				paint(0, of("requests", "requests per second"), of("threads", "threads"),
					of("connections", "connections in use"))...),
		)
	}
	return part
}
