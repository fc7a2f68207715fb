package jsmodule

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// documentedOption is an option as index.d.ts describes it. The reference is generated from index.d.ts.
type documentedOption struct {
	def     string // as JavaScript; "" when there is none
	choices string // of a fixed vocabulary, sorted
}

var quoted = regexp.MustCompile(`'\w+'`)

func choices(text string) string {
	words := quoted.FindAllString(text, -1)
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}

// optionsOfTypes reads the options out of index.d.ts.
func optionsOfTypes(t *testing.T) map[string]documentedOption {
	t.Helper()
	all := make(map[string]documentedOption)
	for name, prefix := range map[string]string{
		"ClientOptions": "", "SecretRef": "clientSecret.", "KeyOptions": "key.", "CertificateOptions": "certificate.",
		"AssertionOptions": "assertion.", "ExchangeOptions": "exchange.",
		"CacheOptions": "cache.", "RetryOptions": "retry.", "DPoPOptions": "dpop.", "DPoPKeyOptions": "dpop.key.",
	} {
		addOptionsOfType(t, all, name, prefix)
	}
	return all
}

// addOptionsOfType reads the options out of one interface of index.d.ts.
func addOptionsOfType(t *testing.T, all map[string]documentedOption, name, prefix string) {
	t.Helper()
	text := testkit.Read(t, "index.d.ts")
	auth := regexp.MustCompile(`type AuthMethod = (.*);`).FindStringSubmatch(text)
	require.NotNil(t, auth)
	member := regexp.MustCompile(`(?m)^ {8}(\w+)(\??): (.*);$`)
	def := regexp.MustCompile(`@default (\S+)`)
	_, body, found := strings.Cut(text, "export interface "+name+" {\n")
	require.True(t, found, name)
	body, _, _ = strings.Cut(body, "\n    }\n")
	begin := 0
	for _, m := range member.FindAllStringSubmatchIndex(body, -1) {
		o := documentedOption{choices: choices(strings.ReplaceAll(body[m[6]:m[7]], "AuthMethod", auth[1]))}
		if d := def.FindStringSubmatch(body[begin:m[0]]); d != nil {
			o.def = d[1]
		}
		if body[m[4]:m[5]] == "" {
			o.def = "required"
		}
		all[prefix+body[m[2]:m[3]]] = o
		begin = m[1]
	}
}

// The options that the code reads and the options in index.d.ts are the same, with the same defaults and the same
// vocabularies.
func TestOptionsAreDocumented(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	rt := v.rt.VU.Runtime()
	v.mustRun(`globalThis.ok = {tokenUrl: 'https://idp.example.com/token', clientId: 'orders', clientSecret: 's3cr3t'}`)
	parse := func(more string) (*options, error) {
		value, err := rt.RunString(`({...ok, ` + more + `})`)
		require.NoError(t, err, more)
		return parseOptions(rt, value, filepath.Clean)
	}

	documented := optionsOfTypes(t)
	delete(documented, "cache") // its defaults are the defaults of the options in it

	object, err := rt.RunString(`({clientSecret: {file: 'f'}, key: {text: 'k'}, certificate: {text: 'c'}, assertion: {}, dpop: {key: {text: 'k'}}, exchange: {}, cache: {}, retry: {}})`)
	require.NoError(t, err)
	r := jsoption.NewReader(rt, object.ToObject(rt), filepath.Clean)
	o := defaults()
	o.read(r)
	require.NoError(t, r.Finish())
	read := slices.DeleteFunc(r.Options(), func(name string) bool { return name == "cache" })
	assert.ElementsMatch(t, read, slices.Collect(maps.Keys(documented)), "the code and its documentation")

	for name, o := range documented {
		context := ""
		if strings.HasPrefix(name, "assertion.") {
			context = "auth: 'client_secret_jwt', clientSecret: 'a secret that is long enough for HS256', "
		}
		if strings.HasPrefix(name, "exchange.") {
			context = "exchange: {}, "
		}
		base, err := parse(context)
		require.NoError(t, err)
		code := func(value string) string {
			parts := strings.Split(name, ".")
			if len(parts) == 1 {
				return context + name + ": " + value
			}
			return context + parts[0] + ": {" + parts[1] + ": " + value + "}"
		}
		if o.def != "" && o.def != "required" {
			got, err := parse(code(o.def))
			require.NoError(t, err, name)
			got.Retry.Given = false
			assert.Equal(t, base, got, "the default of %s is not %s", name, o.def)
		}
		if o.choices == "" {
			continue
		}
		_, err = parse(code(`'no such word'`))
		require.Error(t, err, name)
		_, allowed, _ := strings.Cut(err.Error(), "it must be one of ")
		assert.Equal(t, o.choices, choices(strings.ReplaceAll(allowed, `"`, "'")), name)
	}
}

