package jsmodule

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/errext"
)

// The request is sent as it was given, no matter what the script does until the token is there: calls that put their
// arguments where these were, and changes to the objects that were passed.
func TestAsyncRequestSendsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ code, sent string }{
		"another function": {
			`const p = client.asyncRequest('GET', api + '/right'); ((a, b) => a + b)('DELETE', 'http://elsewhere/'); await p`, "GET /right",
		},
		"another native function": {
			`const p = client.asyncRequest('POST', api + '/right', 'text'); Math.max(1, 2, 3, 4); await p`, "POST /right text",
		},
		"then": {
			`await client.asyncRequest('GET', api + '/right').then((r) => r.status)`, "GET /right",
		},
		"nested": {
			`await Promise.all([client.asyncRequest('GET', api + '/right')].concat([1, 2, 3].map(String)))`, "GET /right",
		},
		"params changed": {
			`const params = {headers: {'X-Order': 'first'}}; const p = client.asyncRequest('GET', api + '/right', null, params);
			params.headers['X-Order'] = 'second'; params.headers = {}; await p`, "GET /right first",
		},
		"an object of a class": {
			`class Order { toString() { return 'first' } }; await client.asyncRequest('GET', api + '/right', null, {headers: {'X-Order': new Order()}})`,
			"GET /right first",
		},
		"form changed": {
			`const form = {a: ['b', 'c']}; const p = client.asyncRequest('POST', api + '/right', form); form.a.push('d'); form.e = 'f'; await p`,
			"POST /right a=b&a=c",
		},
		"buffer changed": {
			`const bytes = new Uint8Array([65, 66]); const p = client.asyncRequest('POST', api + '/right', bytes.buffer); bytes[0] = 67; await p`,
			"POST /right AB",
		},
		"bytes changed": {
			`const bytes = new Uint8Array([65, 66]); const p = client.asyncRequest('POST', api + '/right', bytes); bytes[0] = 67; await p`,
			"POST /right AB",
		},
	} {
		for _, refused := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, refused %t", name, refused), func(t *testing.T) {
				t.Parallel()
				e, a := newEndpoint(t), newAPI(t)
				var mu sync.Mutex
				var orders []string
				a.answer = func(n int, w http.ResponseWriter, r *http.Request) bool {
					mu.Lock()
					orders = append(orders, r.Header.Get("X-Order"))
					mu.Unlock()
					return refused && n == 1 && unauthorized(w, "")
				}
				v := withAPI(t, e, a, "")
				if refused {
					v.accepted(a)
				}
				v.mustRun(`(async () => { ` + c.code + ` })()`)
				sent := a.requests()
				times := 1
				if refused {
					times = 2
				}
				require.Len(t, sent, times)
				for i := range sent {
					parts := strings.Fields(strings.Replace(sent[i], bearer(i+1), "", 1) + " " + orders[i])
					assert.Equal(t, c.sent, strings.Join(parts, " "))
				}
			})
		}
	}
}

// Objects of k6/http are passed on as they are: their copies would be something else.
func TestAsyncRequestTakesTheObjectsOfK6(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	var form, cookie string
	a.answer = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		form, cookie = r.Header.Get("Content-Type"), r.Header.Get("Cookie")
		return false
	}
	v := withAPI(t, e, a, "")
	rt := v.rt.VU.Runtime()
	require.NotNil(t, v.onlyClient().authorized("get"))
	require.NoError(t, rt.Set("http", v.onlyClient().http.functions))
	v.mustRun(`(async () => {
		const jar = new http.CookieJar();
		jar.set(api, 'flavour', 'oat');
		globalThis.status = (await client.asyncRequest('POST', http.url` + "`${api}/upload`" + `,
			{file: http.file('content', 'a.txt'), field: 'x'}, {jar})).status;
	})()`)
	assert.Equal(t, int64(200), v.mustRun(`status`))
	assert.Contains(t, form, "multipart/form-data")
	assert.Equal(t, "flavour=oat", cookie)
	assert.Contains(t, a.requests()[0], "content")
}

