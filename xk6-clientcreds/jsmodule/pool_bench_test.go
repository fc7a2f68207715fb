package jsmodule

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientsfile"
)

// manyClients writes a file of n clients, as CSV or JSON.
func manyClients(t testing.TB, n int, ending string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clients"+ending)
	f, err := os.Create(path) // #nosec G304 -- in the test's own folder
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	if ending == clientsfile.CSV {
		_, err = f.WriteString("clientId,clientSecret,scope\n")
	} else {
		_, err = f.WriteString("[")
	}
	require.NoError(t, err)
	for i := range n {
		secret := strings.Repeat("s", 40)
		if ending == clientsfile.CSV {
			_, err = fmt.Fprintf(f, "client-%d,%s%d,orders.read orders.write\n", i, secret, i)
		} else {
			comma := map[bool]string{true: ",\n"}[i > 0]
			_, err = fmt.Fprintf(f, `%s{"client_id": "client-%d", "client_secret": "%s%d", "scope": "orders.read orders.write"}`,
				comma, i, secret, i)
		}
		require.NoError(t, err)
	}
	if ending == clientsfile.JSON {
		_, err = f.WriteString("]")
		require.NoError(t, err)
	}
	return path
}

// A client that no VU has used costs less than 1 kB, in the whole process: a VU more adds nothing.
func TestMemoryPerUnusedClient(t *testing.T) {
	for _, ending := range []string{clientsfile.CSV, clientsfile.JSON} {
		const n = 10_000
		path := manyClients(t, n, ending)
		root, vus := New(), make([]*vu, 3)
		for i := range vus {
			vus[i] = newVU(t, root)
		}
		start := func(v *vu) int64 {
			before := liveHeap()
			v.mustRun(fmt.Sprintf(`globalThis.pool = new ClientPool({tokenUrl: 'http://idp.example', clients: {file: %q}})`,
				path))
			return liveHeap() - before
		}
		first, others := start(vus[0]), start(vus[1])+start(vus[2])
		t.Logf("%s: %d bytes each; %d bytes in each VU", ending, first/n, others/2)
		assert.Less(t, first, int64(n*1000))
		assert.Greater(t, first, int64(n*80), "nothing was measured")
		assert.Less(t, others/2, int64(20_000))
		runtime.KeepAlive(vus)
	}
}

// What docs/guides/many-clients.md says of the clients that are used: so much in a process, and so much in every
// VU that keeps them.
func TestMemoryPerUsedClient(t *testing.T) {
	const n = 500
	root := New()
	use := func(v *vu) int64 {
		v.state.Transport = inMemory{}
		v.mustRun(fmt.Sprintf(`globalThis.pool = new ClientPool({tokenUrl: 'http://idp.example', clients: %s, assignment: 'round-robin'})`, several(n)))
		v.start()
		before := liveHeap()
		v.mustRun(fmt.Sprintf(`for (let i = 0; i < %d; i++) { pool.client().token() }`, n))
		for len(v.samples) > 0 {
			<-v.samples
		}
		return liveHeap() - before
	}
	vus := []*vu{newVU(t, root), newVU(t, root)}
	for _, v := range vus { // so that nothing waits for the reader of samples
		v.samples = make(chan metrics.SampleContainer, 10*n)
		v.state.Samples = v.samples
	}
	first, second := use(vus[0]), use(vus[1])
	t.Logf("%d bytes in the process, %d bytes in each VU", (first-second)/n, second/n)
	assert.Less(t, (first-second)/n, int64(6_000))
	assert.Less(t, second/n, int64(6_000))
	assert.Positive(t, first-second)
	assert.Positive(t, second)
	runtime.KeepAlive(vus)
}

// BenchmarkPoolStart measures the cost of a pool for the first VU of a process.
func BenchmarkPoolStart(b *testing.B) {
	for _, ending := range []string{clientsfile.CSV, clientsfile.JSON} {
		for _, n := range []int{10_000, 100_000} {
			b.Run(fmt.Sprintf("%d%s", n, ending), func(b *testing.B) {
				path := manyClients(b, n, ending)
				for b.Loop() {
					b.StopTimer()
					v := newVU(b, New())
					b.StartTimer()
					v.mustRun(fmt.Sprintf(`globalThis.pool = new ClientPool({tokenUrl: 'http://idp.example', clients: {file: %q}})`,
						path))
				}
			})
		}
	}
}

// BenchmarkPoolClient is the cost of pool.client() for a client that the VU has used before.
func BenchmarkPoolClient(b *testing.B) {
	for _, more := range []string{
		"assignment: 'vu'", "assignment: 'round-robin'", "assignment: 'random'",
		"assignment: 'zipf'", "assignment: 'hot'",
	} {
		b.Run(more, func(b *testing.B) {
			v := poolVU(b, New(), 1, newEndpoint(b).pool(several(1000), more))
			v.mustRun(`for (let i = 0; i < 20000; i++) { pool.client() }`)
			run := v.loop(`pool.client();`)
			b.ReportAllocs()
			b.ResetTimer()
			run(b.N)
		})
	}
}
