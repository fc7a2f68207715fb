/**
 * OAuth 2.0 client-credentials tokens (RFC 6749 §4.4) for k6 load tests.
 *
 * ```js
 * import http from 'k6/http';
 * import { Client } from 'k6/x/clientcreds';
 *
 * const client = new Client({
 *   tokenUrl: 'https://idp.example.com/oauth2/token',
 *   clientId: __ENV.CLIENT_ID,
 *   clientSecret: __ENV.CLIENT_SECRET,
 *   scope: ['orders.read'],
 * });
 *
 * export default function () {
 *   http.get('https://api.example.com/orders', { headers: client.headers() });
 * }
 * ```
 */
declare module 'k6/x/clientcreds' {
    import type {
        BatchRequests,
        BatchResponses,
        RefinedParams,
        RefinedResponse,
        RequestBody,
        ResponseType,
        url as httpUrl,
    } from 'k6/http';

    /** The return type of k6's `http.url` template tag. */
    type HttpURL = ReturnType<typeof httpUrl>;

    /** A string with units, such as `'30s'` or `'1m30s'`, or a number of milliseconds. */
    export type Duration = string | number;

    /** A {@link Duration}, or a share of the token's lifetime, such as `'10%'`. */
    export type Span = Duration;

    /** A client authentication method, by its registered name. */
    export type AuthMethod = 'client_secret_basic' | 'client_secret_post' | 'client_secret_jwt' | 'private_key_jwt' | 'tls_client_auth' | 'self_signed_tls_client_auth';

    /** Options of a {@link Client}. An unknown option, or two options that contradict each other, cause a `TypeError`. */
    export interface ClientOptions {
        /**
         * The issuer identifier of the authorization server. The client fetches the server's metadata (RFC 8414, or else
         * OpenID Connect Discovery) once per process, at the first token request. The `issuer` in the metadata must be
         * identical to this value, including a trailing slash. Redirects are followed within the origin. Set `issuer` or
         * `tokenUrl`.
         */
        issuer?: string;

        /** The token endpoint, an absolute `http` or `https` URL. Set `tokenUrl` or `issuer`. */
        tokenUrl?: string;

        /** The introspection endpoint (RFC 7662), for `introspect()`. The default is the endpoint in the metadata of `issuer`. */
        introspectionUrl?: string;

        /** The revocation endpoint (RFC 7009), for `revoke()`. The default is the endpoint in the metadata of `issuer`. */
        revocationUrl?: string;

        /**
         * The JWK set with the server's public keys (RFC 7517 §5), for `inspect()`. The default is the URL in the metadata
         * of `issuer`.
         */
        jwksUrl?: string;

        /** The client identifier (RFC 6749 §2.2). The metric tag `client` has the same value. */
        clientId: string;

        /**
         * The client secret, or a reference to it. The methods whose names begin with `client_secret` require a secret. The
         * secret never appears in a log, an error, a metric, or a URL.
         */
        clientSecret?: string | SecretRef;

        /**
         * The client authentication method (RFC 6749 §2.3.1, RFC 7523 §2.2, RFC 8705 §2). The client uses exactly this
         * method and never tries another one.
         * @default 'client_secret_basic'
         */
        auth?: AuthMethod;

        /**
         * The encoding of the client identifier and secret before Base64 in `client_secret_basic`. `form` encodes them as
         * RFC 6749 §2.3.1 requires. `raw` is for servers that do not decode them. The difference matters for characters
         * such as `+`, `%`, and `:`.
         * @default 'form'
         */
        basicEncoding?: 'form' | 'raw';

        /**
         * The private key of `private_key_jwt` or of `certificate`: PEM or JWK text, or an object with a reference and the
         * signature algorithm. PEM text that lost its line breaks in an environment variable also works.
         */
        key?: string | KeyOptions;

        /**
         * The certificate of `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705): PEM text, followed by any
         * intermediate CAs, or a reference. The client presents it in the TLS handshake of all its requests. With
         * `private_key_jwt`, the certificate is not presented. Instead, the JWT header contains its thumbprints (`x5t` and
         * `x5t#S256`).
         */
        certificate?: string | CertificateOptions;

        /** The contents of the JWT of `client_secret_jwt` and `private_key_jwt`, or a reference to a ready-made JWT. */
        assertion?: AssertionOptions;

        /**
         * Sender-constrained tokens (DPoP, RFC 9449). `true` generates an ES256 key. An object sets the key or its
         * algorithm. Each VU has its own key, unless `cache.scope` is `shared`. The client's HTTP methods add proofs
         * automatically and retry once if the server requires a nonce. For other protocols, use `headers(method, url)`.
         * With this option, a `Bearer` token is an error (`token_type`).
         */
        dpop?: boolean | DPoPOptions;

        /** The requested scope: an array, or a space-separated string (RFC 6749 §3.3). The log warns once of a scope that is not granted. */
        scope?: string | string[];

        /** Values of the `audience` parameter, which some servers require. */
        audience?: string | string[];

