// Reads the client, or the clients, and the API from the environment. Each variable has the same meaning in all scenarios.
//
//   ISSUER                   issuer identifier, to discover the endpoints (RFC 8414)
//   TOKEN_URL                token endpoint, instead of ISSUER
//   INTROSPECTION_URL        introspection endpoint; by default, the one in the metadata
//   REVOCATION_URL           revocation endpoint; by default, the one in the metadata
//   CLIENT_ID                client identifier
//   CLIENT_SECRET            client secret
//   CLIENT_SECRET_FILE       file with the client secret, instead of CLIENT_SECRET
//   CLIENT_SECRET_SOURCE     name of the client secret in k6's secret sources: `name` or `source:name`
//   AUTH                     client authentication method; `client_secret_basic` by default
//   BASIC_ENCODING           encoding of `client_secret_basic`: `form` (default) or `raw`
//   CLIENT_KEY_FILE          private key of `private_key_jwt` or of the certificate, PEM or JWK
//   KEY_ALG                  signature algorithm of the key, if the key does not determine it
//   KEY_ID                   `kid` of the key
//   CLIENT_CERTIFICATE_FILE  certificate of `tls_client_auth`, `self_signed_tls_client_auth`, or of the key, PEM
//   ASSERTION_AUDIENCE       `aud` of client assertions, if the server does not accept the issuer
//   SCOPE                    requested scope, separated by spaces
//   AUDIENCE                 `audience` parameter, if the server requires it
//   RESOURCE                 resource indicator (RFC 8707), if the server requires it
//   DPOP                     `true` binds tokens to a key (RFC 9449)
//   EXCHANGE                 `true` exchanges each token for another one (RFC 8693)
//   EXCHANGE_AUDIENCE        audience of the exchanged token
//   EXCHANGE_RESOURCE        resource of the exchanged token
//   EXCHANGE_SCOPE           scope of the exchanged token
//   CACHE_SCOPE              cache option `scope`: `vu`, `shared`, or `none`
//   LEEWAY                   cache option `leeway`
//   JITTER                   cache option `jitter`
//   REFRESH                  cache option `refresh`: `background` or `blocking`
//   ON_ERROR                 `abort` ends the run with exit code 108 if the client cannot get a token
//   MAX_REQUESTS             number of token requests that a client may send before the run ends; no limit by default
//   CLIENTS_FILE             CSV or JSON file with many clients, for scenarios that support it
//   ASSIGNMENT               client of each request: `vu`, `round-robin`, `random`, `zipf`, or `hot`

import { Client, ClientPool } from 'k6/x/clientcreds';
import { authMethod, certificateFile, certificateKeyFile } from './authmethods.js';
import { count, env, fail, flag, required, url, variableOf } from './environment.js';

/** The options of the client that the environment describes. */
export function clientOptions(overrides = {}) {
    return optionsWith(env('AUTH'), overrides);
}

/** As clientOptions, for a client that authenticates by a method of its own, whatever AUTH says. */
export function clientOptionsFor(auth) {
    return optionsWith(auth, { auth });
}

function optionsWith(auth, overrides) {
    return commonOptions({ clientId: required('CLIENT_ID', "the client's ID"), ...authMethod(auth).credentials(), ...overrides }, auth);
}

const queries = { introspection: ['introspectionUrl', 'INTROSPECTION_URL'], revocation: ['revocationUrl', 'REVOCATION_URL'] };

/**
 * clientOptions for a client that introspects and revokes, or does one of them: INTROSPECTION_URL and REVOCATION_URL tell
 * where, else the metadata of ISSUER do.
 */
export function queryOptions(kinds = Object.keys(queries)) {
    const options = clientOptions();
    for (const kind of kinds) {
        const [option, name] = queries[kind];
        if (env(name) !== undefined || env('ISSUER') === undefined) {
            options[option] = url(name, `the ${kind} endpoint's URL, or set ISSUER to discover it`);
        } else {
            Object.assign(options, { tokenUrl: undefined, issuer: issuer() });
        }
    }
    return options;
}

/** The options that one client and a pool have in common, and more. */
function commonOptions(more, auth = env('AUTH')) {
    const options = { ...endpoint(), ...assertion(auth), ...binding(), ...exchange(), ...quota() };
    const texts = {
        scope: 'SCOPE',
        audience: 'AUDIENCE',
        resource: 'RESOURCE',
        auth: 'AUTH',
        basicEncoding: 'BASIC_ENCODING',
        onError: 'ON_ERROR',
    };
    for (const [option, name] of Object.entries(texts)) {
        if (env(name) !== undefined) {
            options[option] = env(name);
        }
    }
    const cache = {};
    for (const [option, name] of Object.entries({
        scope: 'CACHE_SCOPE',
        leeway: 'LEEWAY',
        jitter: 'JITTER',
        refresh: 'REFRESH',
    })) {
        if (env(name) !== undefined) {
            cache[option] = env(name);
        }
    }
    return { ...options, ...more, cache: { ...cache, ...more.cache } };
}

/**
 * The pool of the clients in CLIENTS_FILE (CSV or JSON), of which each call gets one as ASSIGNMENT says: vu, round-robin,
 * random, zipf or hot. The file contains their credentials. The options that all have in common come from the same variables as for
 * one client; where the file says it, too, the file counts.
 */
export function clientPool(overrides = {}) {
    const own = { clients: { file: required('CLIENTS_FILE', 'the CSV or JSON file of the clients') } };
    if (env('ASSIGNMENT') !== undefined) {
        own.assignment = env('ASSIGNMENT');
    }
    return configured(() => new ClientPool(commonOptions({ ...own, ...overrides })));
}