// index.d.ts has the members that a script finds, and no others.
func TestTypesHaveTheMembersThatThereAre(t *testing.T) {
	t.Parallel()
	text := testkit.Read(t, "index.d.ts")
	member := regexp.MustCompile(`(?m)^ {8}(?:readonly )?(\w+)\??[:(<]`)
	declared := func(declaration string) []string {
		_, body, found := strings.Cut(text, declaration+" {\n")
		require.True(t, found, declaration)
		body, _, _ = strings.Cut(body, "\n    }\n")
		var names []string
		for _, m := range member.FindAllStringSubmatch(body, -1) {
			names = append(names, m[1])
		}
		return slices.Compact(names) // headers is overloaded
	}
	keys := func(value any) []string {
		var names []string
		for _, name := range value.([]any) {
			names = append(names, name.(string))
		}
		return names
	}
	e := newEndpoint(t)
	e.refuse = func(n int, w http.ResponseWriter) bool { return n == 2 && oauthError(w, 400, "invalid_scope", "") }
	v := oneVU(t, e, "")
	methods := []string{"constructor"}
	for _, m := range members {
		methods = append(methods, m.name)
	}
	assert.Equal(t, methods, declared("class Client"))
	v.mustRun(e.pool(several(1), ""))
	assert.ElementsMatch(t, append(keys(v.mustRun(`Object.getOwnPropertyNames(pool)`)), "constructor"),
		declared("class ClientPool"))
	assert.Equal(t, keys(v.mustRun(`Object.keys(client.stats())`)), declared("interface ClientStats"))
	assert.Equal(t, keys(v.mustRun(`globalThis.got = client.acquire(); Object.keys(got)`)),
		declared("interface Acquisition"))
	assert.Equal(t, keys(v.mustRun(`Object.keys(got.timings)`)), declared("interface AcquisitionTimings"))
	v.mustRun(`globalThis.other = new Client({tokenUrl: '` + e.URL + `/token', introspectionUrl: '` + e.URL + `/introspect',
		revocationUrl: '` + e.URL + `/revoke', clientId: 'orders', clientSecret: 's3cr3t'})`)
	assert.Equal(t, keys(v.mustRun(`Object.keys(other.introspect('some-token'))`)), declared("interface Introspection"))
	assert.Equal(t, keys(v.mustRun(`Object.keys(other.revoke('some-token'))`)), declared("interface Revocation"))
	assert.Equal(t, keys(v.mustRun(`Object.keys(other.inspect('some-token'))`)), declared("interface Inspection"))
	assert.Equal(t, keys(v.mustRun(`Object.keys(other.inspect('some-token').scope)`)), declared("interface InspectedScope"))
	e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 400, "invalid_scope", "") }
	thrown := keys(v.mustRun(`(() => { try { client.token() } catch (e) { return ['name', ...Object.keys(e)] } })()`))
	assert.ElementsMatch(t, thrown, declared("class TokenError extends Error"))
	v.mustRun(`globalThis.judged = validity({metrics: {}})`)
	assert.Equal(t, keys(v.mustRun(`Object.keys(judged)`)), declared("interface Validity"))
	assert.Equal(t, keys(v.mustRun(`Object.keys(judged.process)`)), declared("interface ProcessCounts"))
	assert.ElementsMatch(t, keys(v.mustRun(`Object.keys(judged.process.failures[0])`)), declared("interface Failure"))
}

