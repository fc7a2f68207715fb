package jsmodule

import (
	"path/filepath"
	"testing"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// allOptions are the names of all options, in the order in which errors tell them.
const allOptions = "issuer, tokenUrl, introspectionUrl, revocationUrl, jwksUrl, clientId, clientSecret, auth, " +
	"basicEncoding, key, certificate, assertion, dpop, " +
	"scope, audience, resource, authorizationDetails, exchange, params, headers, cache, retry, timeout, onError, tags, " +
	"httpMetrics, maxRequests"

// wrongOptions are arguments of new Client, in which ok stands for options that are good, and what
// the TypeError says of them.
var wrongOptions = []struct{ argument, message string }{
	{
		``,
		`new Client(options) needs an object with at least tokenUrl or issuer, clientId and clientSecret`,
	},
	{
		`'https://idp.example.com'`,
		`new Client(options) needs an object with at least tokenUrl or issuer, clientId and clientSecret`,
	},
	{
		`null`,
		`new Client(options) needs an object with at least tokenUrl or issuer, clientId and clientSecret`,
	},
	{
		`[]`,
		`new Client(options) needs an object with at least tokenUrl or issuer, clientId and clientSecret`,
	},
	{
		`{}`,
		`option "tokenUrl" is missing; set it to the URL of the token endpoint, or set issuer to discover it`,
	},
	{
		`{tokenUrl: undefined, clientId: 'a', clientSecret: 'b'}`,
		`option "tokenUrl" is undefined (is the environment variable set?); set it to the URL of the token endpoint, or set issuer to discover it`,
	},
	{
		`{...ok, issuer: 'https://idp.example.com'}`,
		`option "tokenUrl" contradicts issuer; set one of the two`,
	},
	{
		`{tokenUrl: ok.tokenUrl, clientSecret: 's3cr3t'}`,
		`option "clientId" is missing; it must be a non-empty string`,
	},
	{
		`{tokenUrl: ok.tokenUrl, clientId: 'a'}`,
		`option "clientSecret" is missing; client_secret_basic needs a non-empty string`,
	},
	{
		`{...ok, tokenUrl: ''}`,
		`option "tokenUrl" is an empty string; it must be a non-empty string`,
	},
	{
		`{...ok, tokenUrl: 5}`,
		`option "tokenUrl" is a number; it must be a non-empty string`,
	},
	{
		`{...ok, tokenUrl: null}`,
		`option "tokenUrl" is null; it must be a non-empty string`,
	},
	{
		`{...ok, tokenUrl: 'idp.example.com/token'}`,
		`option "tokenUrl" is "idp.example.com/token"; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
	},
	{
		`{...ok, tokenUrl: '/token'}`,
		`option "tokenUrl" is "/token"; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
	},
	{
		`{...ok, tokenUrl: 'ftp://idp.example.com/token'}`,
		`option "tokenUrl" is "ftp://idp.example.com/token"; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
	},
	{
		`{...ok, tokenUrl: 'https://a:s3cr3t@idp.example.com/token'}`,
		`option "tokenUrl" contains a user name or password; set the client ID and the client secret instead`,
	},
	{
		`{...ok, tokenUrl: 'https://idp.example.com/token#x'}`,
		`option "tokenUrl" must not contain a fragment (RFC 6749 §3.2); remove it`,
	},
	{
		`{...ok, tokenUrl: 'https://idp.example.com:x/token?key=s3cr3t'}`,
		`option "tokenUrl" is not a URL; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
	},
	{
		`{...ok, tokenUrl: undefined, issuer: 'https://idp.example.com?x=1'}`,
		`option "issuer" must not contain a query (RFC 8414 §2); remove it`,
	},
	{
		`{...ok, tokenUrl: undefined, issuer: 'idp'}`,
		`option "issuer" is "idp"; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
	},
	{
		`{...ok, tokenUrl: undefined, issuer: ['https://idp.example.com']}`,
		`option "issuer" is an array; it must be a non-empty string`,
	},
	{
		`{...ok, tokenURL: 'x'}`,
		`unknown option "tokenURL" (did you mean "tokenUrl"?); it must be one of ` + allOptions,
	},
	{
		`{...ok, clientID: 'x'}`,
		`unknown option "clientID" (did you mean "clientId"?); it must be one of ` + allOptions,
	},
	{
		`{...ok, secret: 's3cr3t'}`,
		`unknown option "secret"; it must be one of ` + allOptions,
	},
	{
		`{...ok, introspectionUrl: '/introspect'}`,
		`option "introspectionUrl" is "/introspect"; it must be an absolute http or https URL such as https://idp.example.com/oauth2/token`,
	},
	{
		`{...ok, revocationUrl: 'https://idp.example.com/revoke#x'}`,
		`option "revocationUrl" must not contain a fragment (RFC 6749 §3.2); remove it`,
	},
	{
		`{...ok, authorizationDetails: '[{"type":"s3cr3t"}]'}`,
		`option "authorizationDetails" is a string; it must be an array of objects, which is sent as JSON`,
	},
	{
		`{...ok, authorizationDetails: {type: 'orders'}}`,
		`option "authorizationDetails" is an object; it must be an array of objects, which is sent as JSON`,
	},
	{
		`{...ok, authorizationDetails: [{type: 'orders'}, '{"type":"s3cr3t"}']}`,
		`option "authorizationDetails[1]" is a string; it must be an object`,
	},
	{
		`{...ok, authorizationDetails: []}`,
		`option "authorizationDetails" must be a non-empty array of objects with a type (RFC 9396 §2)`,
	},
	{
		`{...ok, authorizationDetails: [{type: 'orders'}, {type: 7}]}`,
		`option "authorizationDetails" must have a type, a non-empty string, in each object (RFC 9396 §2), but object 2 has none`,
	},
	{
		`(() => { const a = {type: 'orders'}; a.a = a; return {...ok, authorizationDetails: [a]} })()`,
		`option "authorizationDetails" cannot be written as JSON; it must be an array of plain objects`,
	},
	{
		`{...ok, params: {authorization_details: '[]'}}`,
		`option "params" must not contain "authorization_details", which is set to the authorization details; remove it`,
	},
	{
		`{...ok, clientId: ''}`,
		`option "clientId" is an empty string; it must be a non-empty string`,
	},
	{
		`{...ok, clientId: 7}`,
		`option "clientId" is a number; it must be a non-empty string`,
	},
	{
		`{...ok, clientId: Symbol('x')}`,
		`option "clientId" is a symbol; it must be a non-empty string`,
	},
	{
		`{...ok, clientSecret: ''}`,
		`option "clientSecret" is an empty string; it must be a non-empty string, or an object with file, env or secret`,
	},
	{
		`{...ok, clientSecret: 1234}`,
		`option "clientSecret" is a number; it must be a non-empty string, or an object with file, env or secret`,
	},
	{
		`{...ok, clientSecret: ['s3cr3t']}`,
		`option "clientSecret" is an array; it must be a non-empty string, or an object with file, env or secret`,
	},
	{
		`{...ok, clientSecret: undefined}`,
		`option "clientSecret" is undefined (is the environment variable set?); client_secret_basic needs a non-empty string`,
	},
	{
		`{...ok, auth: 'basic'}`,
		`option "auth" is "basic"; it must be one of "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"`,
	},
	{
		`{...ok, auth: true}`,
		`option "auth" is a boolean; it must be one of "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"`,
	},
	{
		`{...ok, auth: 'client_secret_post', clientSecret: undefined}`,
		`option "clientSecret" is undefined (is the environment variable set?); client_secret_post needs a non-empty string`,
	},
	{
		`{...ok, basicEncoding: 'base64'}`,
		`option "basicEncoding" is "base64"; it must be one of "form", "raw"`,
	},
	{
		`{...ok, auth: 'client_secret_post', basicEncoding: 'raw'}`,
		`option "basicEncoding" applies to auth: "client_secret_basic" only, but auth is "client_secret_post"`,
	},
	{
		`{...ok, clientId: 'a:b', basicEncoding: 'raw'}`,
		`option "clientId" must not contain a colon with the raw encoding of Basic authentication; use the form encoding`,
	},
	{
		`{...ok, scope: 7}`,
		`option "scope" is a number; it must be a non-empty string or an array of them`,
	},
	{
		`{...ok, scope: ''}`,
		`option "scope" is an empty string; it must be a non-empty string or an array of them`,
	},
	{
		`{...ok, scope: '  '}`,
		`option "scope" is blank; leave it out to ask for the server's default`,
	},
	{
		`{...ok, scope: ['a', '']}`,
		`option "scope[1]" is an empty string; it must be a non-empty string`,
	},
	{
		`{...ok, scope: ['a', 7]}`,
		`option "scope[1]" is a number; it must be a non-empty string`,
	},
	{
		`{...ok, scope: 'a b\\c'}`,
		`option "scope" contains "b\\c"; a scope must be printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)`,
	},
	{
		`{...ok, scope: {a: 1}}`,
		`option "scope" is an object; it must be a non-empty string or an array of them`,
	},
	{
		`{...ok, audience: 7}`,
		`option "audience" is a number; it must be a non-empty string or an array of them`,
	},
	{
		`{...ok, audience: [null]}`,
		`option "audience[0]" is null; it must be a non-empty string`,
	},
	{
		`{...ok, resource: 'orders'}`,
		`option "resource" contains "orders"; a resource must be an absolute URI without a fragment (RFC 8707 §2)`,
	},
	{
		`{...ok, resource: ['']}`,
		`option "resource[0]" is an empty string; it must be a non-empty string`,
	},
	{
		`{...ok, params: 'a=b'}`,
		`option "params" is a string; it must be an object of parameter names and values`,
	},
	{
		`{...ok, params: {grant_type: 'password'}}`,
		`option "params" must not contain "grant_type", which is always client_credentials; remove it`,
	},
	{
		`{...ok, params: {client_secret: 's3cr3t'}}`,
		`option "params" must not contain "client_secret", which is set to the client secret; remove it`,
	},
	{
		`{...ok, params: {scope: 'a'}}`,
		`option "params" must not contain "scope", which is set to the scope; remove it`,
	},
	{
		`{...ok, params: {'': 'a'}}`,
		`option "params" must not contain a parameter without a name; remove it`,
	},
	{
		`{...ok, params: {a: {}}}`,
		`option "params.a" is an object; it must be a non-empty string or an array of them`,
	},
	{
		`{...ok, params: {a: ['b', 1]}}`,
		`option "params.a[1]" is a number; it must be a non-empty string`,
	},
	{
		`{...ok, headers: []}`,
		`option "headers" is an array; it must be an object of strings`,
	},
	{
		`{...ok, headers: {a: 1}}`,
		`option "headers.a" is a number; it must be a string`,
	},
	{
		`{...ok, headers: {authorization: 's3cr3t'}}`,
		`option "headers" must not contain "Authorization", which the token request sets; remove it`,
	},
	{
		`{...ok, headers: {'a b': 'c'}}`,
		`option "headers" must not contain "a b", which is not a header name (RFC 9110 §5.1)`,
	},
	{
		`{...ok, headers: {a: 's3cr3t\n'}}`,
		`option "headers" must not contain a control character, but the value of "A" does`,
	},
	{
		`{...ok, cache: 'vu'}`,
		`option "cache" is a string; it must be an object`,
	},
	{
		`{...ok, cache: {scope: 'global'}}`,
		`option "cache.scope" is "global"; it must be one of "vu", "shared", "none"`,
	},
	{
		`{...ok, cache: {ttl: '1m'}}`,
		`unknown option "cache.ttl"; it must be one of scope, leeway, jitter, refresh, defaultTtl`,
	},
	{
		`{...ok, cache: {leway: '1m'}}`,
		`unknown option "cache.leway" (did you mean "leeway"?); it must be one of scope, leeway, jitter, refresh, defaultTtl`,
	},
	{
		`{...ok, cache: {leeway: 'soon'}}`,
		`option "cache.leeway" is "soon"; it must be a duration of 0 or more such as "30s", a number of milliseconds, or a percentage of the lifetime such as "10%"`,
	},
	{
		`{...ok, cache: {leeway: '-1s'}}`,
		`option "cache.leeway" is "-1s"; it must be a duration of 0 or more such as "30s", a number of milliseconds, or a percentage of the lifetime such as "10%"`,
	},
	{
		`{...ok, cache: {leeway: '101%'}}`,
		`option "cache.leeway" is "101%"; a percentage of the lifetime must be from "0%" to "100%"`,
	},
	{
		`{...ok, cache: {leeway: '%'}}`,
		`option "cache.leeway" is "%"; a percentage of the lifetime must be from "0%" to "100%"`,
	},
	{
		`{...ok, cache: {jitter: true}}`,
		`option "cache.jitter" is true; it must be a duration of 0 or more such as "30s", a number of milliseconds, or a percentage of the lifetime such as "10%"`,
	},
	{
		`{...ok, cache: {jitter: -5}}`,
		`option "cache.jitter" is -5; it must be a duration of 0 or more such as "30s", a number of milliseconds, or a percentage of the lifetime such as "10%"`,
	},
	{
		`{...ok, cache: {refresh: 'auto'}}`,
		`option "cache.refresh" is "auto"; it must be one of "blocking", "background"`,
	},
	{
		`{...ok, cache: {defaultTtl: 0}}`,
		`option "cache.defaultTtl" is 0; it must be a positive duration such as "30s", or a number of milliseconds`,
	},
	{
		`{...ok, cache: {defaultTtl: NaN}}`,
		`option "cache.defaultTtl" is NaN; it must be a positive duration such as "30s", or a number of milliseconds`,
	},
	{
		`{...ok, cache: {scope: 'none', leeway: '1s'}}`,
		`option "cache.leeway" has no effect with cache.scope: "none", which asks for a new token at every call`,
	},
	{
		`{...ok, cache: {scope: 'none', jitter: 0}}`,
		`option "cache.jitter" has no effect with cache.scope: "none", which asks for a new token at every call`,
	},
	{
		`{...ok, cache: {scope: 'none', refresh: 'blocking'}}`,
		`option "cache.refresh" has no effect with cache.scope: "none", which asks for a new token at every call`,
	},
	{
		`{...ok, retry: 3}`,
		`option "retry" is a number; it must be an object`,
	},
	{
		`{...ok, retry: {attempts: 0}}`,
		`option "retry.attempts" is 0; it must be a whole number from 1 to 100`,
	},
	{
		`{...ok, retry: {attempts: 1.5}}`,
		`option "retry.attempts" is 1.5; it must be a whole number from 1 to 100`,
	},
	{
		`{...ok, retry: {attempts: '3'}}`,
		`option "retry.attempts" is "3"; it must be a whole number from 1 to 100`,
	},
	{
		`{...ok, retry: {attempts: 101}}`,
		`option "retry.attempts" is 101; it must be a whole number from 1 to 100`,
	},
	{
		`{...ok, retry: {backoff: 'x'}}`,
		`option "retry.backoff" is "x"; it must be a duration of 0 or more such as "30s", or a number of milliseconds`,
	},
	{
		`{...ok, retry: {backoff: '10s', maxBackoff: '1s'}}`,
		`option "retry.maxBackoff" is 1s, shorter than retry.backoff (10s)`,
	},
	{
		`{...ok, retry: {maxBackoff: -1}}`,
		`option "retry.maxBackoff" is -1; it must be a duration of 0 or more such as "30s", or a number of milliseconds`,
	},
	{
		`{...ok, retry: {budget: 0}}`,
		`option "retry.budget" is 0; it must be a positive duration such as "30s", or a number of milliseconds`,
	},
	{
		`{...ok, retry: {delay: '1s'}}`,
		`unknown option "retry.delay"; it must be one of attempts, backoff, maxBackoff, budget`,
	},
	{
		`{...ok, timeout: 0}`,
		`option "timeout" is 0; it must be a positive duration such as "30s", or a number of milliseconds`,
	},
	{
		`{...ok, timeout: '10 seconds'}`,
		`option "timeout" is "10 seconds"; it must be a positive duration such as "30s", or a number of milliseconds`,
	},
	{
		`{...ok, timeout: Infinity}`,
		`option "timeout" is Infinity; it must be a positive duration such as "30s", or a number of milliseconds`,
	},
	{
		`{...ok, timeout: {}}`,
		`option "timeout" is an object; it must be a positive duration such as "30s", or a number of milliseconds`,
	},
	{
		`{...ok, onError: 'ignore'}`,
		`option "onError" is "ignore"; it must be one of "throw", "abort"`,
	},
	{
		`{...ok, onError: () => {}}`,
		`option "onError" is a function; it must be one of "throw", "abort"`,
	},
	{
		`{...ok, tags: 'x'}`,
		`option "tags" is a string; it must be an object of strings, numbers or booleans`,
	},
	{
		`{...ok, tags: {a: {}}}`,
		`option "tags.a" is an object; it must be a string, a number or a boolean`,
	},
	{
		`{...ok, tags: {a: null}}`,
		`option "tags.a" is null; it must be a string, a number or a boolean`,
	},
	{
		`{...ok, tags: {client: 'x'}}`,
		`option "tags.client" is set by the module; choose another name`,
	},
	{
		`{...ok, httpMetrics: 'yes'}`,
		`option "httpMetrics" is a string; it must be true or false`,
	},
	{
		`{...ok, httpMetrics: 1}`,
		`option "httpMetrics" is a number; it must be true or false`,
	},
	{
		`{...ok, auth: 'client_secret_jwt'}`,
		`option "clientSecret" has 6 bytes; client_secret_jwt with HS256 needs 32 or more (RFC 7518 §3.2)`,
	},
	{
		`{...ok, auth: 'client_secret_jwt', clientSecret: undefined}`,
		`option "clientSecret" is undefined (is the environment variable set?); client_secret_jwt needs a non-empty string`,
	},
	{
		`{...ok, auth: 'private_key_jwt'}`,
		`option "clientSecret" applies to auth: "client_secret_basic", "client_secret_post" and "client_secret_jwt" only, but auth is "private_key_jwt"`,
	},
	{
		`{...keyed, key: undefined}`,
		`option "key" is undefined (is the environment variable set?); private_key_jwt needs the private key, or assertion.file or assertion.env with a ready-made assertion`,
	},
	{
		`{...ok, key: 's3cr3t'}`,
		`option "key" applies to auth: "private_key_jwt", "tls_client_auth" and "self_signed_tls_client_auth" only, but auth is "client_secret_basic"`,
	},
	{
		`{...keyed, key: 's3cr3t'}`,
		`option "key" contains no PEM block and is not a JWK; it must be a private RSA, EC or Ed25519 key, as PEM (PKCS #8, PKCS #1 or SEC 1) or as a JWK`,
	},
	{
		`{...keyed, key: 5}`,
		`option "key" is a number; it must be a private key as PEM or JWK, or an object with text, file, env or secret, and kid and alg where needed`,
	},
	{
		`{...keyed, key: ''}`,
		`option "key" is an empty string; it must be a private key as PEM or JWK, or an object with text, file, env or secret, and kid and alg where needed`,
	},
	{
		`{...keyed, key: {kid: 'a'}}`,
		`option "key" must have one of text, file, env and secret: the private key as PEM or JWK, the path of a file with it, the name of an environment variable, or the name of a secret in k6's secret sources`,
	},
	{
		`{...keyed, key: {text: 's3cr3t', file: 'x'}}`,
		`option "key" must have one of text, file, env and secret: the private key as PEM or JWK, the path of a file with it, the name of an environment variable, or the name of a secret in k6's secret sources`,
	},
	{
		`{...keyed, key: {file: '/no/such/key'}}`,
		`option "key.file" cannot be read: no such file or directory (/no/such/key); it must be the path, from the script's folder, of a file to read`,
	},
	{
		`{...keyed, key: {pem: 's3cr3t'}}`,
		`unknown option "key.pem"; it must be one of text, file, env, secret, source, kid, alg`,
	},
	{
		`{...keyed, key: {text: keyed.key, alg: 'RS256'}}`,
		`option "key.alg" is "RS256", which this key cannot sign with; the key supports EdDSA`,
	},
	{
		`{...ok, assertion: {}}`,
		`option "assertion" applies to auth: "client_secret_jwt" and "private_key_jwt" only, but auth is "client_secret_basic"`,
	},
	{
		`{...ok, auth: 'client_secret_jwt', assertion: {file: 'x'}}`,
		`option "assertion.file" applies to auth: "private_key_jwt" only, but auth is "client_secret_jwt"`,
	},
	{
		`{...keyed, assertion: {alg: 'HS256'}}`,
		`option "assertion.alg" applies to auth: "client_secret_jwt" only, but auth is "private_key_jwt"`,
	},
	{
		`{...keyed, assertion: {file: 'x'}}`,
		`option "key" contradicts assertion.file, whose assertion is ready-made; set one of the two`,
	},
	{
		`{...keyed, key: undefined, assertion: {file: 'x', claims: {a: 1}}}`,
		`option "assertion.claims" contradicts assertion.file, whose assertion is ready-made; set one of the two`,
	},
	{
		`{...keyed, key: undefined, assertion: {file: '/no/such/jwt'}}`,
		`option "assertion.file" cannot be read: no such file or directory (/no/such/jwt); it must be the path, from the script's folder, of a file to read`,
	},
	{
		`{...ok, dpop: 'yes'}`,
		`option "dpop" is a string; it must be true or false, or an object with alg or key`,
	},
	{
		`{...ok, dpop: null}`,
		`option "dpop" is null; it must be true or false, or an object with alg or key`,
	},
	{
		`{...ok, dpop: {algo: 'ES256'}}`,
		`unknown option "dpop.algo" (did you mean "alg"?); it must be one of alg, key`,
	},
	{
		`{...ok, dpop: {alg: 'HS256'}}`,
		`option "dpop.alg" is "HS256"; it must be one of "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"`,
	},
	{
		`{...ok, dpop: {key: 7}}`,
		`option "dpop.key" is a number; it must be a private key as PEM or JWK, or an object with text, file, env or secret`,
	},
	{
		`{...ok, dpop: {key: ''}}`,
		`option "dpop.key" is an empty string; it must be a private key as PEM or JWK, or an object with text, file, env or secret`,
	},
	{
		`{...ok, dpop: {key: {}}}`,
		`option "dpop.key" must have one of text, file, env and secret: the private key as PEM or JWK, the path of a file with it, the name of an environment variable, or the name of a secret in k6's secret sources`,
	},
	{
		`{...ok, dpop: {key: {text: 's3cr3t', kid: 'a'}}}`,
		`unknown option "dpop.key.kid"; it must be one of text, file, env, secret, source`,
	},
	{
		`{...ok, dpop: {key: 's3cr3t'}}`,
		`option "dpop.key" contains no PEM block and is not a JWK; it must be a private RSA, EC or Ed25519 key, as PEM (PKCS #8, PKCS #1 or SEC 1) or as a JWK`,
	},
	{
		`{...ok, cache: {scope: 'shared'}, dpop: {key: keyed.key, alg: 'ES256'}}`,
		`option "dpop.alg" is "ES256", which this key cannot sign with; the key supports EdDSA`,
	},
	{
		`{...ok, dpop: {key: {file: '/no/such/key'}}}`,
		`option "dpop.key.file" cannot be read: no such file or directory (/no/such/key); it must be the path, from the script's folder, of a file to read`,
	},
	{
		`{...ok, headers: {dpop: 'x'}}`,
		`option "headers" must not contain "Dpop", which the token request sets; remove it`,
	},
	{
		`{...ok, tags: {server: 'x'}}`,
		`option "tags.server" is set by the module; choose another name`,
	},
	{
		`{...keyed, assertion: {lifetime: '1500ms'}}`,
		`option "assertion.lifetime" is 1.5s; it must be whole seconds, from 1s to 24h0m0s`,
	},
	{
		`{...keyed, assertion: {claims: {sub: 's3cr3t'}}}`,
		`option "assertion.claims" must not contain "sub"; the reserved claims are iss, sub, aud, exp, nbf, iat, jti`,
	},
	{
		`{...keyed, assertion: {claims: 's3cr3t'}}`,
		`option "assertion.claims" is a string; it must be an object of claims`,
	},
	{
		`{...keyed, key: {text: 's3cr3t', env: 'KEY'}}`,
		`option "key" must have one of text, file, env and secret: the private key as PEM or JWK, the path of a file with it, the name of an environment variable, or the name of a secret in k6's secret sources`,
	},
	{
		`{...keyed, key: undefined, assertion: {file: 'x', env: 'X'}}`,
		`option "assertion.env" contradicts assertion.file; set one of the two`,
	},
	{
		`{...ok, auth: 'client_secret_jwt', assertion: {env: 'X'}}`,
		`option "assertion.env" applies to auth: "private_key_jwt" only, but auth is "client_secret_jwt"`,
	},
	{
		`{...keyed, assertion: {env: 'X'}}`,
		`option "key" contradicts assertion.env, whose assertion is ready-made; set one of the two`,
	},
	{
		`{...ok, clientSecret: {}}`,
		`option "clientSecret" must have one of file, env and secret: the path of a file, the name of an environment variable, or the name of a secret in k6's secret sources`,
	},
	{
		`{...ok, clientSecret: {file: 's3cr3t', env: 's3cr3t'}}`,
		`option "clientSecret" must have one of file, env and secret: the path of a file, the name of an environment variable, or the name of a secret in k6's secret sources`,
	},
	{
		`{...ok, clientSecret: {file: 's3cr3t', source: 'default'}}`,
		`option "clientSecret.source" has no effect without secret, the name of the secret in that source`,
	},
	{
		`{...ok, clientSecret: {file: undefined}}`,
		`option "clientSecret" must have one of file, env and secret: the path of a file, the name of an environment variable, or the name of a secret in k6's secret sources`,
	},
	{
		`{...ok, clientSecret: {file: ''}}`,
		`option "clientSecret.file" is an empty string; it must be a non-empty string`,
	},
	{
		`{...ok, clientSecret: {path: 's3cr3t'}}`,
		`unknown option "clientSecret.path"; it must be one of file, env, secret, source`,
	},
	{
		`{...ok, auth: 'private_key_jwt', key: keyed.key, clientSecret: {file: 's3cr3t'}}`,
		`option "clientSecret" applies to auth: "client_secret_basic", "client_secret_post" and "client_secret_jwt" only, but auth is "private_key_jwt"`,
	},
	{
		`{...ok, clientSecret: {file: '/no/such/secret'}}`,
		`option "clientSecret.file" cannot be read: no such file or directory (/no/such/secret); it must be the path, from the script's folder, of a file to read`,
	},
	{
		`{...ok, clientSecret: {file: '/dev/null'}}`,
		`option "clientSecret.file" is empty (/dev/null); it must be the path, from the script's folder, of a file to read`,
	},
	{
		`{...ok, clientSecret: {file: '/dev/zero'}}`,
		`option "clientSecret.file" has more than 65536 bytes (/dev/zero); it must be the path, from the script's folder, of a file to read`,
	},
	{
		`{...ok, clientSecret: {env: 's3cr3t'}}`,
		`option "clientSecret.env" is not the name of an environment variable of the k6 process; set the variable where k6 is started`,
	},
	{
		`{...ok, clientSecret: {secret: 's3cr3t'}}`,
		`option "clientSecret.secret" cannot be read: no secret sources are configured; start k6 with --secret-source, such as --secret-source=file=secrets.txt`,
	},
	{
		`{...keyed, assertion: {claims: (() => { const a = {}; a.a = a; return a })()}}`,
		`option "assertion.claims" contains a value that JSON cannot express`,
	},
}

func TestWrongOptionsAreNamed(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	v.mustRun(`globalThis.ok = {tokenUrl: 'https://idp.example.com/token', clientId: 'orders', clientSecret: 's3cr3t'}`)
	v.mustRun(`globalThis.keyed = {tokenUrl: ok.tokenUrl, clientId: 'orders', auth: 'private_key_jwt', key: ` + "`" +
		testJWK + "`}")
	for _, c := range wrongOptions {
		got := v.mustRun(`(() => { try { new Client(` + c.argument +
			`) } catch (e) { return e.name + ': ' + e.message } })()`)
		assert.Equal(t, "TypeError: k6/x/clientcreds: "+c.message, got, c.argument)
		assert.NotContains(t, got, "s3cr3t")
	}
	assert.Empty(t, v.module.clients)
	v.mustRun(`new Client(ok)`)
	assert.Len(t, v.module.clients, 1)
}

// Options that are not needed any more leave nothing behind in those that get their memory. No test runs beside this
// one, so that nobody else gets it.
func TestReleasedOptions(t *testing.T) {
	rt := sobek.New()
	parse := func(code string) *options {
		value, err := rt.RunString(`({tokenUrl: 'https://a', clientId: 'a', clientSecret: 'b', ` + code + `})`)
		require.NoError(t, err)
		o, err := parseOptions(rt, value, filepath.Clean)
		require.NoError(t, err)
		return o
	}
	fresh := *parse(``)
	for range 10 { // one of them, at least, gets the memory of the last
		full := parse(`scope: 'c', exchange: {}, headers: {d: 'e'}, cache: {scope: 'shared', jitter: 5}, maxRequests: 1`)
		kept := *full
		full.release()
		assert.Zero(t, *full, "a spare set of options has no secret")
		assert.Equal(t, "c", kept.scopeText)
		assert.Equal(t, fresh, *parse(``))
	}
}

// Each of these is an option, or a value of one, that is right although it looks unusual.
func TestUnusualOptionsThatAreRight(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	v.mustRun(`globalThis.ok = {tokenUrl: 'https://idp.example.com/token', clientId: 'orders', clientSecret: 's3cr3t'}`)
	v.mustRun(`globalThis.keyed = {tokenUrl: ok.tokenUrl, clientId: 'orders', auth: 'private_key_jwt', key: ` + "`" +
		testJWK + "`}")
	for _, argument := range []string{
		`{...ok, tokenUrl: undefined, issuer: 'https://idp.example.com/tenant'}`,
		`{...ok, tokenUrl: 'http://127.0.0.1:1/token?tenant=a'}`,
		`{...ok, scope: []}`,
		`{...ok, scope: undefined, cache: {}, retry: {}}`,
		`{...ok, params: {a: 1, b: 1.5, c: true, d: ['x', 'y']}}`,
		`{...ok, cache: {leeway: 0, jitter: '0%', defaultTtl: 1.5}}`,
		`{...ok, cache: {scope: 'none', defaultTtl: '1m'}}`,
		`{...ok, retry: {backoff: '10s'}}`,
		`{...ok, tags: {a: 1, b: true, c: 'x'}}`,
		`{...ok, dpop: false}`,
		`{...ok, dpop: {}}`,
		`{...ok, dpop: {alg: 'EdDSA', key: {text: keyed.key}}}`,
		`Object.freeze({...ok})`,
		`keyed`,
		`{...keyed, key: {text: keyed.key, kid: 'a', alg: 'EdDSA'}, assertion: {audience: 'x', lifetime: 5000, claims: {a: [1, {b: null}]}}}`,
		`{...ok, auth: 'client_secret_jwt', clientSecret: 's3cr3t'.repeat(10), assertion: {alg: 'HS384'}}`,
	} {
		_, err := v.run(`new Client(` + argument + `)`)
		assert.NoError(t, err, argument)
	}
}