// The arguments of a call are a part of the runtime's stack. A function that runs after the call must not look at them.
func TestNoFunctionOutlivesItsCallWithTheArguments(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	calls := 0
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			f, ok := n.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				return true
			}
			for _, param := range f.Type.Params.List {
				typ, ok := param.Type.(*ast.SelectorExpr)
				if !ok || (typ.Sel.Name != "FunctionCall" && typ.Sel.Name != "ConstructorCall") {
					continue
				}
				for _, name := range param.Names {
					calls++
					ast.Inspect(f.Body, func(inner ast.Node) bool {
						literal, ok := inner.(*ast.FuncLit)
						if !ok {
							return true
						}
						ast.Inspect(literal.Body, func(used ast.Node) bool {
							id, ok := used.(*ast.Ident)
							assert.False(t, ok && id.Name == name.Name, "%s: %s uses %s in a function of its own", path, f.Name, name)
							return true
						})
						return false
					})
				}
			}
			return true
		})
	}
	assert.Greater(t, calls, 10)
}

// k6 interrupts a script while promises are open, and still has them settled. Nothing could catch what is thrown there.
func TestPromisesSettleAfterAnInterrupt(t *testing.T) {
	t.Parallel()
	api := serve(t, func(http.ResponseWriter, *http.Request) {})
	for name, c := range map[string]struct {
		refused bool
		call    string
	}{
		"refused":         {true, "client.tokenAsync()"},
		"granted":         {false, "client.tokenAsync()"},
		"acquired":        {false, "client.acquireAsync()"},
		"request refused": {true, "client.asyncRequest('GET', api)"},
		// The text of a header is code of the script that runs when the token is there.
		"request with code": {false, "client.asyncRequest('GET', api, null, {headers: {a: {toString() { return 'b' }}}})"},
	} {
		for _, waits := range []string{"await ", "const ignored = "} {
			t.Run(name+", "+waits, func(t *testing.T) {
				t.Parallel()
				e := newEndpoint(t)
				v := oneVU(t, e, "cache: {scope: 'none'}")
				v.mustRun(fmt.Sprintf(`globalThis.api = %q`, api))
				e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 400, "invalid_scope", "") }
				v.mustRun(`try { client.token() } catch (e) {}`) // the class of the exception is there
				// The script waits for its promises when the interrupt comes. An interrupt of running code ends that code,
				// and this context, unlike k6's, does not end with it.
				waiting := make(chan struct{})
				require.NoError(t, v.rt.VU.Runtime().Set("begins", func() {
					v.rt.VU.RegisterCallback()(func() error { close(waiting); return nil })
				}))
				e.refuse = func(_ int, w http.ResponseWriter) bool {
					<-waiting
					v.rt.VU.Runtime().Interrupt(context.Canceled)
					return c.refused && oauthError(w, 400, "invalid_scope", "")
				}
				// One promise reports the interrupt to the runtime; later promises must not go on either.
				_, err := v.run(`(async () => {
					begins();
					for (let i = 0; i < 3; i++) client.tokenAsync().catch(() => 0).then(() => { globalThis.wentOn = true });
					try { ` + waits + c.call + `; await new Promise(() => {}) } catch (e) {};
					globalThis.wentOn = true })()`)
				if err != nil {
					require.ErrorIs(t, err, context.Canceled)
				}
				assert.Nil(t, v.rt.VU.Runtime().Get("wentOn"))
			})
		}
	}
}

// TestPromisesAfterTheEndOfAnIteration: k6 ends the context and then interrupts the runtime, whatever the script does
// at that time.
func TestPromisesAfterTheEndOfAnIteration(t *testing.T) {
	t.Parallel()
	for _, call := range []string{
		"client.tokenAsync()", "client.acquireAsync()", "client.asyncRequest('GET', 'http://127.0.0.1:1/')",
	} {
		for name, busy := range map[string]string{"waits": "", "runs": "for (;;);"} {
			t.Run(call+", "+name, func(t *testing.T) {
				t.Parallel()
				e := newEndpoint(t)
				v := oneVU(t, e, "cache: {scope: 'none'}")
				e.refuse = func(int, http.ResponseWriter) bool {
					v.rt.CancelContext()
					v.rt.VU.Runtime().Interrupt(context.Canceled)
					return false
				}
				_, err := v.run(`(async () => {
					for (let i = 0; i < 3; i++) client.tokenAsync().catch(() => 0).then(() => { globalThis.wentOn = true });
					try { const ignored = ` + call + "; " + busy + ` await ignored } catch (e) {};
					globalThis.wentOn = true })()`)
				require.ErrorIs(t, err, context.Canceled)
				assert.Nil(t, v.rt.VU.Runtime().Get("wentOn"))
			})
		}
	}
}

