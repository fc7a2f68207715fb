package jsmodule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWrongPoolsAreNamed(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	v.mustRun(`globalThis.one = {clientId: 'a', clientSecret: 's3cr3t'};
		globalThis.ok = {tokenUrl: 'https://idp.example.com/token', clients: [one, {...one, clientId: 'b'}]}`)
	const poolNames = "clients, assignment, exponent, hotClients, hotShare, seed, maxClients, name, tagClients, issuer, " +
		"tokenUrl, "
	for argument, want := range map[string]string{
		``:                              `new ClientPool(options) needs an object with at least clients, and tokenUrl or issuer`,
		`[ok]`:                          `new ClientPool(options) needs an object with at least clients, and tokenUrl or issuer`,
		`{...ok, clients: undefined}`:   `option "clients" is undefined (is the environment variable set?); it must be an array or a SharedArray of objects, or an object with file`,
		`{tokenUrl: ok.tokenUrl}`:       `option "clients" is missing; it must be an array or a SharedArray of objects, or an object with file`,
		`{...ok, clients: 's3cr3t'}`:    `option "clients" is a string; it must be an array or a SharedArray of objects, or an object with file`,
		`{...ok, clients: {}}`:          `option "clients" must have file, the path of a CSV or JSON file with the clients`,
		`{...ok, clients: {path: 'x'}}`: `unknown option "clients.path"; it must be one of file`,
		`{...ok, clients: []}`:          `option "clients" is empty; there must be at least one client`,

		`{...ok, asignment: 'vu'}`:                     `unknown option "asignment" (did you mean "assignment"?); it must be one of ` + poolNames,
		`{...ok, assignment: 'x'}`:                     `option "assignment" is "x"; it must be one of "vu", "round-robin", "random", "zipf", "hot"`,
		`{...ok, assignment: 'zipf', exponent: 0}`:     `option "exponent" is 0; it must be a number above 0, up to 10`,
		`{...ok, assignment: 'zipf', exponent: NaN}`:   `option "exponent" is NaN; it must be a number above 0, up to 10`,
		`{...ok, assignment: 'zipf', exponent: '1'}`:   `option "exponent" is "1"; it must be a number above 0, up to 10`,
		`{...ok, assignment: 'zipf', exponent: 10.1}`:  `option "exponent" is 10.1; it must be a number above 0, up to 10`,
		`{...ok, assignment: 'hot', hotShare: 1.01}`:   `option "hotShare" is 1.01; it must be a number above 0, up to 1`,
		`{...ok, assignment: 'hot', hotShare: -1}`:     `option "hotShare" is -1; it must be a number above 0, up to 1`,
		`{...ok, assignment: 'hot', hotClients: 0}`:    `option "hotClients" is 0; it must be a whole number from 1 to 9007199254740991`,
		`{...ok, assignment: 'hot', hotClients: 2}`:    `option "hotClients" is 2, but there are 2 clients; it must be less, so that some are not hot`,
		`{...ok, assignment: 'random', seed: 1.5}`:     `option "seed" is 1.5; it must be a whole number from 0 to 9007199254740991`,
		`{...ok, assignment: 'random', maxClients: 0}`: `option "maxClients" is 0; it must be a whole number from 1 to 1000000`,
		`{...ok, assignment: 'hot', hot: 1}`:           `option "hot" is now named "hotClients"; rename it`,
		`{...ok, assignment: 'hot', share: 0.5}`:       `option "share" is now named "hotShare"; rename it`,
		`{...ok, assignment: 'random', keep: 1}`:       `option "keep" is now named "maxClients"; rename it`,
		`{...ok, seed: 1}`:                             `option "seed" has no effect with assignment: "vu"; it applies to "random", "zipf", "hot"`,
		`{...ok, maxClients: 1}`:                       `option "maxClients" has no effect with assignment: "vu"; it applies to "round-robin", "random", "zipf", "hot"`,
		`{...ok, assignment: 'hot', exponent: 1}`:      `option "exponent" has no effect with assignment: "hot"; it applies to "zipf"`,
		`{...ok, assignment: 'zipf', hotClients: 1}`:   `option "hotClients" has no effect with assignment: "zipf"; it applies to "hot"`,
		`{...ok, assignment: 'random', hotShare: 0.5}`: `option "hotShare" has no effect with assignment: "random"; it applies to "hot"`,
		`{...ok, name: ''}`:                            `option "name" is an empty string; it must be a non-empty string`,
		`{...ok, tagClients: 'yes'}`:                   `option "tagClients" is a string; it must be true or false`,
		`{...ok, clientId: 'a'}`:                       `option "clientId" cannot be the same for all clients of a pool; set it for each of clients`,

		`{...ok, dpop: {key: 's3cr3t'}}`: `option "dpop.key" contains no PEM block and is not a JWK; it must be a private RSA, EC or Ed25519 key`,

		`{...ok, tokenUrl: undefined}`: `option "tokenUrl" is undefined (is the environment variable set?); set it to the URL of the token endpoint, or set issuer to discover it`,
		`{...ok, tokenUrl: '/token'}`:  `option "tokenUrl" is "/token"; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
		`{...ok, timeout: 's3cr3t'}`:   `option "timeout" is "s3cr3t"; it must be a positive duration such as "30s", or a number of milliseconds`,
		`{...ok, cache: {scope: 'x'}}`: `option "cache.scope" is "x"; it must be one of "vu", "shared", "none"`,

		`{...ok, clients: [one, 's3cr3t']}`:                                               `clients[1] is a string; it must be an object with options such as clientId and clientSecret`,
		`{...ok, clients: [one, ,]}`:                                                      `clients[1] is undefined; it must be an object with options such as clientId and clientSecret`,
		`{...ok, clients: [one, {clientId: 'b'}]}`:                                        `clients[1]: option "clientSecret" is missing; client_secret_basic needs a non-empty string`,
		`{...ok, clients: [one, {clientId: 'b', secret: 's3cr3t'}]}`:                      `clients[1]: unknown option "secret"; it must be one of issuer, tokenUrl, `,
		`{...ok, clients: [{...one, client_id: 's3cr3t'}]}`:                               `clients[0]: option "clientId" is set twice, by its name and by its name in RFC 7591; remove one of the two`,
		`{...ok, clients: [one, {...one, clientSecret: 7}]}`:                              `clients[1]: option "clientSecret" is a number; it must be a non-empty string`,
		`{...ok, clients: [one, {...one, name: 's3cr3t'}]}`:                               `clients[1]: unknown option "name"; it must be one of issuer, tokenUrl, `,
		`{...ok, clients: [one, {...one, cache: {scope: 's'}}]}`:                          `clients[1]: option "cache.scope" is "s"; it must be one of "vu", "shared", "none"`,
		`{...ok, clients: [{...one, __proto__: {clientId: 5}, ['__proto__']: 's3cr3t'}]}`: `clients[0]: unknown option "__proto__"; it must be one of issuer, tokenUrl, `,
	} {
		got := v.mustRun(`(() => { try { new ClientPool(` + argument +
			`) } catch (e) { return e.name + ': ' + e.message } })()`)
		assert.True(t, strings.HasPrefix(fmt.Sprint(got), "TypeError: k6/x/clientcreds: "+want), "%s: %s", argument, got)
		if !strings.Contains(argument, "timeout") { // which is not a secret
			assert.NotContains(t, got, "s3cr3t", argument)
		}
	}
	assert.Empty(t, v.module.clients)
}

// Files are named with the place of what is wrong, and without what stands there.
func TestWrongClientsFilesAreNamed(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	for _, c := range []struct{ name, content, want string }{
		{"c.csv", "", `option "clients.file" cannot be used: c.csv, is empty; its first row must name the options, such as clientId,clientSecret`},
		{
			"c.csv", "clientId,clientSecret\n",
			`option "clients.file" is c.csv, which has no client; it must have at least one`,
		},
		{
			"c.csv", "clientId,clientSecret\na,\"s3cr3t\n",
			`option "clients.file" cannot be used: c.csv, line 2, column 11: extraneous or missing " in quoted-field (RFC 4180)`,
		},
		{"c.json", "s3cr3t", `option "clients.file" cannot be used: c.json, is not a JSON array; it must be an array of objects, or objects one after the other`},
		{
			"c.csv", "clientId,clientSecret\na,s3cr3t\n\n,s3cr3t\n",
			`c.csv, row 4, column "clientId": option "clientId" is missing; it must be a non-empty string`,
		},
		{
			"c.json", `{"clientId": "s3cr3t"}`,
			`c.json, client 1: option "clientSecret" is missing; client_secret_basic needs a non-empty string`,
		},
		{"c.csv", "clientId,sceret\na,s3cr3t\n", `c.csv, row 2, column "sceret": unknown option "sceret"`},
		{
			"c.csv", "client_id,client_secret\na,s3cr3t\n,s3cr3t\n",
			`c.csv, row 3, column "client_id": option "clientId" is missing; it must be a non-empty string`,
		},
		{
			"c.csv", "client_id,client_secret\na,s3cr3t\nb,\n",
			`c.csv, row 3, column "client_secret": option "clientSecret" is missing; client_secret_basic needs a non-empty string`,
		},
		{
			"c.csv", "clientId,clientSecret,auth\na,s3cr3t,\nb,s3cr3t,basic\n",
			`c.csv, row 3, column "auth": option "auth" is "basic"; it must be one of "client_secret_basic", `,
		},
		{
			"c.csv", "clientId,clientSecret,cache.scope\na,s3cr3t,vu\nb,s3cr3t,x\n",
			`c.csv, row 3, column "cache.scope": option "cache.scope" is "x"; it must be one of "vu", "shared", "none"`,
		},
		{
			"c.csv", "clientId,clientSecret,httpMetrics\na,s3cr3t,yes\n",
			`c.csv, row 2, column "httpMetrics": option "httpMetrics" is a string; it must be true or false`,
		},
		{
			"c.csv", "clientId,clientSecret,dpop\na,s3cr3t,true\nb,s3cr3t,on\n",
			`c.csv, row 3, column "dpop": option "dpop" is a string; it must be true or false, or an object with alg or key`,
		},
		{
			"c.json", `[{"client_id": "a", "client_secret": ["s3cr3t"]}]`,
			`c.json, client 1: option "clientSecret" is an array; it must be a non-empty string`,
		},
		{
			"c.json", `[{"client_id": "a", "client_secret": "s3cr3t"}, {"client_secret": "s3cr3t"}]`,
			`c.json, client 2: option "clientId" is missing; it must be a non-empty string`,
		},
		{"c.txt", "s3cr3t", `option "clients.file" is c.txt; its name must end in .csv or .json`},
	} {
		got := v.mustRun(fmt.Sprintf(`(() => { try { new ClientPool({tokenUrl: 'https://idp.example.com/token', clients: {file: %q}}) }
			catch (e) { return e.name + ': ' + e.message } })()`, fileWith(t, c.name, c.content)))
		assert.True(t, strings.HasPrefix(fmt.Sprint(got), "TypeError: k6/x/clientcreds: "+c.want), "%s: %s", c.content, got)
		assert.NotContains(t, got, "s3cr3t", c.content)
	}
	_, err := v.run(`new ClientPool({tokenUrl: 'https://idp.example.com/token', clients: {file: '/no/such/clients.csv'}})`)
	assert.ErrorContains(t, err,
		`option "clients.file" cannot be read: open /no/such/clients.csv: no such file or directory`)
}

