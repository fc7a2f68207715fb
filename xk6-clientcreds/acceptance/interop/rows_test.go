package interop

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// clientOptions are options of a Client.
type clientOptions map[string]any

// interopRow is a line of the matrix: something that a client does at each server.
type interopRow struct {
	name   string // in Markdown
	kind   string // what testdata/interop.js does
	client servers.Registration
	// right are the client's options, wrong those that make another credential of it.
	right, wrong clientOptions
	// audience is whom its assertion is for; where it is empty, whom the server takes assertions for.
	audience assertionAudience
	// variant is the configuration that it requires of a server which has more than one.
	variant variant
	// claim is the expected value in the token, by the claim's name.
	claim map[string]any
}

// variant is a configuration of a server.
type variant string

const (
	rawBasic  variant = "raw"   // takes Basic credentials as they are
	dpopNonce variant = "nonce" // demands nonces in DPoP proofs
)

// assertionAudience is whom an assertion is for (RFC 7523 §3), which servers do not agree on.
type assertionAudience string

const (
	forIssuer        assertionAudience = "the issuer"
	forTokenEndpoint assertionAudience = "the token endpoint"
)

const (
	interopScope    = "api:read"
	interopResource = "https://api.example/orders"
	anotherSecret   = "another-secret-0123456789abcdef0123456789abcdef" // of nobody
)

// interopRows returns the lines of the matrix, with keys of their own and these certificates.
func interopRows(t *testing.T, certs servers.ClientCertificates) []interopRow {
	t.Helper()
	rows := []interopRow{
		secretRow("`client_secret_basic`", "interop basic:x", "p@ss:w%rd+/=& z", "client_secret_basic"),
		secretRow("`client_secret_basic`, raw", "interop-raw", "p+ss%2Fword", "client_secret_basic"),
		secretRow("`client_secret_post`", "interop-post", "post-secret", "client_secret_post"),
		secretRow("`client_secret_jwt`, HS256", "interop-csjwt", servers.LongSecret, "client_secret_jwt"),
	}
	rows[1].right["basicEncoding"], rows[1].variant = "raw", rawBasic
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		rows = append(rows, keyRow(t, "`private_key_jwt`, "+alg, alg))
	}
	for _, audience := range []assertionAudience{forIssuer, forTokenEndpoint} {
		row := keyRow(t, "`private_key_jwt` for "+string(audience), "ES256")
		row.audience = audience
		row.wrong = clientOptions{"assertion": map[string]any{"audience": "https://elsewhere.example"}}
		rows = append(rows, row)
	}
	rows = append(rows,
		certificateRow("tls_client_auth", servers.Registration{SANDNS: "client.example"}, certs.Good, certs.Wrong),
		certificateRow("self_signed_tls_client_auth", servers.Registration{JWKS: certs.SelfSigned.JWKS()}, certs.SelfSigned,
			certs.Good),
		dpopRow("`dpop`", ""), dpopRow("`dpop`, with a nonce", dpopNonce))
	return append(rows, featureRows()...)
}

// secretRow is a grant to a client with a secret. The wrong secret belongs to nobody.
func secretRow(name, id, secret, method string) interopRow {
	return interopRow{
		name: name, kind: "grant",
		client: servers.Registration{ID: id, Secret: secret, AuthMethod: method},
		right:  clientOptions{"auth": method, "clientSecret": secret},
		wrong:  clientOptions{"clientSecret": anotherSecret},
	}
}

// keyRow is a grant to a client with a key, RSA in a JWK and others in PEM. The wrong one is of the
// same kind.
func keyRow(t *testing.T, name, alg string) interopRow {
	t.Helper()
	key, other := testkit.NewKey(t, alg), testkit.NewKey(t, alg)
	id := "interop-key-" + rand.Text()
	options := func(key crypto.Signer) clientOptions {
		file := servers.WriteKey(t, key)
		if _, ok := key.(*rsa.PrivateKey); ok {
			file = servers.WriteJWK(t, key, id)
		}
		return clientOptions{"auth": "private_key_jwt", "key": map[string]any{"file": file, "alg": alg, "kid": id}}
	}
	public := jose.JSONWebKey{Key: key.Public(), KeyID: id, Use: "sig", Algorithm: alg}
	return interopRow{
		name: name, kind: "grant",
		client: servers.Registration{
			ID: id, AuthMethod: "private_key_jwt", AuthAlg: alg,
			JWKS: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}},
		},
		right: options(key), wrong: options(other),
	}
}