// onError: 'abort' ends the test, however many promises fail and whether anybody waits for them.
func TestAbortByPromises(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"many":      `(async () => { await Promise.all(Array.from({length: 50}, () => client.tokenAsync())) })()`,
		"not seen":  `client.tokenAsync(); undefined`,
		"returned":  `client.tokenAsync()`,
		"caught":    `(async () => { try { await client.tokenAsync() } catch (e) {}; globalThis.wentOn = true })()`,
		"a request": `client.asyncRequest('GET', 'http://127.0.0.1:1/')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 400, "invalid_scope", "") }
			v := oneVU(t, e, "onError: 'abort'")
			_, err := v.run(code)
			var end *errext.InterruptError
			require.ErrorAs(t, err, &end)
			assert.Contains(t, end.Reason, "test aborted: invalid_scope (HTTP 400)")
			v.rt.VU.Runtime().ClearInterrupt()
			assert.Nil(t, v.rt.VU.Runtime().Get("wentOn"))
		})
	}
}

// Promises of many VUs, settled while others begin: for the race detector.
func TestPromisesOfManyVUs(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	a.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool { return n%10 == 0 && unauthorized(w, "") }
	root := New()
	var running sync.WaitGroup
	for range 4 {
		v := newVU(t, root)
		v.mustRun(e.client("") + renamed("shared", e.client("cache: {scope: 'shared'}")) + renamed("none",
			e.client("cache: {scope: 'none'}")))
		v.mustRun(fmt.Sprintf(`globalThis.api = %q`, a.URL))
		v.start()
		running.Go(func() {
			for range 5 {
				_, err := v.run(`(async () => {
					const all = [];
					for (const c of [client, shared, none]) {
						for (let i = 0; i < 5; i++) {
							all.push(c.asyncRequest('POST', api, {i}), c.tokenAsync(), c.acquireAsync());
							c.headers({'X-Number': String(i)});
						}
						c.invalidate();
					}
					globalThis.done = (await Promise.allSettled(all)).length;
				})()`)
				assert.NoError(t, err)
				assert.Equal(t, int64(45), v.rt.VU.Runtime().ToValue(v.rt.VU.Runtime().Get("done")).Export())
				v.collected()
			}
		})
	}
	running.Wait()
	root.process.end()
	for _, sent := range a.requests() {
		assert.Regexp(t, `^POST / Bearer \S+ i=[0-4]$`, sent)
	}
}

// Stack traces name functions as scripts do.
func TestStackTracesHaveTheNamesOfScripts(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 400, "invalid_scope", "") }
	v := newVU(t, New())
	v.mustRun(e.client("") + e.pool(several(1), ""))
	caught := func(call string) string {
		v.mustRun(`globalThis.stack = ''; (async () => { try { await ` + call +
			` } catch (e) { globalThis.stack = e.stack } })()`)
		return v.mustRun(`stack`).(string)
	}
	for call, name := range map[string]string{
		"client.token()": "token", "client.tokenAsync()": "tokenAsync", "client.acquire()": "acquire",
		"pool.client()": "client",
	} {
		stack := caught(call)
		assert.Contains(t, stack, "TypeError: k6/x/clientcreds: ", call)
		assert.Contains(t, stack, "the init context; ", call)
		assert.Contains(t, stack, "at "+name+" (native)", call)
	}
	v.start()
	for _, call := range []string{
		"client.token()", "client.get('http://127.0.0.1:1')", "client.batch([])", "client.headers(1)", "client.tokenAsync()",
		"client.asyncRequest('GET', 'http://127.0.0.1:1')", "new Client()", "new ClientPool()",
	} {
		stack := caught(call)
		assert.NotEmpty(t, stack, call)
		assert.NotContains(t, stack, "jsmodule", call)
		assert.NotContains(t, stack, "GoError", call)
	}
}

func TestWarningsAtOnce(t *testing.T) {
	t.Parallel()
	v := oneVU(t, newEndpoint(t), "")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 100 {
				v.module.process.warnOnce(warning{"kind", j}, fmt.Sprint(i, j))
			}
		})
	}
	all.Wait()
	assert.Len(t, v.messages(), 100)
}