// The reference is generated from these descriptions.
func TestMetricsAndTagsAreDescribed(t *testing.T) {
	t.Parallel()
	var tags []string
	for _, tag := range Tags() {
		tags = append(tags, tag.Name)
		assert.NotEmpty(t, tag.Help, tag.Name)
	}
	used := make(map[string]bool)
	for _, m := range Metrics() {
		assert.NotEmpty(t, m.Help, m.Name)
		for _, tag := range m.Tags {
			used[tag] = true
		}
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(used)), tags)
}

// Samples have the tags that Metrics lists.
func TestMetricsHaveTheirTags(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	e.refuse = func(n int, w http.ResponseWriter) bool {
		return (n == 2 || n == 3) && oauthError(w, 503, "temporarily_unavailable", "")
	}
	a.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool { return n == 1 && unauthorized(w, "") }
	v := withAPI(t, e, a, "retry: {backoff: 0}, exchange: {}")
	v.mustRun(`client.get(api); client.token()`)
	c := v.onlyClient()
	send := c.authorized("get")
	c.view.lease.ExpiresAt = time.Now()
	send(c.view, []sobek.Value{v.rt.VU.Runtime().ToValue(a.URL)})
	// A request that opens a TLS connection and fails.
	failing := clientAt(t, "https://"+strings.TrimPrefix(a.URL, "http://")+"/token", "exchange: {}")
	failing.mustRun(`client.acquire()`)
	limited := clientAt(t, serve(t, answering(http.StatusTooManyRequests, "Retry-After: 7", `{"error":"slow_down"}`)),
		"exchange: {}")
	limited.mustRun(`client.acquire()`)

	asking := clientAt(t, e.URL+"/token", fmt.Sprintf("introspectionUrl: %q, revocationUrl: %q",
		serve(t, answering(http.StatusOK, "", `{"active":true}`)), serve(t,
			answering(http.StatusBadRequest, "", `{"error":"invalid_request"}`))))
	asking.mustRun(`client.introspect('some-token'); client.revoke('some-token')`)
	refused := clientAt(t, e.URL+"/token", fmt.Sprintf("introspectionUrl: %q",
		serve(t, answering(http.StatusUnauthorized, "", `{"error":"invalid_client"}`))))
	refused.mustRun(`client.introspect('some-token')`)
	limited.mustRun(`try { client.token() } catch {}`)

	bound := newBinding(t, true).vu(t, New(), "")
	bound.mustRun(`client.get(api)`)

	again := clientAt(t, serve(t, answering(http.StatusTooManyRequests, "", `{"error":"slow_down"}`)),
		"exchange: {}, timeout: 1")
	again.mustRun(`for (let i = 0; i < 2; i++) { try { client.token() } catch (e) {} }`)

	samples := v.sampled()
	signing := clientAt(t, serve(t, answering(http.StatusTooManyRequests, "Retry-After: 7", `{"error":"slow_down"}`)),
		"exchange: {}, auth: 'private_key_jwt', clientSecret: undefined, key: `"+testJWK+"`")
	signing.mustRun(`client.acquire()`)
	w := newWallet(t)
	w.write("secret", testSecret)
	rotating := w.vu(New())
	busy := newEndpoint(t)
	busy.accepts(newSecret)
	require.NoError(t, rotating.client(busy, `clientSecret: {file: 'secret'}`))
	rotating.start()
	w.write("secret", newSecret)
	rotating.mustRun(`client.acquire()`)
	for _, more := range []map[string][]metrics.Sample{
		rotating.sampled(), failing.sampled(), again.sampled(),
		limited.sampled(), signing.sampled(), asking.sampled(), refused.sampled(), bound.sampled(),
	} {
		for name, list := range more {
			samples[name] = append(samples[name], list...)
		}
	}
	for _, m := range Metrics() {
		if m.Name == "clientcreds_request_tls_handshaking" {
			continue // as clientcreds_request_connecting, in the same place of the code
		}
		seen := make(map[string]string)
		for _, s := range samples[m.Name] {
			maps.Copy(seen, s.Tags.Map())
		}
		assert.ElementsMatch(t, m.Tags, slices.Collect(maps.Keys(seen)), m.Name)
	}
}
