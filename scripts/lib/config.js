// The client, or the clients, and the API that the environment describes. Each variable has one meaning in all scenarios.

import { Client, ClientPool } from 'k6/x/clientcreds';
import { env, fail, flag, required, url } from './environment.js';

/**
 * The options of the Client that the environment describes: TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET (or
 * CLIENT_SECRET_FILE, or CLIENT_SECRET_SOURCE, the secret's name in what --secret-source configures), and
 * where given SCOPE, AUDIENCE, RESOURCE, AUTH, BASIC_ENCODING, ON_ERROR, CACHE_SCOPE, LEEWAY, JITTER and REFRESH. With
 * AUTH=private_key_jwt CLIENT_KEY_FILE instead of CLIENT_SECRET, and where needed KEY_ALG and KEY_ID, and
 * CLIENT_CERTIFICATE_FILE for servers that find the key by its certificate. ASSERTION_AUDIENCE is the
 * audience of assertions where the server does not accept the issuer. With
 * AUTH=tls_client_auth and AUTH=self_signed_tls_client_auth CLIENT_CERTIFICATE_FILE, and its key in CLIENT_KEY_FILE.
 * DPOP=true binds tokens to a key. EXCHANGE=true exchanges them (RFC 8693), where given for EXCHANGE_AUDIENCE,
 * EXCHANGE_RESOURCE and EXCHANGE_SCOPE.
 */
export function clientOptions(overrides = {}) {
    return optionsWith(env('AUTH'), overrides);
}

/** As clientOptions, for a client that authenticates by a method of its own, whatever AUTH says. */
export function clientOptionsFor(auth) {
    return optionsWith(auth, { auth });
}

function optionsWith(auth, overrides) {
    return commonOptions({ clientId: required('CLIENT_ID', "the client's id"), ...credentials(auth), ...overrides }, auth);
}

const inquiries = { introspection: ['introspectionUrl', 'INTROSPECTION_URL'], revocation: ['revocationUrl', 'REVOCATION_URL'] };

/**
 * clientOptions for a client that introspects and revokes, or does one of them: INTROSPECTION_URL and REVOCATION_URL tell
 * where, else the metadata of ISSUER do.
 */
export function inquiringOptions(kinds = Object.keys(inquiries)) {
    const options = clientOptions();
    for (const kind of kinds) {
        const [option, name] = inquiries[kind];
        if (env(name) !== undefined || env('ISSUER') === undefined) {
            options[option] = url(name, `the ${kind} endpoint's URL, or set ISSUER to discover it`);
        } else {
            Object.assign(options, { tokenUrl: undefined, issuer: issuer() });
        }
    }
    return options;
}

/** What the environment says of one client and of many alike, and more. */
function commonOptions(more, auth = env('AUTH')) {
    const options = { ...endpoint(), ...assertion(auth), ...binding(), ...exchange() };
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
 * random, zipf or hot. What they authenticate with is in the file. What all have in common is in the same variables as for
 * one client; where the file says it, too, the file counts.
 */
export function clientPool(overrides = {}) {
    const own = { clients: { file: required('CLIENTS_FILE', 'the CSV or JSON file of the clients') } };
    if (env('ASSIGNMENT') !== undefined) {
        own.assignment = env('ASSIGNMENT');
    }
    return new ClientPool(commonOptions({ ...own, ...overrides }));
}

/** Returns what gives a call its client: with CLIENTS_FILE one of the pool, else the one that the environment describes. */
export function clientOfCall(overrides = {}) {
    if (env('CLIENTS_FILE') !== undefined) {
        const pool = clientPool(overrides);
        return () => pool.client();
    }
    const client = new Client(clientOptions(overrides));
    return () => client;
}

/**
 * The audience of assertions (RFC 7523), for a client that authenticates with one: ASSERTION_AUDIENCE, or the issuer where
 * TOKEN_URL saves its discovery.
 */
function assertion(auth) {
    const signs = ['client_secret_jwt', 'private_key_jwt'].includes(auth);
    const audience = env('ASSERTION_AUDIENCE', env('TOKEN_URL') === undefined ? undefined : env('ISSUER'));
    return signs && audience !== undefined ? { assertion: { audience } } : {};
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
                fail(`${name} is set, but nothing is exchanged: set EXCHANGE=true, or unset it`);
            }
        }
    }
    return flag('EXCHANGE') ? { exchange: options } : {};
}

