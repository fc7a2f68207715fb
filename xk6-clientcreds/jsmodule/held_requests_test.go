package jsmodule

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"
)

// distance is how long a distant takes to answer.
const distance = 100 * time.Millisecond

// distant is a token endpoint without a connection, for use in a bubble.
type distant struct {
	begin time.Time

	mu     sync.Mutex
	at     []time.Duration // of the requests
	answer func(n int, r *http.Request) (status int, body string)
}

const distantToken = `{"access_token":"issued-token-number-1","token_type":"Bearer","expires_in":3600}`

func newDistant(answer func(n int, r *http.Request) (int, string)) *distant {
	return &distant{begin: time.Now(), answer: answer}
}

// RoundTrip implements http.RoundTripper.
func (d *distant) RoundTrip(r *http.Request) (*http.Response, error) {
	d.mu.Lock()
	d.at = append(d.at, time.Since(d.begin).Round(time.Millisecond))
	status, body := d.answer(len(d.at), r)
	d.mu.Unlock()
	time.Sleep(distance)
	resp := answer(r, status, body)
	if status == http.StatusTooManyRequests {
		resp.Header.Set("Retry-After", "120")
	}
	return resp, nil
}

func (d *distant) asked() []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]time.Duration(nil), d.at...)
}

// vu is a VU with a client of the endpoint.
func (d *distant) vu(t *testing.T, root *RootModule, options string) *vu {
	t.Helper()
	v := newVU(t, root)
	v.mustRun(fmt.Sprintf(`globalThis.client = new Client({tokenUrl: 'http://idp.example/token', clientId: 'orders', clientSecret: %q, %s})`,
		testSecret, options))
	v.start()
	v.state.Transport = d
	return v
}

// until makes VUs run code again and again for so long.
func (d *distant) until(end time.Duration, code string, vus ...*vu) {
	var all sync.WaitGroup
	for _, v := range vus {
		all.Go(func() {
			for time.Since(d.begin) < end {
				v.newIteration()
				v.mustRun(code)
				time.Sleep(time.Millisecond)
			}
		})
	}
	all.Wait()
}

func refusing(int, *http.Request) (int, string) { return 401, `{"error":"invalid_client"}` }

const tolerant = `(() => { try { return client.token() } catch (e) { return e.error } })()`

func milliseconds(list ...int) []time.Duration {
	spans := make([]time.Duration, len(list))
	for i, n := range list {
		spans[i] = time.Duration(n) * time.Millisecond
	}
	return spans
}

// A wrong secret is sent by one VU for all of them, less and less often, no matter who shares tokens.
func TestRefusedLoginIsRepeatedByOneVU(t *testing.T) {
	t.Parallel()
	for scope, waiting := range map[string]int{"vu": 4, "none": 4, "shared": 0} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				root, d := New(), newDistant(refusing)
				var vus []*vu
				for range 5 {
					vus = append(vus, d.vu(t, root, "cache: {scope: '"+scope+"'}"))
				}
				d.until(10*time.Second, tolerant, vus...)
				assert.Equal(t, milliseconds(0, 1100, 3200, 7300), d.asked()[:4])
				assert.LessOrEqual(t, len(d.asked()), 5)
				var suppressed []metrics.Sample
				for _, v := range vus {
					suppressed = append(suppressed, v.sampled()["clientcreds_suppressed_requests"]...)
				}
				require.Len(t, suppressed, waiting+4*5, "one for each call that was held back")
				assert.Equal(t, map[string]string{"client": "orders", "status": "401", "error": "invalid_client"},
					suppressed[0].Tags.Map())
			})
		})
	}
}

// The error of a call that could not wait for the next request.
func TestTokenErrorOfAHeldRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDistant(func(int, *http.Request) (int, string) { return 429, `{"error":"slow_down"}` })
		v := d.vu(t, New(), "")
		first, _ := v.mustRun(caught).(map[string]any)
		second, _ := v.mustRun(caught).(map[string]any)
		assert.Equal(t, 1100*time.Millisecond, time.Since(d.begin), "a second, which keeps scripts from spinning")
		failed, due := d.begin.Add(100*time.Millisecond), d.begin.Add(120*time.Second+100*time.Millisecond)
		assert.Equal(t, fmt.Sprintf("%s; no token was requested for this call: requests have failed since %s, and the next "+
			"one is due at %s",
			first["message"], failed.Format(time.TimeOnly), due.Format(time.TimeOnly)), second["message"])
		delete(first, "message")
		delete(second, "message")
		assert.Equal(t, first, second, "it is the same error")
		assert.Len(t, d.asked(), 1)

		v.mustRun(`globalThis.outcome = null; client.tokenAsync().catch((e) => { globalThis.outcome = e.message })`)
		assert.Contains(t, v.mustRun(`outcome`), "no token was requested for this call")
		assert.Len(t, d.asked(), 1)
	})
}

// Promises wait off the event loop, and share the next request.
func TestHeldPromises(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDistant(func(n int, r *http.Request) (int, string) {
			if n == 1 {
				return refusing(n, r)
			}
			return 200, distantToken
		})
		v := d.vu(t, New(), "")
		v.mustRun(`(async () => {
			globalThis.got = [await client.tokenAsync().catch((e) => e.error)];
			const all = [client.tokenAsync(), client.tokenAsync(), client.asyncRequest('GET', 'http://api.example/')];
			globalThis.meanwhile = true;
			got.push(...await Promise.all(all));
			got.pop();
		})()`)
		assert.Equal(t, []any{"invalid_client", tokenNumber(1), tokenNumber(1)}, v.mustRun(`got`))
		assert.Equal(t, milliseconds(0, 1100, 1200), d.asked(), "the third is to the API")
		assert.Len(t, v.sampled()["clientcreds_suppressed_requests"], 3)
	})
}