        /** Resource indicators (RFC 8707): absolute URIs without a fragment. Each is sent as a `resource` parameter. */
        resource?: string | string[];

        /** Authorization details (RFC 9396): an array of objects, each with a `type`. They are sent as JSON. */
        authorizationDetails?: AuthorizationDetail[];

        /**
         * A token exchange (RFC 8693) after each client-credentials grant, by the same client at the same endpoint. The
         * client hands out the exchanged token. An empty object requests an exchange with the server's defaults.
         */
        exchange?: ExchangeOptions;

        /**
         * Additional parameters of token requests and token exchanges. They cannot replace parameters that other options
         * set. With `client_secret_basic`, `client_id` may repeat the value of `clientId`, for servers that require it in
         * the body.
         */
        params?: Record<string, string | number | boolean | string[]>;

        /** Additional headers of token, introspection, and revocation requests. They cannot replace headers that the client sets. */
        headers?: Record<string, string>;

        /** How tokens are cached. */
        cache?: CacheOptions;

        /**
         * How failed token requests are retried: after 429, 5xx, and transport errors, but never after a definitive OAuth
         * error such as `invalid_client`. `acquire()` retries only if this option is set.
         */
        retry?: RetryOptions;

        /**
         * The timeout of one token, introspection, or revocation request. It is also the longest time that a call waits
         * for the next token request after a failure.
         * @default '30s'
         */
        timeout?: Duration;

        /**
         * The reaction if the client cannot get a token: `throw` a {@link TokenError}, or `abort` the test with exit code
         * 108. Neither sends a request without its token.
         * @default 'throw'
         */
        onError?: 'throw' | 'abort';

        /** Additional tags of this client's metrics. `client`, `grant`, `reason`, `status`, `error`, `active`, and `server` are reserved. */
        tags?: Record<string, string | number | boolean>;

        /**
         * Whether token, introspection, and revocation requests also count in `http_reqs` and `http_req_*`.
         * @default false
         */
        httpMetrics?: boolean;

        /**
         * Limits the token requests of this client in this k6 process, including retries and the requests of all VUs. Set
         * a limit if the provider bills each request. If a call requires one more request, k6 does not send it, and the
         * test ends with exit code 108. All clients of a pool share one limit. By default, requests are not limited.
         */
        maxRequests?: number;
    }

    /**
     * A reference to a secret. Set exactly one of `file`, `env`, and `secret`. The secret is read in the init context. If the
     * server rejects the client, the secret is read again, and all VUs use the new value.
     */
    export interface SecretRef {
        /**
         * The file that contains the secret, relative to the script as in `open()`. A trailing newline is removed. The file
         * does not become part of an archive of the test.
         */
        file?: string;

        /** The environment variable of the k6 process. It need not be visible in `__ENV`. */
        env?: string;

        /** The name of the secret in k6's secret sources (`--secret-source`). */
        secret?: string;

        /** The secret source that contains `secret`. The default is the source named `default`. */
        source?: string;
    }

    /** A private key: RSA with at least 2048 bits, EC on P-256, P-384, or P-521, or Ed25519. */
    export interface KeyOptions {
        /** PEM (PKCS #8, PKCS #1, or SEC 1, without a passphrase) or JWK. Set exactly one of `text`, `file`, `env`, and `secret`. */
        text?: string;

        /**
         * The file that contains the key, relative to the script as in `open()`. With `private_key_jwt`, it is read again
         * when the server rejects the client.
         */
        file?: string;

        /** The environment variable of the k6 process that contains the key. */
        env?: string;

        /** The name of the key in k6's secret sources (`--secret-source`). */
        secret?: string;

        /** The secret source that contains `secret`. The default is the source named `default`. */
        source?: string;

        /** The key identifier in the header of the JWT. The default is the `kid` of a JWK. */
        kid?: string;

        /** The signature algorithm. The default is the algorithm of a JWK, RS256 for other RSA keys, or the algorithm of the key's curve. */
        alg?: 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';
    }

    /** A certificate chain that begins with the client's certificate. */
    export interface CertificateOptions {
        /** PEM. Set exactly one of `text` and `file`. */
        text?: string;

        /** The file that contains the certificate, relative to the script as in `open()`. */
        file?: string;
    }

    /** The key to which tokens are bound (RFC 9449). */
    export interface DPoPOptions {
        /** The algorithm of the proofs. The default is the algorithm of the key, or ES256. Generating an RSA key takes a noticeable time in each VU. */
        alg?: 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';

        /** The private key, the same for all VUs: PEM or JWK text, or a reference. By default, keys are generated. */
        key?: string | DPoPKeyOptions;
    }

    /** The private key of DPoP proofs. It is read once and does not rotate during a run. */
    export interface DPoPKeyOptions {
        /** PEM (PKCS #8, PKCS #1, or SEC 1, without a passphrase) or JWK. Set exactly one of `text`, `file`, `env`, and `secret`. */
        text?: string;

        /** The file that contains the key, relative to the script as in `open()`. */
        file?: string;