/** The client with these options, which are made of the environment. */
export function newClient(options) {
    return configured(() => new Client(options));
}

/** The variables that options are made of, where an option has one. */
const variables = {
    tokenUrl: 'TOKEN_URL',
    issuer: 'ISSUER',
    introspectionUrl: 'INTROSPECTION_URL',
    revocationUrl: 'REVOCATION_URL',
    clientId: 'CLIENT_ID',
    clientSecret: 'CLIENT_SECRET',
    'clientSecret.file': 'CLIENT_SECRET_FILE',
    'clientSecret.secret': 'CLIENT_SECRET_SOURCE',
    'clientSecret.source': 'CLIENT_SECRET_SOURCE',
    key: 'CLIENT_KEY_FILE',
    'key.file': 'CLIENT_KEY_FILE',
    'key.alg': 'KEY_ALG',
    'key.kid': 'KEY_ID',
    certificate: 'CLIENT_CERTIFICATE_FILE',
    'certificate.file': 'CLIENT_CERTIFICATE_FILE',
    'assertion.audience': 'ASSERTION_AUDIENCE',
    scope: 'SCOPE',
    audience: 'AUDIENCE',
    resource: 'RESOURCE',
    auth: 'AUTH',
    basicEncoding: 'BASIC_ENCODING',
    onError: 'ON_ERROR',
    maxRequests: 'MAX_REQUESTS',
    'cache.scope': 'CACHE_SCOPE',
    'cache.leeway': 'LEEWAY',
    'cache.jitter': 'JITTER',
    'cache.refresh': 'REFRESH',
    'exchange.audience': 'EXCHANGE_AUDIENCE',
    'exchange.resource': 'EXCHANGE_RESOURCE',
    'exchange.scope': 'EXCHANGE_SCOPE',
    'clients.file': 'CLIENTS_FILE',
    assignment: 'ASSIGNMENT',
};

/** Returns what make returns. An option that cannot be used is named by its variable, as it was written. */
function configured(make) {
    try {
        return make();
    } catch (error) {
        const written = `k6/x/clientcreds: option "${error.option}"`;
        if (variables[error.option] === undefined || !error.message.startsWith(written)) {
            throw error;
        }
        return fail(variableOf(variables[error.option]) + error.message.slice(written.length));
    }
}

/** Returns what gives a call its client: with CLIENTS_FILE one of the pool, else the one that the environment describes. */
export function clientOfCall(overrides = {}) {
    if (env('CLIENTS_FILE') !== undefined) {
        const pool = clientPool(overrides);
        return () => pool.client();
    }
    const client = newClient(clientOptions(overrides));
    return () => client;
}

/**
 * The audience of assertions (RFC 7523), for a client that authenticates with one: ASSERTION_AUDIENCE, or the issuer where
 * TOKEN_URL saves its discovery.
 */
function assertion(auth) {
    const audience = env('ASSERTION_AUDIENCE', env('TOKEN_URL') === undefined ? undefined : env('ISSUER'));
    return authMethod(auth).signs && audience !== undefined ? { assertion: { audience } } : {};
}

/** How many token requests a client may send. */
function quota() {
    return env('MAX_REQUESTS') === undefined ? {} : { maxRequests: count('MAX_REQUESTS') };
}

/** Whether tokens are bound to a key (DPoP, RFC 9449). */
function binding() {
    return flag('DPOP') ? { dpop: true } : {};
}

/** Whether each token is exchanged for another one (RFC 8693), and for which. */
function exchange() {
    const options = {};
    for (const option of ['audience', 'resource', 'scope']) {
        const name = `EXCHANGE_${option.toUpperCase()}`;
        if (env(name) !== undefined) {
            options[option] = env(name);
            if (!flag('EXCHANGE')) {
                fail(`${name} is set, but nothing is exchanged; set EXCHANGE=true, or unset it`);
            }
        }
    }
    return flag('EXCHANGE') ? { exchange: options } : {};
}

/**
 * k6's own option tlsAuth for the certificate that the environment describes, for requests that a script makes itself
 * with client.headers(): a token can be bound to the certificate. Requests of the client need none. What open() reads
 * becomes part of `k6 archive`, so a scenario has it only where it needs it.
 */
export function tlsAuth() {
    return authMethod(env('AUTH')).certified ? { tlsAuth: [{ cert: open(certificateFile()), key: open(certificateKeyFile()) }] } : {};
}

/**
 * Where tokens come from. TOKEN_URL saves the discovery by ISSUER, so both may be set, as `k6 x clientcreds serve` does;
 * but then they must be of one server, because one left over from another run would be loaded unawares.
 */
function endpoint() {
    if (env('TOKEN_URL') === undefined && env('ISSUER') !== undefined) {
        return { issuer: issuer() };
    }
    const tokenUrl = url('TOKEN_URL', "the token endpoint's URL, or set ISSUER to discover it");
    if (env('ISSUER') !== undefined && origin(issuer()) !== origin(tokenUrl)) {
        fail(`TOKEN_URL is at ${origin(tokenUrl)}, but ISSUER is at ${origin(env('ISSUER'))}; set one of the two`);
    }
    return { tokenUrl };
}

/** The issuer. Its metadata's URL is often taken for it. */
function issuer() {
    const value = url('ISSUER', "the authorization server's issuer");
    if (value.includes('/.well-known/')) {
        fail('ISSUER contains /.well-known/, so it is the URL of the metadata; set it to the issuer that the metadata contain');
    }
    return value;
}

/** Scheme, host and port of a URL, without a user's name and password. */
function origin(text) {
    return text.replace(/^(https?:\/\/)(?:[^/?#]*@)?([^/?#]+).*$/, '$1$2').toLowerCase();
}
