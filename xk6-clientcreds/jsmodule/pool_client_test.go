package jsmodule

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientsfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
)

// Answers to registrations (RFC 7591 §3.2.1), as servers write them.
const (
	plainResponse = `{"client_id":"a","client_secret":"secret-of-a","client_id_issued_at":1700000000,"client_secret_expires_at":0,
		"redirect_uris":[],"response_types":[],"grant_types":["client_credentials"],"token_endpoint_auth_method":"client_secret_post","scope":"orders.read",
		"registration_client_uri":"https://idp.example.com/register/a","registration_access_token":"not-for-us"}`
	hydraResponse = `{"client_id":"b","client_name":"","client_secret":"secret-of-b","client_secret_expires_at":0,"client_uri":"",
		"created_at":"2026-01-01T00:00:00Z","jwks":{},"logo_uri":"","metadata":{},"owner":"","scope":"","skip_consent":false,"audience":[],
		"contacts":null,"token_endpoint_auth_method":null,"userinfo_signed_response_alg":"none","client_credentials_grant_access_token_lifespan":null}`
)

func TestPoolOfRegistrationResponses(t *testing.T) {
	t.Parallel()
	key, err := json.Marshal(testJWK)
	require.NoError(t, err)
	clients := `[` + plainResponse + `,` + hydraResponse + `,
		{"client_id":"orders","client_secret":"of no use","client_secret_expires_at":0,"token_endpoint_auth_method":"private_key_jwt","client_name#de":"Laden","key":` + string(key) + `}]`
	for name, list := range map[string]string{"array": clients, "file": fileOption(fileWith(t, "c.json", clients))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			v := poolVU(t, New(), 1, e.pool(list, "assignment: 'round-robin'"))
			v.mustRun(`for (let i = 0; i < 3; i++) pool.client().token()`)
			require.Equal(t, 3, e.count())
			assert.Equal(t, url.Values{
				"client_id": {"a"}, "client_secret": {"secret-of-a"}, "grant_type": {"client_credentials"},
				"scope": {"orders.read"},
			}, e.forms[0])
			assert.Equal(t, basicAuth("b", "secret-of-b"), e.headers[1].Get("Authorization"))
			assert.Equal(t, url.Values{"grant_type": {"client_credentials"}}, e.forms[1])
			assert.Equal(t, "orders", e.sentClaims(t, 2)["iss"])
			assert.Empty(t, v.messages())
		})
	}
}

// Members that nobody knows are passed over in a server's answer only: a list that a person writes has
// none, but typing errors.
func TestUnknownMembersOfAList(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	_, err := newVU(t, New()).run(e.pool(`[{client_id: 'a', client_secret: 's', owner: 'me'}]`, ""))
	require.ErrorContains(t, err,
		`TypeError: k6/x/clientcreds: clients[0]: unknown option "owner"; it must be one of issuer, tokenUrl, introspectionUrl, revocationUrl, jwksUrl, clientId, clientSecret, auth, basicEncoding, key, certificate, assertion, dpop, scope, audience, resource, authorizationDetails, exchange, params, headers, cache, retry, timeout, onError, tags, httpMetrics, maxRequests at <eval>:1:19(15)`)
	_, err = newVU(t, New()).run(e.pool(`[{client_id: 'a', client_secret: 's', scope: ''}]`, ""))
	require.ErrorContains(t, err, `clients[0]: option "scope" is an empty string`)
	_, err = newVU(t, New()).run(e.pool(`[{client_id: 'a', client_secret: '', client_secret_expires_at: 0}]`, ""))
	require.ErrorContains(t, err, `clients[0]: option "clientSecret" is missing`)
	_, err = newVU(t, New()).run(e.pool(`[{client_id: 'a', client_secret: 's', client_secret_expires_at: 0, auth: 'basic'}]`, ""))
	require.ErrorContains(t, err, `clients[0]: option "auth" is "basic"`)
}

// Clients whose options are right, and which a server will hardly accept.
func TestPoolsWarnOfTheirLists(t *testing.T) {
	t.Parallel()
	past, future := time.Now().Add(-time.Hour).Unix(), time.Now().Add(time.Hour).Unix()
	twice := func(n, of int, first, second string) string {
		return fmt.Sprintf(`Pool "pool": %d of %d clients have the clientId of another one, first %s and %s; a server takes them for one client`, n, of, first, second)
	}
	const expired = `Pool "pool": the secrets of 2 of 4 clients have expired by their client_secret_expires_at, first %s; register them again, or have them renewed`
	registered := fmt.Sprintf(`[{"client_id":"a","client_secret":"s","client_secret_expires_at":%d},{"client_id":"b","client_secret":"s","client_secret_expires_at":%d},
		{"client_id":"c","client_secret":"s","client_secret_expires_at":%d},{"client_id":"d","client_secret":"s","client_secret_expires_at":0}]`, future, past, past)
	for _, c := range []struct{ clients, want string }{
		{
			fileOption(fileWith(t, "c.csv", "clientId,clientSecret\na,s\nb,s\n\nb,t\na,s\na,s\n")),
			twice(3, 5, "c.csv, row 3", "c.csv, row 5"),
		},
		{
			fileOption(fileWith(t, "c.json", `[{"clientId":"a","clientSecret":"s"},{"client_id":"a","client_secret":"t"}]`)),
			twice(1, 2, "c.json, client 1", "c.json, client 2"),
		},
		{
			`[{clientId: 'a', clientSecret: 's'}, {client_id: 'a', client_secret: {env: 'PATH'}}]`,
			twice(1, 2, "clients[0]", "clients[1]"),
		},
		{fileOption(fileWith(t, "c.json", registered)), fmt.Sprintf(expired, "c.json, client 2")},
		{registered, fmt.Sprintf(expired, "clients[1]")},
	} {
		root := New()
		for i, want := range [][]string{{c.want}, nil} { // the second VU says nothing
			v := newVU(t, root)
			v.mustRun(fmt.Sprintf(`new ClientPool({tokenUrl: 'https://idp.example.com/token', clients: %s})`, c.clients))
			assert.Equal(t, want, v.messages(), "%d: %s", i, c.clients)
		}
	}
}

// A reader of a list for a server ignores the client's own options, so it has to know every option.
func TestListsKnowEveryOption(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	r := jsoption.NewReader(v.rt.VU.Runtime(), v.rt.VU.Runtime().NewObject(), filepath.Clean)
	o := defaults()
	o.read(r)
	for _, name := range r.Known() {
		assert.NotEqual(t, clientsfile.ForClient(name), clientsfile.ForBoth(name), name)
		assert.False(t, clientsfile.ForServer(name), name)
	}
}