        /** The environment variable of the k6 process that contains the key. */
        env?: string;

        /** The name of the key in k6's secret sources (`--secret-source`). */
        secret?: string;

        /** The secret source that contains `secret`. The default is the source named `default`. */
        source?: string;
    }

    /** The JWT with which a client authenticates (RFC 7523 §3). Every attempt sends a new JWT with its own `jti`. */
    export interface AssertionOptions {
        /** The `aud` claim. The default is `issuer`, or with `tokenUrl` the URL of the endpoint that receives the JWT. */
        audience?: string;

        /**
         * The time from `iat` to `exp`, in whole seconds, up to one day.
         * @default '60s'
         */
        lifetime?: Duration;

        /**
         * The algorithm of `client_secret_jwt`. The secret needs at least 32, 48, or 64 bytes (RFC 7518 §3.2).
         * @default 'HS256'
         */
        alg?: 'HS256' | 'HS384' | 'HS512';

        /** Additional claims. They cannot replace `iss`, `sub`, `aud`, `exp`, `nbf`, `iat`, and `jti`. */
        claims?: Record<string, unknown>;

        /**
         * Additional header parameters, such as `x5c`. They cannot replace `alg`, `typ`, and `kid`, nor the `x5t` and
         * `x5t#S256` of `certificate`. `crit` and `b64` are not supported.
         */
        header?: Record<string, unknown>;

        /** The file that contains a ready-made, signed JWT (workload identity), instead of `key`. It is read for every token request. */
        file?: string;

        /** The environment variable of the k6 process that contains a ready-made, signed JWT, instead of `file`. */
        env?: string;
    }

    /** One authorization that the token must carry, in terms of the API (RFC 9396 §2). */
    export interface AuthorizationDetail {
        /** The type, which defines the meaning of the other members. */
        type: string;
        [member: string]: unknown;
    }

    /**
     * Parameters of a token exchange (RFC 8693 §2.1). Without `subjectToken`, the client's own token is the subject token,
     * and the new token is for the client itself. With `subjectToken`, the client's own token is the actor token.
     */
    export interface ExchangeOptions {
        /** The token of the party on whose behalf the client acts. It never appears in a log, an error, a metric, or a URL. */
        subjectToken?: string;

        /**
         * The type of the subject token, a URI.
         * @default 'urn:ietf:params:oauth:token-type:access_token'
         */
        subjectTokenType?: string;

        /** The token of the party that acts for the client. It contradicts `subjectToken`. */
        actorToken?: string;

        /** The type of the actor token, a URI. The default is the type of an access token. */
        actorTokenType?: string;

        /** The type that the new token must have: the type of an access token, or of a JWT. By default, the server decides. */
        requestedTokenType?: string;

        /** Names of the services that will receive the new token. */
        audience?: string | string[];

        /** URIs of the services that will receive the new token (RFC 8707). Each is sent as a `resource` parameter. */
        resource?: string | string[];

        /** The scope of the new token: an array, or a space-separated string. */
        scope?: string | string[];
    }

    /** How tokens are cached. */
    export interface CacheOptions {
        /**
         * Which calls share a token: all calls of one VU (`vu`), all calls of the k6 process (`shared`), or none (`none`, a
         * token request per call). `none` contradicts `leeway`, `jitter`, and `refresh`.
         * @default 'vu'
         */
        scope?: 'vu' | 'shared' | 'none';

        /**
         * How long before its expiry a token is replaced. Leeway and jitter together are limited to half of the lifetime.
         * @default '10%'
         */
        leeway?: Span;

        /**
         * The maximum random time by which a token is replaced even earlier. It spreads the token requests of VUs that
         * started together.
         * @default '5%'
         */
        jitter?: Span;

        /**
         * The behavior of the script during a replacement. With `background`, it continues with the old, still valid token while
         * the request runs outside the iteration, and waits only if the old token is about to expire. With `blocking`, it
         * waits.
         * @default 'background'
         */
        refresh?: 'background' | 'blocking';

        /**
         * The lifetime of tokens whose response lacks a usable `expires_in`.
         * @default '5m'
         */
        defaultTtl?: Duration;
    }

    /** How failed token requests are retried. */
    export interface RetryOptions {
        /**
         * The maximum number of requests, from 1 to 100. After the last one has failed, the client delays further requests:
         * see docs/guides/caching.md.
         * @default 3
         */
        attempts?: number;

        /**
         * The maximum wait before the first retry. It doubles each time, and the wait is a random part of it. A
         * `Retry-After` header takes precedence.
         * @default '100ms'
         */
        backoff?: Duration;

        /**
         * The limit of the doubled `backoff`. If only `backoff` is set, and is longer, it is also the limit.
         * @default '5s'
         */
        maxBackoff?: Duration;

        /**
         * The time limit of all requests and waits together. The client does not start a wait that would exceed it.
         * @default '1m'
         */
        budget?: Duration;
    }

