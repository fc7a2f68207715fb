package jsmodule

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/generator"
)

// TestHealthIsSampled: also of a test that is over in no time, and with the tags of the run alone. That it begins with
// the first iteration is for the tests with k6 itself: its events cannot be made here.
func TestHealthIsSampled(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	root := v.rt.VU.InitEnvField.Registry.RootTagSet()
	v.start()
	v.state.Options.RunTags = map[string]string{"testid": "a"}
	p := v.module.process
	p.health.begin(v.state, root, p.metrics)
	p.health.begin(v.state, root, p.metrics) // another VU's event
	p.end()
	p.end() // k6's exit
	samples := v.collected()
	for _, name := range []string{
		"clientcreds_generator_cpu", "clientcreds_generator_throttled", "clientcreds_generator_lag",
		"clientcreds_generator_saturated",
	} {
		require.Len(t, samples[name], 1, name)
		assert.Equal(t, map[string]string{"testid": "a"}, samples[name][0].Tags.Map())
		assert.GreaterOrEqual(t, samples[name][0].Value, 0.0)
	}
	p.health.begin(v.state, root, p.metrics)
	p.health.end()
	assert.Len(t, v.collected()["clientcreds_generator_cpu"], 1, "the test is over")
}

func TestHealthInNumbers(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	root := v.rt.VU.InitEnvField.Registry.RootTagSet()
	for _, c := range []struct {
		reading generator.Reading
		want    []float64
	}{
		{generator.Reading{CPU: 0.25, Lag: 1500 * time.Microsecond}, []float64{0.25, 0, 1.5, 0}},
		{generator.Reading{CPU: 0.95}, []float64{0.95, 0, 0, 1}},
		{generator.Reading{Lag: time.Second}, []float64{0, 0, 1000, 1}},
		{generator.Reading{CPU: 0.5, Throttled: 0.75}, []float64{0.5, 0.75, 0, 1}},
	} {
		var got []float64
		for _, s := range samplesOf(c.reading, v.module.process.metrics, root) {
			got = append(got, s.Value)
		}
		assert.Equal(t, c.want, got)
	}
}
