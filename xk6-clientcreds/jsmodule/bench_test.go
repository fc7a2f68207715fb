package jsmodule

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/js/modulestest"
)

// The turns of a loop that benchmarks compare. The helpers do what scripts do by hand.
var turns = map[string]string{
	"EmptyLoop":      ``,
	"NativeConstant": `native.constant();`,
	"TokenHit":       `client.token();`,
	"Authorization":  `client.authorization();`,
	"HeadersHit":     `client.headers();`,
	"HeadersExtra":   `client.headers({Accept: 'text/plain'});`,
	"JSHelper":       `helper();`,
	"JSHeaders":      `headersHelper();`,
}

// helpers are a script's own cache: what its authors write when they have no module.
const helpers = `
	let cached = {token: 'issued-token-number-1', expires: Date.now() + 3600000};
	function helper() {
		if (cached === null || Date.now() > cached.expires - 30000) {
			throw new Error('not in this benchmark');
		}
		return cached.token;
	}
	function headersHelper() {
		return {Authorization: 'Bearer ' + helper()};
	}`

// loop returns a function that makes n turns.
func (v *vu) loop(turn string) func(n int) {
	v.t.Helper()
	rt := v.rt.VU.Runtime()
	native := rt.NewObject()
	constant := rt.ToValue("issued-token-number-1")
	require.NoError(v.t, native.Set("constant", func(sobek.FunctionCall) sobek.Value { return constant }))
	require.NoError(v.t, rt.Set("native", native))
	code := fmt.Sprintf(`(function () { 'use strict'; %s; return (n) => { for (let i = 0; i < n; i++) { %s } } })()`,
		helpers, turn)
	value, err := rt.RunString(code)
	require.NoError(v.t, err)
	f, ok := sobek.AssertFunction(value)
	require.True(v.t, ok)
	return func(n int) {
		if _, err := f(sobek.Undefined(), rt.ToValue(n)); err != nil {
			v.t.Fatal(err)
		}
	}
}

func benchmark(b *testing.B, name string) {
	b.Helper()
	v := oneVU(b, newEndpoint(b), "")
	run := v.loop(turns[name])
	run(100) // the token is there, the methods and views are made
	b.ReportAllocs()
	b.ResetTimer()
	run(b.N)
}

// requests are the turns that ask the token endpoint, or an API, which answers in memory.
var requests = map[string]string{
	"Acquire":      `client.acquire();`,
	"AcquireBatch": `client.acquireBatch(20);`,
	"Get":          `client.get('http://api.example/orders');`,
}

// benchmarkRequests is benchmark for turns that send requests, and produce samples.
func benchmarkRequests(b *testing.B, name string) {
	b.Helper()
	v := oneVU(b, newEndpoint(b), "")
	v.state.Transport = inMemory{}
	run := v.loop(requests[name])
	turn := func(n int) {
		for range n {
			run(1)
			for len(v.samples) > 0 {
				<-v.samples
			}
		}
	}
	turn(10)
	b.ReportAllocs()
	b.ResetTimer()
	turn(b.N)
}

func BenchmarkAcquire(b *testing.B)      { benchmarkRequests(b, "Acquire") }
func BenchmarkAcquireBatch(b *testing.B) { benchmarkRequests(b, "AcquireBatch") }
func BenchmarkGet(b *testing.B)          { benchmarkRequests(b, "Get") }

func BenchmarkEmptyLoop(b *testing.B)      { benchmark(b, "EmptyLoop") }
func BenchmarkNativeConstant(b *testing.B) { benchmark(b, "NativeConstant") }
func BenchmarkTokenHit(b *testing.B)       { benchmark(b, "TokenHit") }
func BenchmarkAuthorization(b *testing.B)  { benchmark(b, "Authorization") }
func BenchmarkHeadersHit(b *testing.B)     { benchmark(b, "HeadersHit") }
func BenchmarkHeadersExtra(b *testing.B)   { benchmark(b, "HeadersExtra") }
func BenchmarkJSHelper(b *testing.B)       { benchmark(b, "JSHelper") }
func BenchmarkJSHeaders(b *testing.B)      { benchmark(b, "JSHeaders") }

// BenchmarkNewClient measures what the module costs in the init context of one VU of many: its instance, the import,
// and a client that other VUs have as well.
func BenchmarkNewClient(b *testing.B) {
	const perBlock = 100 // VUs that are made at a time, which does not count
	root := New()
	program := sobek.MustCompile("script.js", `(function (Client) {
		return new Client({
			tokenUrl: 'http://idp.example/token', clientId: 'orders', clientSecret: 's3cr3t', scope: 'read write',
		});
	})`, true)
	env := modulestest.NewRuntime(b).VU.InitEnvField
	vus := make([]modulestest.VU, perBlock)
	scripts := make([]sobek.Callable, perBlock)
	b.ReportAllocs()
	for i := range b.N {
		if i%perBlock == 0 {
			b.StopTimer()
			for j := range min(perBlock, b.N-i) {
				rt := sobek.New()
				vus[j] = modulestest.VU{RuntimeField: rt, InitEnvField: env}
				script, err := rt.RunProgram(program)
				require.NoError(b, err)
				scripts[j], _ = sobek.AssertFunction(script)
			}
			b.StartTimer()
		}
		vu := &vus[i%perBlock]
		exports := vu.RuntimeField.ToValue(root.NewModuleInstance(vu).Exports().Default).ToObject(vu.RuntimeField)
		if _, err := scripts[i%perBlock](sobek.Undefined(), exports.Get("Client")); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHotPath measures the turns in shuffled blocks of one process and reports, beside the
// nanoseconds of each, the ratios that matter. Only so are ratios to be trusted: what one turn
// costs changes from run to run by more than the turns differ.
func BenchmarkHotPath(b *testing.B) {
	const perBlock = 10_000
	names := slices.Sorted(maps.Keys(turns))
	run := make(map[string]func(int))
	for _, name := range names {
		v := oneVU(b, newEndpoint(b), "")
		run[name] = v.loop(turns[name])
		run[name](perBlock)
	}
	best := make(map[string]float64)
	for b.Loop() {
		for _, i := range rand.Perm(len(names)) {
			begin := time.Now()
			run[names[i]](perBlock)
			took := float64(time.Since(begin)) / perBlock
			if old, ok := best[names[i]]; !ok || took < old {
				best[names[i]] = took
			}
		}
	}
	for _, name := range names {
		b.ReportMetric(best[name], name+"-ns")
	}
	b.ReportMetric(best["TokenHit"]/best["NativeConstant"], "TokenHit/NativeConstant")
	b.ReportMetric(best["TokenHit"]/best["JSHelper"], "TokenHit/JSHelper")
	b.ReportMetric(best["HeadersHit"]/best["JSHeaders"], "HeadersHit/JSHeaders")
}