    /** The result of {@link Client.acquire}. It is read-only. */
    export interface Acquisition {
        /** Whether the server granted a token. */
        readonly ok: boolean;
        /** The HTTP status of the last response; 0 without a response. */
        readonly status: number;
        /** The token; null without a token. */
        readonly accessToken: string | null;
        /** `Bearer` or another type; null without a token. */
        readonly tokenType: string | null;
        /** The lifetime in seconds; null without a token, or if the response lacks `expires_in`. */
        readonly expiresIn: number | null;
        /** The granted scope, space-separated; null without a token. */
        readonly scope: string | null;
        /** The OAuth error code (RFC 6749 §5.2) or a failure class such as `timeout`; null with a token. */
        readonly error: string | null;
        /** The server's description of the error; null with a token. */
        readonly errorDescription: string | null;
        /** With the option `exchange`, the grant that failed; otherwise null. */
        readonly grant: 'client_credentials' | 'token_exchange' | null;
        /** The server's `Retry-After` in seconds, or null. */
        readonly retryAfter: number | null;
        /** The times of the last request in milliseconds, named as in k6/http; null if no request was sent. */
        readonly timings: AcquisitionTimings | null;
        /** The number of retries. */
        readonly retries: number;
    }

    /** The times of one request, in milliseconds. */
    export interface AcquisitionTimings {
        /** The sum of `sending`, `waiting`, and `receiving`. */
        duration: number;
        /** The time before a connection was available. */
        blocked: number;
        /** The time to establish a TCP connection. */
        connecting: number;
        /** The time of the TLS handshake. */
        tls_handshaking: number;
        /** The time to send the request. */
        sending: number;
        /** The time until the first byte of the response. */
        waiting: number;
        /** The time to receive the response. */
        receiving: number;
    }

    /** The result of {@link Client.introspect}. */
    export interface Introspection {
        /** Whether the server answered the question. */
        ok: boolean;
        /** The HTTP status; 0 without a response. */
        status: number;
        /** Whether the token is active; null if the server did not answer the question. */
        active: boolean | null;
        /** The scope of the token, space-separated; null if the response lacks it. */
        scope: string | null;
        /** The complete response, including `active` and `scope`; null without one. */
        claims: IntrospectionClaims | null;
        /** The OAuth error code (RFC 6749 §5.2) or a failure class such as `timeout`; null when `ok`. */
        error: string | null;
        /** The server's description of the error; null when `ok`. */
        errorDescription: string | null;
        /** The server's `Retry-After` in seconds, or null. */
        retryAfter: number | null;
        /** The times of the request in milliseconds, named as in k6/http; null if no request was sent. */
        timings: AcquisitionTimings | null;
    }

    /** An introspection response: the members that RFC 7662 §2.2 registers, and any others that the server sends. */
    export interface IntrospectionClaims {
        /** Whether the token is active. */
        active: boolean;
        scope?: string;
        client_id?: string;
        username?: string;
        token_type?: string;
        /** The expiry, in seconds since the epoch. */
        exp?: number;
        iat?: number;
        nbf?: number;
        sub?: string;
        aud?: string | string[];
        iss?: string;
        jti?: string;
        [member: string]: unknown;
    }

    /** The result of {@link Client.inspect}. */
    export interface Inspection {
        /** Whether the token is a signed JWT (RFC 7519), or opaque to everyone except its server. */
        format: 'jwt' | 'opaque';
        /** The size of the token. Every request to the API carries that many bytes. */
        bytes: number;
        /** The header of the JWT; null for an opaque token. */
        header: { [member: string]: unknown } | null;
        /** The claims of the JWT, valid or not; null for an opaque token. */
        claims: AccessTokenClaims | null;
        /** The requested and the granted scope. */
        scope: InspectedScope;
        /** The granted lifetime in seconds; null if neither the token response nor the token contains it. */
        expiresIn: number | null;
        /**
         * How far the server's clock is ahead of this machine's clock, at least, in milliseconds. The value is negative if
         * the server's clock is behind. It comes from the `Date` header of the newest token response, which has whole
         * seconds. Therefore a difference of up to a second, or as long as the response took, counts as 0. Null without
         * such a header.
         */
        clockSkew: number | null;
        /**
         * Whether an API that validates tokens locally should accept this token (RFC 9068 §4). Null if that is unknown: for
         * an opaque token, and if the server's keys are not available. Compare it with `=== true`.
         */
        valid: boolean | null;
        /**
         * The problems, one line each: the name of the claim or header parameter (`aud`, `typ`, …), or `signature` or
         * `keys`, a colon, and the problem. Empty for a valid token and for an opaque token.
         */
        problems: string[];
    }

    /** The scope of a token compared with the requested scope. All members except `requested` are null if the granted scope is unknown. */
    export interface InspectedScope {
        /** The option `scope`. */
        requested: string[];
        /** The scope in the token response. For a token that is not the cached one, the scope in the token. */
        granted: string[] | null;
        /** The scope values that were requested but not granted. */
        missing: string[] | null;
        /** The scope values that were granted but not requested. */
        extra: string[] | null;
    }