/** What the client authenticates with: its secret, its private key, or its certificate. */
function credentials(auth) {
    if (certified(auth)) {
        return { certificate: { file: certificateFile() }, key: { file: certificateKeyFile() } };
    }
    if (auth !== 'private_key_jwt') {
        return { clientSecret: secret() };
    }
    const key = { file: required('CLIENT_KEY_FILE', "the file of the client's private key, PEM or JWK") };
    for (const [option, name] of Object.entries({ alg: 'KEY_ALG', kid: 'KEY_ID' })) {
        if (env(name) !== undefined) {
            key[option] = env(name);
        }
    }
    const certificate = env('CLIENT_CERTIFICATE_FILE'); // the JWT has its thumbprints, by which some servers find the key
    return certificate === undefined ? { key } : { key, certificate: { file: certificate } };
}

/** Whether the client authenticates with a certificate (RFC 8705). */
function certified(auth) {
    return ['tls_client_auth', 'self_signed_tls_client_auth'].includes(auth);
}

function certificateFile() {
    return required('CLIENT_CERTIFICATE_FILE', "the file of the client's certificate, PEM");
}

function certificateKeyFile() {
    return required('CLIENT_KEY_FILE', "the file of the certificate's private key, PEM or JWK");
}

/**
 * k6's own option tlsAuth for the certificate that the environment describes, for requests that a script makes itself
 * with client.headers(): a token can be bound to the certificate. Requests of the client need none. What open() reads
 * becomes part of `k6 archive`, so a scenario has it only where it needs it.
 */
export function tlsAuth() {
    return certified(env('AUTH')) ? { tlsAuth: [{ cert: open(certificateFile()), key: open(certificateKeyFile()) }] } : {};
}

/**
 * The client's secret, or where it is: a file, from the script's folder, or a name or source:name of k6's secret sources.
 * As a text it is printable (RFC 6749 §A.2), so without the newline that a secret read from a file often ends with.
 */
function secret() {
    const variables = ['CLIENT_SECRET', 'CLIENT_SECRET_FILE', 'CLIENT_SECRET_SOURCE'];
    const [first, second] = variables.filter((name) => env(name) !== undefined);
    if (second !== undefined) {
        fail(`${first} and ${second} are both set: unset one of them`);
    }
    if (first === 'CLIENT_SECRET_FILE') {
        return { file: env(first) };
    }
    if (first === 'CLIENT_SECRET_SOURCE') {
        const [value, colon] = [env(first), env(first).indexOf(':')];
        return colon < 0 ? { secret: value } : { source: value.slice(0, colon), secret: value.slice(colon + 1) };
    }
    const value = required('CLIENT_SECRET', "the client's secret");
    if (/[\r\n]/.test(value)) {
        fail('CLIENT_SECRET has a line break in it: give the secret without one');
    }
    return value;
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
        fail(`TOKEN_URL is at ${origin(tokenUrl)}, but ISSUER at ${origin(env('ISSUER'))}: set one of the two`);
    }
    return { tokenUrl };
}

/** The issuer. Its metadata's URL is often taken for it. */
function issuer() {
    const value = url('ISSUER', "the authorization server's issuer");
    if (value.includes('/.well-known/')) {
        fail('ISSUER is the URL of the metadata: give the issuer itself, as the metadata have it, without /.well-known/…');
    }
    return value;
}

/** Scheme, host and port of a URL, without a user's name and password. */
function origin(text) {
    return text.replace(/^(https?:\/\/)(?:[^/?#]*@)?([^/?#]+).*$/, '$1$2').toLowerCase();
}
