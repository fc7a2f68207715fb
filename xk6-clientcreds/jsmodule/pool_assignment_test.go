package jsmodule

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/lib"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientpool"
)

// assigning returns a pool of so many clients with that assignment.
func assigning(t testing.TB, clients int, more string) *pool {
	t.Helper()
	v := newVU(t, New())
	argument, err := v.rt.VU.Runtime().RunString(`({tokenUrl: 'http://idp.example', clients: ` + several(clients) + `, ` +
		more + `})`)
	require.NoError(t, err)
	p, err := newPool(v.module, argument)
	require.NoError(t, err)
	return p
}

// calls returns which client each of n calls gets in the VU of that number.
func (p *pool) calls(number uint64, n int) []int {
	next := p.assign(&lib.State{VUIDGlobal: number})
	list := make([]int, n)
	for i := range list {
		list[i] = next()
	}
	return list
}

// Each VU of a test has its own client, however the test is cut into execution segments: k6 of each
// segment is an instance that knows nothing of the others.
func TestEveryVUHasItsOwnClient(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- a test
	p := assigning(t, 60, "assignment: 'vu'")
	for range 300 {
		vus, sequence := 1+r.IntN(60), randomSegments(t, r)
		var clients []int
		for _, segment := range sequence {
			tuple, err := lib.NewExecutionTuple(segment, &sequence)
			require.NoError(t, err)
			index := lib.NewSegmentedIndex(tuple)
			for range tuple.ScaleInt64(int64(vus)) {
				_, global := index.Next()
				got := p.calls(uint64(global), 2) // #nosec G115 -- from 1
				require.Equal(t, got[0], got[1])
				clients = append(clients, got[0])
			}
		}
		slices.Sort(clients)
		want := make([]int, vus)
		for i := range want {
			want[i] = i
		}
		require.Equal(t, want, clients, "%d VUs in %s", vus, sequence)
	}
}

// randomSegments cuts the test into up to five segments.
func randomSegments(t *testing.T, r *rand.Rand) lib.ExecutionSegmentSequence {
	t.Helper()
	whole := 5 + r.IntN(20)
	cuts := []int{0, whole}
	for range r.IntN(5) {
		cuts = append(cuts, 1+r.IntN(whole-1))
	}
	slices.Sort(cuts)
	var marks []string
	for _, cut := range slices.Compact(cuts) {
		marks = append(marks, fmt.Sprintf("%d/%d", cut, whole))
	}
	sequence, err := lib.NewExecutionSegmentSequenceFromString(strings.Join(marks, ","))
	require.NoError(t, err)
	return sequence
}

// More VUs than clients go round, with one warning; setup() and teardown() are the first.
func TestMoreVUsThanClientsGoRound(t *testing.T) {
	t.Parallel()
	e, root := newEndpoint(t), New()
	var vus []*vu
	for number, want := range map[uint64]string{0: "0", 1: "0", 2: "1", 3: "2", 4: "0", 5: "1", 8: "1"} {
		v := poolVU(t, root, number, e.pool(several(3), ""))
		v.mustRun(`pool.client().token(); pool.client().token()`)
		_, header := e.lastRequest(t)
		assert.Equal(t, basicAuth("client-"+want, testSecret+want), header.Get("Authorization"), "VU %d", number)
		vus = append(vus, v)
	}
	assert.Equal(t, 7, e.count())
	var warnings []string
	for _, v := range vus { // one of them has the logger of the process
		warnings = append(warnings, v.messages()...)
	}
	require.Len(t, warnings, 1)
	assert.Contains(t, warnings[0], `Pool "pool" has 3 clients, and there is a virtual user `)
}

// The first VU that has to share a client is told of, and none before it.
func TestTheFirstVUWithoutAClientOfItsOwnIsWarnedOf(t *testing.T) {
	t.Parallel()
	for number, want := range map[uint64][]string{
		0: nil, 1: nil, 3: nil,
		4: {`Pool "pool" has 3 clients, and there is a virtual user 4: some virtual users have the same client`},
	} {
		v := poolVU(t, New(), number, newEndpoint(t).pool(several(3), ""))
		v.mustRun(`pool.client()`)
		assert.Equal(t, want, v.messages(), "VU %d", number)
	}
}

// Round-robin gives every client its turn, whichever VU calls.
func TestRoundRobinIsOfAllVUs(t *testing.T) {
	t.Parallel()
	e, root := newEndpoint(t), New()
	var vus []*vu
	for number := range uint64(3) {
		vus = append(vus, poolVU(t, root, number+1,
			e.pool(several(5), "assignment: 'round-robin', cache: {scope: 'shared'}")))
	}
	for call := range 10 {
		vus[call*call%3].mustRun(`pool.client().token()`)
		assert.Equal(t, min(call+1, 5), e.count())
	}
}

// With a seed a VU draws the same clients in every run, and another VU others.
func TestSeedMakesDrawsRepeatable(t *testing.T) {
	t.Parallel()
	for _, assignment := range []string{clientpool.Random, clientpool.Zipf, clientpool.Hot} {
		seeded := func(seed int) *pool {
			return assigning(t, 100, fmt.Sprintf("assignment: %q, seed: %d", assignment, seed))
		}
		first := seeded(7).calls(1, 200)
		assert.Equal(t, first, seeded(7).calls(1, 200), assignment)
		assert.NotEqual(t, first, seeded(7).calls(2, 200), assignment)
		assert.NotEqual(t, first, seeded(8).calls(1, 200), assignment)
		free := assigning(t, 100, fmt.Sprintf("assignment: %q", assignment))
		drawn := free.calls(1, 200)
		assert.NotEqual(t, drawn, free.calls(1, 200), assignment)
	}
}