    /** The claims of a JWT access token (RFC 9068 §2.2), and any others that the token contains. */
    export interface AccessTokenClaims {
        iss?: string;
        sub?: string;
        aud?: string | string[];
        /** The expiry, in seconds since the epoch. */
        exp?: number;
        iat?: number;
        nbf?: number;
        jti?: string;
        client_id?: string;
        scope?: string;
        [claim: string]: unknown;
    }

    /** The result of {@link Client.revoke}. */
    export interface Revocation {
        /**
         * Whether the server accepted the request. Servers also accept requests for unknown tokens (RFC 7009 §2.2). To see
         * that a token is revoked, introspect it or use it.
         */
        ok: boolean;
        /** The HTTP status; 0 without a response. */
        status: number;
        /** The OAuth error code (RFC 7009 §2.2.1) or a failure class such as `timeout`; null when `ok`. */
        error: string | null;
        /** The server's description of the error; null when `ok`. */
        errorDescription: string | null;
        /** The server's `Retry-After` in seconds, or null. */
        retryAfter: number | null;
        /** The times of the request in milliseconds, named as in k6/http; null if no request was sent. */
        timings: AcquisitionTimings | null;
    }

    /** The counters of one client in one VU. */
    export interface ClientStats {
        /** Calls served from the cache. */
        hits: number;
        /** Calls that waited for a token. */
        misses: number;
        /** Token requests sent, including retries. */
        requests: number;
        /** Failed token requests, including requests that were never sent because discovery failed. */
        failed: number;
        /** Token requests that retried a failed request. */
        retries: number;
        /** Requests to either server that were sent again with the DPoP nonce that the server required. They are not failures. */
        nonceRetries: number;
        /** Responses with status 401 to the client's HTTP methods. */
        rejections: number;
        /** Requests sent with an expired token. */
        expiredTokenUses: number;
    }

    /**
     * The error that methods throw if the client cannot get a token. Its `message` contains the cause, the client, and the
     * endpoint. Scripts cannot create one. Recognize it with `e instanceof TokenError`, or by its `name`.
     *
     * @example
     * try {
     *     client.get(url);
     * } catch (e) {
     *     if (!(e instanceof TokenError)) throw e;
     *     console.warn(`${e.error} (HTTP ${e.status}), ${e.retryable ? 'worth a retry' : 'permanent'}`);
     * }
     */
    export class TokenError extends Error {
        private constructor();
        /** The name of the class. */
        readonly name: 'TokenError';
        /** The OAuth error code (RFC 6749 §5.2) or a failure class such as `timeout`. */
        readonly error: string;
        /** The server's description of the error, or `''`. */
        readonly errorDescription: string;
        /** With the option `exchange`, the grant that failed; otherwise null. */
        readonly grant: 'client_credentials' | 'token_exchange' | null;
        /** The HTTP status; 0 without a response. */
        readonly status: number;
        /** Whether the same request could succeed later. */
        readonly retryable: boolean;
        /** The server's `Retry-After` in seconds, or 0. */
        readonly retryAfter: number;
    }

    /**
     * A client of an authorization server, with its tokens. Create clients in the init context. Two clients with the same
     * options share tokens and counters. Methods that need a token or send a request throw an `Error` in the init context.
     */
    export class Client {
        /**
         * Reads the options. No request is sent.
         * @throws {TypeError} if an option is unknown, has a wrong value, or contradicts another option. The test does not start.
         * @example
         * const client = new Client({
         *     issuer: 'https://idp.example.com',
         *     clientId: __ENV.CLIENT_ID,
         *     clientSecret: { file: 'secrets/load-client' },
         *     scope: ['orders.read'],
         *     cache: { leeway: '10%', jitter: '5%' },
         * });
         */
        constructor(options: ClientOptions);

        /**
         * Returns the access token, from the cache or from the token endpoint. For HTTP requests, prefer `headers()` or
         * `get()`.
         * @throws {TokenError} if the client cannot get a token.
         * @example
         * const token = client.token();
         */
        token(): string;

        /**
         * Returns the value of an `Authorization` header: `Bearer …`, or `DPoP …` with the option `dpop`.
         * @throws {TokenError} if the client cannot get a token.
         * @example
         * http.get(url, { headers: { Authorization: client.authorization() } });
         */
        authorization(): string;

        /**
         * Returns the headers of a request, for any k6 module that accepts headers. Without arguments, the object is frozen
         * and stays the same until the token changes, so the call costs almost nothing. With `extra`, the object is new and
         * also contains these headers, except for an `Authorization` header. With a method and a URL, and the option
         * `dpop`, it also contains a proof for exactly that request. Each call creates a new proof. Without `dpop`, the
         * method and the URL have no effect.
         * @throws {TokenError} if the client cannot get a token.
         * @throws {TypeError} with the option `dpop` if the method and the URL are missing.
         * @example
         * http.get(url, { headers: client.headers() });
         * http.post(url, '{}', { headers: client.headers({ 'Content-Type': 'application/json' }) });
         * http.get(url, { headers: client.headers('GET', url) }); // with dpop
         */
        headers(): Readonly<{ Authorization: string }>;
        headers(extra: Record<string, string>): Record<string, string>;
        headers(method: string, url: string, extra?: Record<string, string>): Record<string, string>;