// Every VU hears of a mistake, not only the one that found it; and what an array says later, too.
func TestWrongPoolsAreNamedInEveryVU(t *testing.T) {
	t.Parallel()
	e, root := newEndpoint(t), New()
	path := fileWith(t, "c.csv", "clientId,clientSecret\na,\n")
	for range 2 {
		_, err := newVU(t, root).run(e.pool(fileOption(path), ""))
		assert.ErrorContains(t, err,
			`TypeError: k6/x/clientcreds: c.csv, row 2, column "clientSecret": option "clientSecret" is missing`)
	}
	v := poolVU(t, New(), 1, `globalThis.list = [{clientId: 'a', clientSecret: 'abcd'}];`+e.pool(`list`, ""))
	_, err := v.run(`list[0].clientSecret = 7; pool.client()`)
	assert.ErrorContains(t, err,
		`TypeError: k6/x/clientcreds: clients[0]: option "clientSecret" is a number; it must be a non-empty string`)
}

// Clients that differ in more than their names and secrets are all looked at, and those that do not
// are as right as the first.
func TestEveryClientOfAFileIsLookedAt(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	var csvRows, jsonRows []string
	for i := range mostShapes + 10 {
		csvRows = append(csvRows, fmt.Sprintf("client-%d,s3cr3t-%d,scope-%d,", i, i, i))
		jsonRows = append(jsonRows, fmt.Sprintf(`{"client_id":"client-%d","client_secret":"s3cr3t-%d","scope":"scope-%d"}`, i,
			i, i))
	}
	for _, last := range []struct{ csv, json, want string }{
		{"a,s3cr3t,x,y", `{"client_id":"a","client_secret":"s3cr3t","auth":"y"}`, `option "auth" is "y"; it must be one of `},
		{"a,,x,", `{"client_id":"a","client_secret":"","scope":"scope-1"}`, `option "clientSecret" is `},
		{",s3cr3t,scope-1,", `{"client_id":5,"client_secret":"s3cr3t","scope":"scope-1"}`, `option "clientId" is `},
	} {
		row, number := fmt.Sprintf("row %d", len(csvRows)+2), fmt.Sprintf("client %d", len(jsonRows)+1)
		_, err := newVU(t, New()).run(e.pool(fileOption(fileWith(t, "c.csv",
			"clientId,clientSecret,scope,auth\n"+strings.Join(append(csvRows, last.csv), "\n"))), ""))
		assert.ErrorContains(t, err, last.want)
		assert.ErrorContains(t, err, "c.csv, "+row)
		_, err = newVU(t, New()).run(e.pool(fileOption(fileWith(t, "c.json",
			"["+strings.Join(append(jsonRows, last.json), ",")+"]")), ""))
		assert.ErrorContains(t, err, last.want)
		assert.ErrorContains(t, err, "c.json, "+number)
	}
}
