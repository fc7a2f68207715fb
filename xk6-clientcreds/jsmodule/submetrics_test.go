package jsmodule

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"
)

// submetrics returns the submetrics of a metric.
func submetrics(v *vu, name string) []string {
	var names []string
	for _, sub := range v.rt.VU.InitEnvField.Registry.Get(name).Submetrics {
		if !sub.Tags.IsEmpty() { // the run's own look at the samples
			names = append(names, sub.Name)
		}
	}
	return names
}

func TestSubmetricsAreKept(t *testing.T) {
	t.Parallel()
	root := New()
	v := newVU(t, root)
	v.rt.VU.InitEnvField.Registry.MustNewMetric("mine", metrics.Counter)
	const code = `keepSubmetrics('mine{step:1}', 'http_reqs{name:a, scenario:b}', 'mine{step:1}'); keepSubmetrics('mine{step:2}', 'mine{group:::setup}')`
	v.mustRun(code)
	assert.Equal(t, []string{"mine{step:1}", "mine{step:2}", "mine{group:::setup}"}, submetrics(v, "mine"))
	assert.Equal(t, []string{"http_reqs{name:a,scenario:b}"}, submetrics(v, "http_reqs"))
	sub := v.rt.VU.InitEnvField.Registry.Get("mine").Submetrics[2]
	group, _ := sub.Tags.Get("group")
	assert.Equal(t, "::setup", group)
	assert.Empty(t, sub.Metric.Thresholds.Thresholds)

	// The other VUs run the same script, perhaps while k6 reads the list.
	later := newBareVU(t)
	later.rt.VU.InitEnvField.Registry.MustNewMetric("mine", metrics.Counter)
	later.importModule(root)
	later.mustRun(code)
	assert.Empty(t, submetrics(later, "mine"))
}

func TestSubmetricsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	for argument, want := range map[string]string{
		`'http_reqs'`:                        `"http_reqs" is not a submetric; write a metric and its tags, such as http_req_duration{scenario:api}`,
		`'http_reqs{'`:                       `"http_reqs{" is not a submetric`,
		`'http_reqs{}'`:                      `"http_reqs{}" is not a submetric`,
		`7`:                                  `"7" is not a submetric`,
		`'http_req{name:a}'`:                 `there is no metric "http_req" (did you mean "http_reqs"?); call it after the script has made its own metrics`,
		`'clientcreds_request{reason:cold}'`: `(did you mean "clientcreds_requests"?)`,
	} {
		_, err := v.run(`keepSubmetrics(` + argument + `)`)
		require.ErrorContains(t, err, "TypeError: k6/x/clientcreds: keepSubmetrics(): ", argument)
		require.ErrorContains(t, err, want, argument)
	}
	v.start()
	_, err := v.run(`keepSubmetrics('http_reqs{name:a}')`)
	require.ErrorContains(t, err, "keepSubmetrics() can be called in the init context only")
}
