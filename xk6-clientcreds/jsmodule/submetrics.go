package jsmodule

import (
	"slices"
	"strings"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
)

// keepSubmetrics is keepSubmetrics(...names). k6 keeps a submetric's values only where a threshold
// names it, so scripts make up thresholds that always hold, which then are in every list of
// thresholds. This one keeps the submetric alone.
func (m *instance) keepSubmetrics(call sobek.FunctionCall) sobek.Value {
	rt, env := m.vu.Runtime(), m.vu.InitEnv()
	if env == nil {
		panic(rt.NewTypeError("%s: keepSubmetrics() can be called in the init context only", ImportPath))
	}
	for _, argument := range call.Arguments {
		name := argument.String()
		parent, tags, err := metrics.ParseMetricName(name)
		if err != nil || len(tags) == 0 {
			panic(rt.NewTypeError("%s: keepSubmetrics(): %q is not a submetric; write a metric and its tags, such as "+
				metrics.HTTPReqDurationName+"{scenario:api}", ImportPath, name))
		}
		metric := env.Registry.Get(parent)
		if metric == nil {
			panic(rt.NewTypeError("%s: keepSubmetrics(): there is no metric %q%s; call it after the script has made its own "+
				"metrics",
				ImportPath, parent, nearest.DidYouMean(parent, metricNames(env.Registry))))
		}
		// The script runs in every VU, also while the test does and k6 reads the list. The first time is before that.
		if m.id > 1 {
			continue
		}
		if _, err := metric.AddSubmetric(strings.Join(tags, ",")); err != nil {
			panic(rt.NewTypeError("%s: keepSubmetrics(): %s", ImportPath, err))
		}
	}
	return sobek.Undefined()
}

// metricNames are the metrics that a script can name, in order.
func metricNames(registry *metrics.Registry) []string {
	var names []string
	for _, metric := range registry.All() {
		names = append(names, metric.Name)
	}
	slices.Sort(names)
	return names
}