        /**
         * Returns a promise for the access token. Like `token()`, but the VU does not block while it waits.
         * @throws {TokenError} as a rejection of the promise, if the client cannot get a token.
         * @example
         * const token = await client.tokenAsync();
         */
        tokenAsync(): Promise<string>;

        /**
         * Sends a token request without using or changing the cache. This is the method for load on the token endpoint
         * itself: failures do not delay further requests, as they do for `token()`. An OAuth error is a result, not an
         * exception.
         * @example
         * const result = client.acquire();
         * check(result, { granted: (r) => r.ok, 'lives for a minute': (r) => (r.expiresIn ?? 0) >= 60 });
         */
        acquire(): Acquisition;

        /**
         * Returns a promise for the result of a token request. Like `acquire()`, but the VU does not block, so one iteration
         * can send several requests at the same time.
         * @example
         * const results = await Promise.all([client.acquireAsync(), client.acquireAsync()]);
         * check(results, { granted: (all) => all.every((r) => r.ok) });
         */
        acquireAsync(): Promise<Acquisition>;

        /**
         * Sends `n` token requests at the same time and returns their results when all have ended. Each request is like one
         * of `acquire()`. k6's options `batch` (20 by default) and `batchPerHost` (6 by default) limit how many requests are
         * under way at a time, as they do for `http.batch()`. Use this method for a burst, such as the start of a fleet, and
         * for the highest rate per CPU.
         * @param n Number of requests: 1 to 10,000.
         * @throws {TypeError} if `n` is not a whole number from 1 to 10,000.
         * @example
         * const results = client.acquireBatch(20);
         * check(results, { granted: (all) => all.every((r) => r.ok) });
         */
        acquireBatch(n: number): Acquisition[];

        /**
         * Removes the token from the cache. The next call requests a new one.
         * @example
         * if (http.get(url, { headers: client.headers() }).status === 401) client.invalidate();
         */
        invalidate(): void;

        /**
         * Asks the introspection endpoint about a token (RFC 7662), by default the cached one. The client sends one request
         * and never retries it. An error of the server is a result, not an exception.
         * @throws {TypeError} if the cache has no token, or the endpoint is unknown.
         * @example
         * const { ok, active } = client.introspect(client.token());
         * check(active, { 'the token is active': () => ok && active === true });
         */
        introspect(token?: string): Introspection;

        /**
         * Asks the revocation endpoint to revoke a token (RFC 7009), by default the cached one. The client sends one request
         * and never retries it. The token leaves the cache before the request is sent. An error of the server is a result,
         * not an exception.
         * @throws {TypeError} if the cache has no token, or the endpoint is unknown.
         * @example
         * const token = client.token();
         * client.revoke(token);
         * check(client.introspect(token), { 'the token is revoked': (r) => r.active === false });
         */
        revoke(token?: string): Revocation;

        /**
         * Validates a token, by default the cached one, as an API that validates tokens locally does: the signature of a JWT
         * with the server's keys, and its type, issuer, audience, client, and times (RFC 9068 §4). The token is not sent
         * anywhere. The server's metadata and keys are fetched once per process, and the keys again for a token with an
         * unknown key identifier. Use it in a smoke test or in `setup()`, not in every iteration: it costs CPU time.
         * @throws {TypeError} if the cache has no token.
         * @example
         * client.token();
         * const { valid, problems } = client.inspect();
         * check(valid, { [`the API can accept the token ${problems}`]: () => valid === true });
         */
        inspect(token?: string): Inspection;