// certificateRow is a grant to a client with a certificate, to which the token is bound (RFC 8705 §3).
func certificateRow(method string, r servers.Registration, right, wrong servers.ClientPair) interopRow {
	r.ID, r.AuthMethod, r.CertBound = "interop-"+method, method, true
	files := func(p servers.ClientPair) clientOptions {
		return clientOptions{"certificate": map[string]any{"file": p.Certificate}, "key": map[string]any{"file": p.Key}}
	}
	return interopRow{
		name: "`" + method + "`", kind: "bound", client: r,
		right: files(right).with(clientOptions{"auth": method}), wrong: files(wrong),
	}
}

// dpopRow is a grant to a client whose tokens must be bound to a key (RFC 9449 §5). The wrong
// credential is the secret alone.
func dpopRow(name string, v variant) interopRow {
	row := secretRow(name, "interop-dpop", "dpop-secret", "client_secret_basic").as("bound")
	row.client.DPoPBound, row.variant = true, v
	row.right["dpop"], row.wrong = true, clientOptions{"dpop": false}
	return row
}

// featureRows are the other features of a client.
func featureRows() []interopRow {
	feature := func(name, kind string) interopRow {
		return secretRow(name, "interop-opaque", "opaque-secret", "client_secret_basic").as(kind)
	}
	// Where tokens can be JWTs they are: those tell what they are for.
	asks := func(name string, options clientOptions, claim string, value any) interopRow {
		row := secretRow(name, "interop-jwt", "jwt-secret", "client_secret_basic")
		row.client.TokenFormat, row.client.Details = "jwt", []string{"orders"}
		row.kind, row.claim = "claims", map[string]any{claim: value}
		row.right = row.right.with(options)
		return row
	}
	details := []any{map[string]any{"type": "orders", "actions": []any{"read"}}}
	return []interopRow{
		feature("discovery", "discovery"),
		asks("`resource` (RFC 8707)", clientOptions{"resource": interopResource}, "aud", interopResource),
		asks("`audience`", clientOptions{"audience": interopResource}, "aud", interopResource),
		asks("`authorizationDetails` (RFC 9396), with a `resource`",
			clientOptions{"authorizationDetails": details, "resource": interopResource}, "authorization_details", details),
		exchangeRow(),
		asks("`inspect()`: a JWT of RFC 9068", nil, "", nil).as("inspection"),
		feature("`introspect()` (RFC 7662)", "introspection"),
		feature("`revoke()` (RFC 7009)", "revocation"),
	}
}

// exchangeRow is a token exchange (RFC 8693) after the grant. The wrong credential is the subject's.
func exchangeRow() interopRow {
	row := secretRow("`exchange` (RFC 8693)", "interop-exchange", "exchange-secret", "client_secret_basic")
	row.client.Exchange = true
	exchange := clientOptions{"requestedTokenType": "urn:ietf:params:oauth:token-type:access_token", "scope": interopScope}
	row.right["exchange"] = exchange
	row.wrong = clientOptions{"exchange": exchange.with(clientOptions{"subjectToken": "of-nobody"})}
	return row
}

// as returns the row with something else to do.
func (row interopRow) as(kind string) interopRow {
	row.kind = kind
	return row
}

// with returns the options and the options of more, which take precedence.
func (o clientOptions) with(more clientOptions) clientOptions {
	all := maps.Clone(o)
	maps.Copy(all, more)
	return all
}

// secretsOf returns the secrets of the rows' clients.
func secretsOf(rows []interopRow) []string {
	secrets := []string{anotherSecret}
	for _, row := range rows {
		if row.client.Secret != "" {
			secrets = append(secrets, row.client.Secret)
		}
	}
	return secrets
}
