package doctor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// A token is replaced two of the slowest grants, the skew of the clocks, and a second before its expiry, rounded up to
// a tenth of a second.
func TestNeededLeeway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ slowest, skew, want time.Duration }{
		{0, 0, time.Second},
		{1, 0, 1100 * time.Millisecond},
		{250 * time.Millisecond, 0, 1500 * time.Millisecond},
		{0, 3 * time.Second, 4 * time.Second},
		{200 * time.Millisecond, -2 * time.Second, 3400 * time.Millisecond},
	} {
		assert.Equal(t, c.want, (&run{slowest: c.slowest, skew: c.skew}).neededLeeway())
	}
}

// The default is a tenth of the lifetime. A server that grants at once needs a second.
func TestAdvisedLeeway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ttl, advised time.Duration
		want         Status
		option, text string
	}{
		{time.Hour, 6 * time.Minute, OK, "10%", "the default LEEWAY of 10%, 6m here, is enough: 1s are needed"},
		{10 * time.Second, time.Second, OK, "10%", "the default LEEWAY of 10%, 1s here, is enough: 1s are needed"},
		{
			9 * time.Second, time.Second, Info, "1000ms",
			"the default LEEWAY of 10%, 900ms here, is less than the 1s that are needed",
		},
		{
			2 * time.Second, time.Second, Info, "1000ms",
			"the default LEEWAY of 10%, 200ms here, is less than the 1s that are needed",
		},
		{
			1998 * time.Millisecond, 999 * time.Millisecond, Warning, "999ms",
			"1s are needed, more than half of a lifetime of 1.998s: late tokens are to be expected",
		},
	} {
		e := &run{token: &oauth.Token{ExpiresIn: c.ttl}}
		assert.Equal(t, c.advised, e.leeway(), c.ttl)
		results := adviseLeeway(t.Context(), e)
		require.Len(t, results, 1)
		assert.Equal(t, c.want, results[0].Status, c.ttl)
		assert.Equal(t, c.option, results[0].Data["leeway"], c.ttl)
		assert.Equal(t, c.text, results[0].Summary)
	}
}

// Of 100 s, a token is used for 90.
func TestAdvisedRequests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		vus, limit int
		limited    bool
		want       string
		scope      Status
	}{
		"no limit": {
			30, 0, false,
			"30 virtual users make 30 token requests at the start and 20 a minute; with a shared cache 1 and 0.67", OK,
		},
		"a limit of as many": {
			3, 3, false,
			"3 virtual users make 3 token requests at the start and 2 a minute; with a shared cache 1 and 0.67", OK,
		},
		"a limit of one less": {
			3, 2, false,
			"3 virtual users make 3 token requests at the start and 2 a minute; with a shared cache 1 and 0.67", Warning,
		},
		"a limit that was met": {
			200, 0, true,
			"200 virtual users make 200 token requests at the start and 133 a minute; with a shared cache 1 and 0.67", Warning,
		},
	} {
		e := &run{
			cfg: Config{VUs: c.vus}, token: &oauth.Token{ExpiresIn: 100 * time.Second}, limit: c.limit, limited: c.limited,
		}
		results := adviseRequests(t.Context(), e)
		require.Len(t, results, 2, name)
		assert.Equal(t, c.want, results[0].Summary, name)
		assert.Equal(t, 0.67, results[0].Data["shared_per_minute"], name)
		assert.Equal(t, c.scope, results[1].Status, name)
	}
}