        /**
         * Sends a GET request with a token. This method and the following ones take the same arguments, and return the same
         * responses, as the functions of the same name in k6/http.
         *
         * The token replaces an `Authorization` header of the script. It goes to the origin of the given URL only, not to
         * another origin after a redirect. If the API rejects a token that it accepted before, the client retries once with
         * a new token. A 403 is not retried.
         *
         * `http.setResponseCallback` of k6/http does not affect these methods: use their `responseCallback` parameter.
         * `submitForm` and `clickLink` of their responses send nothing, because the target is under the control of a page.
         * @throws {TokenError} if the client cannot get a token. Then no request is sent.
         * @example
         * const response = client.get(url, { tags: { name: 'orders' } });
         * check(response, { 'status is 200': (r) => r.status === 200 });
         */
        get<RT extends ResponseType | undefined>(
            url: HttpURL | string, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        /** Sends a HEAD request with a token. Also a way to learn a DPoP nonce of the API. See `get()`. */
        head<RT extends ResponseType | undefined>(
            url: HttpURL | string, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        /**
         * Sends a POST request with a token. See `get()`.
         * @example
         * client.post(url, JSON.stringify({ item: 7 }), { headers: { 'Content-Type': 'application/json' } });
         */
        post<RT extends ResponseType | undefined>(
            url: HttpURL | string, body?: RequestBody | null, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        /** Sends a PUT request with a token. See `get()`. */
        put<RT extends ResponseType | undefined>(
            url: HttpURL | string, body?: RequestBody | null, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        /** Sends a PATCH request with a token. See `get()`. */
        patch<RT extends ResponseType | undefined>(
            url: HttpURL | string, body?: RequestBody | null, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        /** Sends a DELETE request with a token. See `get()`. */
        del<RT extends ResponseType | undefined>(
            url: HttpURL | string, body?: RequestBody | null, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        /** Sends an OPTIONS request with a token. See `get()`. */
        options<RT extends ResponseType | undefined>(
            url: HttpURL | string, body?: RequestBody | null, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        /**
         * Sends a request of any method with a token. See `get()`.
         * @example
         * client.request('PROPFIND', url, null, { headers: { Depth: '1' } });
         */
        request<RT extends ResponseType | undefined>(
            method: string, url: HttpURL | string, body?: RequestBody | null,
            params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        /**
         * Sends several requests at the same time, like `http.batch`. Only rejected requests are sent again. See `get()`.
         * @throws {TokenError} if the client cannot get a token. Then no request is sent.
         * @example
         * const [orders, health] = client.batch([url, ['HEAD', url]]);
         */
        batch<Q extends BatchRequests>(requests: Q): BatchResponses<Q>;
        /**
         * Returns a promise for the response of a request with a token, like `http.asyncRequest`. See `get()`.
         * @throws {TokenError} as a rejection of the promise, if the client cannot get a token. Then no request is sent.
         * @example
         * const [first, second] = await Promise.all([client.asyncRequest('GET', url), client.asyncRequest('GET', url)]);
         */
        asyncRequest<RT extends ResponseType | undefined>(
            method: string, url: HttpURL | string, body?: RequestBody | null,
            params?: RefinedParams<RT> | null): Promise<RefinedResponse<RT>>;

        /**
         * Returns the counters of this client in this VU since the VU started.
         * @example
         * const { hits, misses } = client.stats();
         * console.log(`hit ratio ${hits / (hits + misses)}`);
         */
        stats(): ClientStats;
    }

    /**
     * The options of one client of a {@link ClientPool}. They override the pool's options. Objects such as `key` are merged.
     * The names of client metadata (RFC 7591) also work. Metadata that is relevant for the server only is ignored.
     */
    export interface PoolClient extends Partial<Omit<ClientOptions, 'maxRequests'>> {
        client_id?: string;
        client_secret?: string;
        token_endpoint_auth_method?: AuthMethod;
        dpop_bound_access_tokens?: boolean;
        authorization_details_types?: readonly string[];
        client_name?: string;
        grant_types?: readonly string[];
        jwks?: object;
        ttl?: string;
        [name: `tls_client_${string}`]: unknown;
    }

    /** Options of a {@link ClientPool}: the options below, and any {@link ClientOptions} that all clients have in common. */
    export interface ClientPoolOptions extends Omit<ClientOptions, 'clientId'> {
        /** The clients: an array or a `SharedArray` of their options, or a file, which is read once per process. */
        clients: readonly PoolClient[] | ClientsFile;

        /**
         * Which client a call gets: the VU's own client (`vu`), the next client in the list (`round-robin`), or a random
         * client. Random clients are drawn uniformly (`random`), in proportion to 1/n^exponent for the n-th client
         * (`zipf`), or mostly from a few clients (`hot`).
         * @default 'vu'
         */
        assignment?: 'vu' | 'round-robin' | 'random' | 'zipf' | 'hot';

        /**
         * The exponent of `zipf`: above 0, up to 10. The higher, the more unequal.
         * @default 1
         */
        exponent?: number;

        /**
         * The number of hot clients with `hot`. They are the first clients in the list.
         * @default 1
         */
        hotClients?: number;

        /**
         * The share of calls that go to hot clients: above 0, up to 1.
         * @default 0.9
         */
        hotShare?: number;

        /** A whole number that makes the draws of `random`, `zipf`, and `hot` the same in every run. Each VU draws differently. */
        seed?: number;

        /**
         * The number of clients that a VU keeps, up to 1,000,000. The client that was not used for the longest time is
         * discarded with its token and its `stats()`. With `cache.scope: 'shared'`, the token stays. It does not apply to
         * `vu`, where each VU has one client.
         * @default 1000
         */
        maxClients?: number;

        /**
         * The name of the pool, which is the value of the metric tag `client`.
         * @default 'pool'
         */
        name?: string;

        /**
         * Whether the metric tag `client` is the client identifier instead. This creates a time series per client and
         * metric: acceptable for a hundred clients, too many for ten thousand.
         * @default false
         */
        tagClients?: boolean;
    }

    /** A file with the clients of a pool. */
    export interface ClientsFile {
        /**
         * The path, relative to the script as in `open()`. A `.csv` file has the names of options in its first row. A
         * `.json` file contains an array of {@link PoolClient}.
         */
        file: string;
    }

    /** Many clients, one of which each call gets. A client is created when it is first used. */
    export class ClientPool {
        /**
         * Reads the options and the list of clients. No request is sent.
         * @throws {TypeError} if an option or a client in the list is wrong. The test does not start.
         * @example
         * const pool = new ClientPool({
         *     tokenUrl: 'https://idp.example.com/oauth2/token',
         *     clients: { file: 'clients.csv' },
         *     assignment: 'zipf',
         * });
         */
        constructor(options: ClientPoolOptions);

        /** The number of clients. */
        readonly size: number;

        /**
         * Returns the client for this call, according to the pool's `assignment`.
         * @throws {TypeError} in the init context, and if the options of the chosen client are wrong.
         * @example
         * pool.client().get(url);
         */
        client(): Client;
    }

    /** The verdict on a run, and its reasons. */
    export interface Validity {
        /**
         * `PASS` if every threshold held. `FAIL` if a threshold was crossed. `INVALID` if the measurements cannot be trusted,
         * so that thresholds have no meaning either.
         */
        verdict: 'PASS' | 'FAIL' | 'INVALID';
        /** The verdict and its reasons in one line. */
        text: string;
        /** The reasons of `INVALID` first, followed by crossed thresholds. */
        reasons: ValidityReason[];
        /** Counts of this k6 process that the data of `handleSummary` lacks. */
        process: ProcessCounts;
    }

    /** The counts of one k6 process since its start. */
    export interface ProcessCounts {
        /** Token requests sent, by their `reason`. */
        tokenRequests: { cold: number; early: number; expired: number; rejected: number; acquire: number };
        /** Failed requests by cause, the most frequent cause first. */
        failures: Failure[];
        /** Iterations that ended with an exception. k6 counts them as completed. */
        failedIterations: number;
        /** The file that `-o clientcreds-record` wrote; null without one. */
        record: string | null;
    }

    /** Requests that failed in the same way. */
    export interface Failure {
        /** The request: a token request, `introspect()`, `revoke()`, or a request to an API by the client. */
        request: 'token' | 'introspection' | 'revocation' | 'api';
        /** The OAuth error code or the failure class, as in the metric tag `error`. */
        error: string;
        /** The HTTP status; 0 without a response. */
        status: number;
        /** The number of these failures. */
        count: number;
        /** The server's description of the first failure, or its cause. Secrets and tokens are masked. */
        said: string;
    }

    /** One reason of a verdict. */
    export interface ValidityReason {
        /** The rule, as in docs/guides/validity.md; `thresholds` for a crossed threshold. */
        rule: string;
        /** The reason in one line. */
        text: string;
        /** The measured value. */
        value: number;
        /** The highest value that the rule accepts. */
        limit: number;
    }

    /**
     * Returns the verdict on the run, for `handleSummary`. It is the same as in the log, the run record, and the exit code. The
     * argument, k6's summary data, has no effect. Reasons that `options.ext.clientcreds.allow` or the environment variable
     * `K6_CLIENTCREDS_ALLOW` allows are left out.
     * @example
     * export function handleSummary(data) {
     *     return { stdout: `${validity(data).text}\n` };
     * }
     */
    export function validity(data?: object): Validity;

    /** How much a server under test used of a resource. */
    export interface ServerUsage {
        /** The name of the server in the output option `scrape`. */
        server: string;
        /**
         * The resource: CPU that the server may use, CPU of its machine, its event loop, its threads for requests, or its
         * connections to the database.
         */
        resource: 'cpu' | 'node_cpu' | 'event_loop' | 'threads' | 'connections';
        /** The share of the resource that was in use on average, 0 to 1. */
        usage: number;
    }

    /**
     * Returns the resource usage of the servers under test between two times. Call it in `handleSummary`. The run needs
     * `-o clientcreds-record` with the option `scrape`; without it, and for resources that the server's metrics lack, there is
     * no entry.
     * @param from The start of the time, in milliseconds since 1970. By default, it is the start of the run.
     * @param to The end of the time. By default, it is the end of the run.
     * @throws {TypeError} in the init context and during the test, and if an argument is not a number.
     * @example
     * export function handleSummary() {
     *     return { stdout: JSON.stringify(serverUsage()) };
     * }
     */
    export function serverUsage(from?: number, to?: number): ServerUsage[];

    /**
     * Makes k6 keep these submetrics for `handleSummary` and `--summary-export`. Otherwise k6 keeps only the submetrics that
     * a threshold names. Call it in the init context, after the script has created its own metrics.
     * @throws {TypeError} if a name is not a submetric, or outside the init context.
     * @example
     * keepSubmetrics('http_req_duration{scenario:api}', 'clientcreds_requests{reason:early}');
     */
    export function keepSubmetrics(...names: string[]): void;
}
