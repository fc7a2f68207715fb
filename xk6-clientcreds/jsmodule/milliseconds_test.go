package jsmodule

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
)

// A number that was surely meant in seconds is warned of, once for all VUs.
func TestNumbersMeantInSeconds(t *testing.T) {
	t.Parallel()
	const hour, none = `,"expires_in":3600`, ``
	warns := func(option, number, but string) string {
		return fmt.Sprintf(`Client "orders": option %q is %s, a number of milliseconds, but %s; if it is meant in seconds, write '%ss'`,
			option, number, but, number)
	}
	for _, c := range []struct{ options, members, want string }{
		{`cache: {leeway: 60}`, hour, warns("cache.leeway", "60", "tokens live for 1h0m0s")},
		{`cache: {leeway: 0.5}`, hour, ""},
		{`cache: {leeway: 2.5}`, hour, warns("cache.leeway", "2.5", "tokens live for 1h0m0s")},
		{`cache: {leeway: 60}`, `,"expires_in":120`, warns("cache.leeway", "60", "tokens live for 2m0s")},
		{`cache: {leeway: 60}`, `,"expires_in":119`, ""},
		{`cache: {leeway: 60}`, none, warns("cache.leeway", "60", "tokens live for 5m0s")},
		{`cache: {leeway: '60ms'}`, hour, ""},
		{`cache: {leeway: 999}`, hour, warns("cache.leeway", "999", "tokens live for 1h0m0s")},
		{`cache: {leeway: 1000}`, hour, ""},
		{`cache: {leeway: 0}`, hour, ""},
		{`cache: {jitter: 30}`, hour, warns("cache.jitter", "30", "tokens live for 1h0m0s")},
		{`cache: {jitter: '30ms', leeway: '1m'}`, hour, ""},
		{
			`cache: {defaultTtl: 300}`, none,
			warns("cache.defaultTtl", "300", "the server does not say how long its tokens live"),
		},
		{`cache: {defaultTtl: 300}`, hour, ""},
		{`cache: {defaultTtl: '300ms'}`, none, ""},
		{`cache: {scope: 'none', defaultTtl: 300}`, none, ""},
	} {
		root := New()
		for i := range 2 {
			v := newVU(t, root)
			v.mustRun(fmt.Sprintf(`globalThis.client = new Client({tokenUrl: 'http://idp.example/token', clientId: 'orders', clientSecret: 'x3cr3t', %s})`, c.options))
			v.start()
			v.state.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
				return answer(r, 200, `{"access_token":"abcdefgh"`+c.members+`}`), nil
			})
			v.mustRun(`client.token(); client.invalidate(); client.token()`)
			if i > 0 || c.want == "" {
				assert.Empty(t, v.messages(), c.options)
			} else {
				assert.Equal(t, []string{c.want}, v.messages(), c.options)
			}
		}
	}
	for options, want := range map[string]string{
		`timeout: 30`: warns("timeout", "30", "the server did not answer within that time"), `timeout: '30ms'`: "",
		`timeout: 1000`: "",
	} {
		synctest.Test(t, func(t *testing.T) {
			v := clientAt(t, "http://idp.example/token", options)
			v.state.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
			v.mustRun(`client.acquire(); client.acquire()`)
			if want == "" {
				assert.Empty(t, v.messages(), options)
			} else {
				assert.Equal(t, []string{want}, v.messages(), options)
			}
		})
	}
}
