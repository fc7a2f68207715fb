package jsmodule

import (
	"net/http"
	"runtime"
	"testing"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/lib"
)

// A hit allocates nothing. The runtime's own allocations, for the numbers of a loop above 256,
// are kept out by a short loop.
func TestHitAllocatesNothing(t *testing.T) {
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	for _, turn := range []string{"client.token();", "client.authorization();", "client.headers();"} {
		run := v.loop(turn)
		empty := v.loop("")
		run(1)
		const turns = 200
		base := testing.AllocsPerRun(20, func() { empty(turns) })
		assert.InDelta(t, base, testing.AllocsPerRun(20, func() { run(turns) }), 0.5, turn)
	}
	assert.Equal(t, 1, e.count())
}

// inMemory answers every request with a token, without a connection.
type inMemory struct{}

func (inMemory) RoundTrip(req *http.Request) (*http.Response, error) {
	return answer(req, http.StatusOK, `{"access_token":"issued-token-number-1","token_type":"Bearer","expires_in":3600}`),
		nil
}

func liveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) // #nosec G115 -- a heap is smaller than 8 EiB
}

// footprint returns the live heap that one VU of many needs more when its script runs with the
// module instead of without. Like k6's, the VUs share a registry, and the script's names are not
// global.
func footprint(t *testing.T, vus int, iteration string) int64 {
	t.Helper()
	root := New()
	script := func(v *vu, constructor sobek.Value) {
		t.Helper()
		made, err := v.rt.VU.Runtime().RunString(`(function (Client) {
			const client = new Client({tokenUrl: 'http://idp.example', clientId: 'orders', clientSecret: 's3cr3t'});
			return () => { ` + iteration + ` };
		})`)
		require.NoError(t, err)
		f, _ := sobek.AssertFunction(made)
		code, err := f(sobek.Undefined(), constructor)
		require.NoError(t, err)
		v.start()
		iterate, _ := sobek.AssertFunction(code)
		_, err = iterate(sobek.Undefined())
		require.NoError(t, err)
		for len(v.samples) > 0 {
			<-v.samples
		}
	}
	grow := func(withModule bool) int64 {
		all := make([]*vu, vus)
		for i := range all {
			all[i] = newBareVU(t)
			all[i].state.Transport = inMemory{}
			all[i].state.Tags = lib.NewVUStateTags(all[0].rt.VU.InitEnvField.Registry.RootTagSet())
		}
		before := liveHeap()
		for _, v := range all {
			rt := v.rt.VU.Runtime()
			if !withModule {
				class, err := rt.RunString(`(class { token() { return 't' } headers() { return {} } })`)
				require.NoError(t, err)
				script(v, class)
				continue
			}
			m := root.NewModuleInstance(v.rt.VU)
			script(v, rt.ToValue(m.Exports().Default).ToObject(rt).Get("Client"))
		}
		grown := liveHeap() - before
		runtime.KeepAlive(all)
		return grown
	}
	return (grow(true) - grow(false)) / int64(vus)
}

// A VU whose script has a client and uses token() and headers() needs at most 8 kB more than one
// whose script has a class of its own with those methods.
func TestMemoryPerVU(t *testing.T) {
	per := footprint(t, 100, `client.token(); client.headers();`)
	t.Logf("%d bytes per VU", per)
	assert.LessOrEqual(t, per, int64(8000))
	assert.Positive(t, per, "nothing was measured")
}
