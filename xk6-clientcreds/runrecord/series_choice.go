package runrecord

import (
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
)

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

const (
	// maxSeries bounds the series: the values of the tags in overTime are few, but come from outside.
	maxSeries = 100
	// maxServerSeries bounds the series of servers under test.
	maxServerSeries = 120
)

// lines returns the series that a cell's samples go to.
func (b *Builder) lines(name string, m *metricBuilder, key cellKey) []*timeline {
	if _, _, ofServer := ParseServerMetric(name); ofServer {
		// Several processes see the same server: their measurements do not add up.
		return line(b.gauges, name, &metricBuilder{kind: Gauge, contains: m.contains}, maxServerSeries+len(gaugesOverTime))
	}
	if slices.Contains(gaugesOverTime, name) {
		return line(b.gauges, name, m, maxServerSeries+len(gaugesOverTime))
	}
	tag, kept := overTime[name]
	if !kept {
		return nil
	}
	lines := line(b.series, name, m, maxSeries)
	if i := slices.Index(SplitTags(), tag); i >= 0 && key[i] != "" {
		lines = append(lines, line(b.series, name+"{"+tag+":"+key[i]+"}", m, maxSeries)...)
	}
	return append(lines, b.sideLine(name, m, key)...)
}

func line(all map[string]*timeline, name string, m *metricBuilder, most int) []*timeline {
	if all[name] == nil {
		if len(all) >= most {
			return nil
		}
		all[name] = newTimeline(m.kind, m.contains, SeriesAccuracy)
		all[name].compact = true
	}
	return []*timeline{all[name]}
}