// acquire() is there to load the endpoint. It is not held back, what it meets holds nobody back, and a
// token that it gets ends a hold.
func TestAcquireIsNotHeldBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		granting := false
		d := newDistant(func(int, *http.Request) (int, string) {
			if granting {
				return 200, distantToken
			}
			return 429, `{"error":"slow_down"}`
		})
		root := New()
		v, other := d.vu(t, root, "cache: {scope: 'shared'}"), d.vu(t, root, "cache: {scope: 'shared'}")
		v.mustRun(`for (let i = 0; i < 3; i++) { client.acquire() }`)
		v.mustRun(tolerant)
		assert.Equal(t, milliseconds(0, 100, 200, 300), d.asked(), "three failures have not held the fourth request back")
		v.mustRun(`for (let i = 0; i < 3; i++) { client.acquire() }`)
		assert.Equal(t, milliseconds(400, 500, 600), d.asked()[4:])

		time.Sleep(time.Second)
		assert.Equal(t, "slow_down", other.mustRun(tolerant), "for two minutes")
		granting = true
		assert.Equal(t, true, v.mustRun(`client.acquire().ok`))
		begin := time.Now()
		assert.Equal(t, tokenNumber(1), other.mustRun(`client.token()`))
		assert.Equal(t, 100*time.Millisecond, time.Since(begin))
	})
}

// A secret that is replaced while requests are held back is tried when it is there, by one VU.
func TestReplacedSecretEndsAHold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWallet(t)
		w.write("secret", testSecret)
		d := newDistant(func(n int, r *http.Request) (int, string) {
			if r.Header.Get("Authorization") == basicAuth("orders", newSecret) {
				return 200, distantToken
			}
			return refusing(n, r)
		})
		root := New()
		var vus []*vu
		for range 3 {
			v := w.vu(root)
			v.mustRun(`globalThis.client = new Client({tokenUrl: 'http://idp.example/token', clientId: 'orders', clientSecret: {file: 'secret'}})`)
			v.start()
			v.state.Transport = d
			vus = append(vus, v)
		}
		time.AfterFunc(8*time.Second, func() { w.write("secret", newSecret) }) // the next request is due at 12.4 s
		d.until(10*time.Second, tolerant, vus...)
		at := d.asked()
		require.Len(t, at, 7)
		assert.Equal(t, milliseconds(0, 1100, 3200, 7300), at[:4])
		assert.InDelta(t, 8.75, at[4].Seconds(), 0.75, "the file is read every second")
		assert.Equal(t, at[4]+100*time.Millisecond, at[5], "the others after the answer")
		rotations := 0
		for _, v := range vus {
			assert.Equal(t, tokenNumber(1), v.mustRun(`client.token()`))
			rotations += len(v.sampled()["clientcreds_secret_rotations"])
		}
		assert.Equal(t, 1, rotations)
	})
}

// The end of an iteration, and of the test, ends the wait.
func TestHeldCallEndsWithItsIteration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDistant(func(int, *http.Request) (int, string) { return 429, `{"error":"slow_down"}` })
		v := d.vu(t, New(), "timeout: '1h', onError: 'abort'")
		_, err := v.run(`client.token()`)
		require.ErrorContains(t, err, "test aborted")
		end := v.newIteration()
		time.AfterFunc(10*time.Second, end)
		_, err = v.run(`client.token()`)
		require.ErrorContains(t, err, "canceled")
		assert.Equal(t, 10100*time.Millisecond, time.Since(d.begin))

		v.newIteration()
		time.AfterFunc(10*time.Second, v.module.process.end)
		_, err = v.run(`client.token()`)
		require.ErrorContains(t, err, "the test is over")
		assert.Equal(t, 20100*time.Millisecond, time.Since(d.begin), "drainGrace is for requests")
	})
}

// A pool's clients are held back one by one.
func TestHoldsOfAPool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDistant(func(n int, r *http.Request) (int, string) {
			if id, _, _ := r.BasicAuth(); id == "good" {
				return 200, distantToken
			}
			return refusing(n, r)
		})
		v := newVU(t, New())
		v.mustRun(`globalThis.pool = new ClientPool({tokenUrl: 'http://idp.example/token', assignment: 'round-robin', maxClients: 1,
			clients: [{clientId: 'good', clientSecret: 's3cr3t'}, {clientId: 'bad', clientSecret: 's3cr3t'}]})`)
		v.start()
		v.state.Transport = d
		v.mustRun(`globalThis.got = []; for (let i = 0; i < 4; i++) { try { got.push(pool.client().token()) } catch (e) { got.push(e.error) } }`)
		assert.Equal(t, []any{tokenNumber(1), "invalid_client", tokenNumber(1), "invalid_client"}, v.mustRun(`got`))
		// maxClients: 1 makes each client a new one; what was refused is remembered all the same.
		assert.Equal(t, milliseconds(0, 100, 200, 1200), d.asked())
	})
}
