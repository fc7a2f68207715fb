package runrecord

import (
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
)

// ServerPrefix begins the names of the metrics of servers under test: server:NAME:cpu and so on.
const ServerPrefix = "server:"

// What is kept over time: what one looks at when the whole is not enough. A tag stands for a series
// of its own for each of its values.
var (
	overTime = map[string]string{
		metricname.Iterations:        "",
		metricname.DroppedIterations: "",
		metricname.Checks:            "",
		metricname.HTTPReqs:          "",
		metricname.HTTPReqFailed:     "",
		metricname.HTTPReqDuration:   "",
		metricname.Requests:          "reason",
		metricname.RequestDuration:   "",
		metricname.RequestFailed:     "error",
		metricname.TokenWait:         "",
		metricname.CacheHits:         "",
		metricname.CacheMisses:       "",
		metricname.Retries:           "",
		metricname.Rejections:        "",
		metricname.ExpiredTokenUses:  "",
		metricname.GeneratorLag:      "",
	}
	gaugesOverTime = []string{metricname.VUs, metricname.VUsMax, metricname.GeneratorCPU, metricname.GeneratorThrottled}
)

// maxSeries bounds the series: the values of the tags in overTime are few, but come from outside.
const maxSeries = 100

// lines returns the series that a cell's samples go to.
func (b *Builder) lines(name string, m *metricBuilder, key cellKey) []*timeline {
	if slices.Contains(gaugesOverTime, name) || strings.HasPrefix(name, ServerPrefix) {
		return line(b.gauges, name, m)
	}
	tag, kept := overTime[name]
	if !kept {
		return nil
	}
	lines := line(b.series, name, m)
	if i := slices.Index(SplitTags(), tag); i >= 0 && key[i] != "" {
		lines = append(lines, line(b.series, name+"{"+tag+":"+key[i]+"}", m)...)
	}
	return append(lines, b.sideLine(name, m, key)...)
}

func line(all map[string]*timeline, name string, m *metricBuilder) []*timeline {
	if all[name] == nil {
		if len(all) >= maxSeries {
			return nil
		}
		all[name] = newTimeline(m.kind, m.contains, SeriesAccuracy)
	}
	return []*timeline{all[name]}
}
