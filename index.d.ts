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

    /** What the `http.url` template of k6/http returns. */
    type HttpURL = ReturnType<typeof httpUrl>;

    /** A string with units such as `'30s'` or `'1m30s'`, or a number of milliseconds. */
    export type Duration = string | number;

    /** A {@link Duration}, or a share of the token's lifetime such as `'10%'`. */
    export type Span = Duration;

    /** How the client authenticates at the token endpoint, by its registered name. */
    export type AuthMethod = 'client_secret_basic' | 'client_secret_post' | 'client_secret_jwt' | 'private_key_jwt' | 'tls_client_auth' | 'self_signed_tls_client_auth';

    /** Options of a {@link Client}. Unknown or contradictory options are a `TypeError`. */
    export interface ClientOptions {
        /**
         * The authorization server's issuer identifier. Its metadata (RFC 8414, else OpenID Connect
         * Discovery) is fetched once per process, at the first token request. Give this or `tokenUrl`.
         */
        issuer?: string;

        /** The token endpoint: an absolute http or https URL. Give this or `issuer`. */
        tokenUrl?: string;

        /** The introspection endpoint (RFC 7662), for `introspect()`; by default the one that the metadata of `issuer` names. */
        introspectionUrl?: string;

        /** The revocation endpoint (RFC 7009), for `revoke()`; by default the one that the metadata of `issuer` names. */
        revocationUrl?: string;

        /**
         * The JWK set with the server's public keys (RFC 7517 §5), for `inspect()`; by default the one that the metadata
         * of `issuer` names.
         */
        jwksUrl?: string;

        /** The client identifier (RFC 6749 §2.2). It is also the value of the metric tag `client`. */
        clientId: string;

        /**
         * The client's secret, or where it is; needed by the methods whose names begin with `client_secret`. It
         * never appears in a log, an error, a metric or a URL.
         */
        clientSecret?: string | SecretPlace;

        /**
         * How the client authenticates (RFC 6749 §2.3.1, RFC 7523 §2.2, RFC 8705 §2). Exactly one method is used; there
         * is no probing.
         * @default 'client_secret_basic'
         */
        auth?: AuthMethod;

        /**
         * What `client_secret_basic` does with id and secret before Base64: `form` encodes them, as RFC 6749
         * §2.3.1 wants; `raw` is for servers that do not decode. It matters for characters such as `+`, `%` and `:`.
         * @default 'form'
         */
        basicEncoding?: 'form' | 'raw';

        /**
         * The private key of `private_key_jwt`, or that of `certificate`: the text of a PEM or of a JWK, or where it is
         * and how it signs.
         */
        key?: string | KeyOptions;

        /**
         * The certificate of `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705), shown in the TLS handshake
         * by all requests of the client: the text of a PEM, with the CAs between after it, or where it is. With
         * `private_key_jwt`, the certificate whose thumbprints (`x5t`, `x5t#S256`) the header of the JWT has.
         */
        certificate?: string | CertificateOptions;

        /** What the JWT of `client_secret_jwt` and `private_key_jwt` says, or where it is ready made. */
        assertion?: AssertionOptions;

        /**
         * Whether tokens are bound to a key (DPoP, RFC 9449), so that nobody else can use them: `true` for a key that is
         * made here, ES256; or an object with the key or its algorithm. Each VU has a key of its own, unless
         * `cache.scope` is `shared`. The HTTP functions of the client send the proofs by themselves, and answer a
         * demand for a nonce once; for other protocols there is `headers(method, url)`.
         */
        dpop?: boolean | DPoPOptions;

        /** Scope to ask for: an array, or a string with spaces (RFC 6749 §3.3). */
        scope?: string | string[];

        /** Value or values of the `audience` parameter that some servers want. */
        audience?: string | string[];

        /** Resource indicators (RFC 8707): absolute URIs without a fragment, each sent as a `resource` parameter. */
        resource?: string | string[];

        /** Authorization details (RFC 9396): an array of objects, each with a `type`, sent as JSON. */
        authorizationDetails?: AuthorizationDetail[];

        /**
         * A token exchange (RFC 8693) after the client-credentials grant, by the same client at the same endpoint: the
         * token that the options above describe is given in return for the one that the client hands out.
         */
        exchange?: ExchangeOptions;

        /**
         * Further parameters of the token request. They cannot replace those that other options set. With
         * `client_secret_basic`, `client_id` may repeat the value of `clientId`, for servers that require it in the body.
         */
        params?: Record<string, string | number | boolean | string[]>;

        /** Further headers of token requests, introspections and revocations. They cannot replace those that other options set. */
        headers?: Record<string, string>;

        /** When tokens are kept, and for how long. */
        cache?: CacheOptions;

        /**
         * How failed token requests are repeated: after 429, 5xx and transport errors, never after
         * `invalid_client` and the like. `acquire()` repeats a request only when this option is given.
         */
        retry?: RetryOptions;

        /**
         * How long one token request, introspection or revocation may take, and how long a call waits at most for the
         * next token request after one has failed.
         * @default '30s'
         */
        timeout?: Duration;

        /**
         * What happens when there is no token: `throw` a {@link TokenError} into the script, or `abort` the test.
         * @default 'throw'
         */
        onError?: 'throw' | 'abort';

        /** Tags for this client's metrics. `client`, `grant`, `reason`, `status`, `error`, `active` and `server` are taken. */
        tags?: Record<string, string | number | boolean>;

        /**
         * Whether token requests, introspections and revocations count in `http_req_*` and `http_reqs` as well.
         * @default false
         */
        httpMetrics?: boolean;
    }

    /**
     * Where a secret is, read in the init context: give one of `file`, `env` and `secret`. When the server refuses the
     * client, it is read again, and a new one is used from then on, by all virtual users.
     */
    export interface SecretPlace {
        /** The file with the secret, from the script's folder as in `open()`. The newline at its end is cut. */
        file?: string;

        /** The environment variable of the k6 process. It need not be in `__ENV`. */
        env?: string;

        /** The name of the secret in k6's secret sources (`--secret-source`). */
        secret?: string;

        /** The name of the source that has `secret`; by default `default`. */
        source?: string;
    }

    /** A private key: RSA of 2048 bits or more, EC on P-256, P-384 or P-521, or Ed25519. */
    export interface KeyOptions {
        /** PEM (PKCS #8, PKCS #1 or SEC 1, without a passphrase) or JWK. Give this, or one of `file`, `env` and `secret`. */
        text?: string;

        /** The file of the key, from the script's folder as in `open()`. It is read again when the server refuses the client. */
        file?: string;

        /** The environment variable of the k6 process with the key. */
        env?: string;

        /** The name of the key in k6's secret sources (`--secret-source`). */
        secret?: string;

        /** The name of the source that has `secret`; by default `default`. */
        source?: string;

        /** The identifier of the key at the server, for the header of the JWT; by default that of a JWK. */
        kid?: string;

        /** The algorithm of the signature; by default that of a JWK, else RS256 or the one of the key's curve. */
        alg?: 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';
    }

    /** A certificate chain, the client's own first. */
    export interface CertificateOptions {
        /** PEM. Give this or `file`. */
        text?: string;

        /** The file of the certificate, from the script's folder as in `open()`. */
        file?: string;
    }

    /** The key that tokens are bound to (RFC 9449). */
    export interface DPoPOptions {
        /** The algorithm of the proofs; by default that of the key, else ES256. Making an RSA key takes a while in each VU. */
        alg?: 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA';

        /** The private key, PEM or JWK, or where it is: the same for all VUs. By default one is made. */
        key?: string | DPoPKeyOptions;
    }

    /** The private key of DPoP proofs. */
    export interface DPoPKeyOptions {
        /** PEM (PKCS #8, PKCS #1 or SEC 1, without a passphrase) or JWK. Give this, or one of `file`, `env` and `secret`. */
        text?: string;

        /** The file of the key, from the script's folder as in `open()`. It is read once. */
        file?: string;

        /** The environment variable of the k6 process with the key. */
        env?: string;

        /** The name of the key in k6's secret sources (`--secret-source`). */
        secret?: string;

        /** The name of the source that has `secret`; by default `default`. */
        source?: string;
    }

    /** What the JWT says with which a client authenticates (RFC 7523 §3). Every attempt has a JWT of its own. */
    export interface AssertionOptions {
        /** The `aud`; by default `issuer`, or with `tokenUrl` the URL of the endpoint that it is sent to. */
        audience?: string;

        /**
         * The time from `iat` to `exp`, in whole seconds up to a day.
         * @default '60s'
         */
        lifetime?: Duration;

        /**
         * The algorithm of `client_secret_jwt`.
         * @default 'HS256'
         */
        alg?: 'HS256' | 'HS384' | 'HS512';

        /** Further claims. They cannot replace `iss`, `sub`, `aud`, `exp`, `nbf`, `iat` and `jti`. */
        claims?: Record<string, unknown>;

        /**
         * Further members of the header, such as `x5c`. They cannot replace `alg`, `typ` and `kid`, nor `x5t` and
         * `x5t#S256` of a `certificate`.
         */
        header?: Record<string, unknown>;

        /** The file of a ready, signed JWT, read for every token request: workload identity, instead of `key`. */
        file?: string;

        /** The environment variable of the k6 process with a ready, signed JWT, instead of `file`. */
        env?: string;
    }

    /** What a token is to authorize, in terms of the API (RFC 9396 §2). */
    export interface AuthorizationDetail {
        /** The type, which says what the other members mean. */
        type: string;
        [member: string]: unknown;
    }

    /**
     * What a token is given in return for (RFC 8693 §2.1). Without `subjectToken` the client's token is the subject: the new
     * one is for the client itself, elsewhere or with less scope. With it the client's token is the actor.
     */
    export interface ExchangeOptions {
        /** The token of the party on whose behalf the client acts. It never appears in a log, an error, a metric or a URL. */
        subjectToken?: string;

        /**
         * The type of the subject token: a URI.
         * @default 'urn:ietf:params:oauth:token-type:access_token'
         */
        subjectTokenType?: string;

        /** The token of the party that acts for the client; not with `subjectToken`. */
        actorToken?: string;

        /** The type of the actor token: a URI; by default that of an access token. */
        actorTokenType?: string;

        /** The type that the new token must have: that of an access token or of a JWT; by default the server decides. */
        requestedTokenType?: string;

        /** Name or names of the services that the new token is for. */
        audience?: string | string[];

        /** URIs of the services that the new token is for (RFC 8707), each sent as a `resource` parameter. */
        resource?: string | string[];

        /** Scope of the new token: an array, or a string with spaces. */
        scope?: string | string[];
    }

    /** When tokens are kept, and for how long. */
    export interface CacheOptions {
        /**
         * Who shares a token: nobody but this `vu`, all VUs of this process (`shared`), or not even
         * two calls (`none`: a token request per call).
         * @default 'vu'
         */
        scope?: 'vu' | 'shared' | 'none';

        /**
         * How long before its expiry the replacement of a token begins. Together with `jitter` at most half of the lifetime.
         * @default '10%'
         */
        leeway?: Span;

        /**
         * The most by which, at random, a token is replaced earlier still, so that VUs that began together do
         * not ask for new tokens together.
         * @default '5%'
         */
        jitter?: Span;

        /**
         * What the script sees of a replacement: nothing (`background`: it goes on with the old, still valid token
         * while the request runs outside of the iteration, and waits only where the old one is about to expire), or a
         * wait (`blocking`).
         * @default 'background'
         */
        refresh?: 'background' | 'blocking';

        /**
         * The lifetime of tokens whose response does not say: `expires_in` is missing, or is not a lifetime, such as 0 or -1.
         * @default '5m'
         */
        defaultTtl?: Duration;
    }

    /** How failed token requests are repeated. */
    export interface RetryOptions {
        /**
         * The most requests in all, from 1 to 100. After the last one has failed, requests are held back for a while:
         * see docs/reference/options.md.
         * @default 3
         */
        attempts?: number;

        /**
         * The longest wait before the first repetition. It doubles each time, and the wait is a random
         * part of it. A `Retry-After` of the server counts instead.
         * @default '100ms'
         */
        backoff?: Duration;

        /**
         * The longest that `backoff` can grow.
         * @default '5s'
         */
        maxBackoff?: Duration;

        /**
         * The time for all requests and waits. A wait that would exceed it is not begun.
         * @default '1m'
         */
        budget?: Duration;
    }

    /** What {@link Client.acquire} got. It is read-only. */
    export interface Acquisition {
        /** Whether there is a token. */
        readonly ok: boolean;
        /** HTTP status of the last answer; 0 when there was none. */
        readonly status: number;
        /** The token, or null. */
        readonly accessToken: string | null;
        /** `Bearer`, or another type; null without a token. */
        readonly tokenType: string | null;
        /** Lifetime in seconds; null without a token or when the server does not say. */
        readonly expiresIn: number | null;
        /** The scope granted, separated by spaces; null without a token. */
        readonly scope: string | null;
        /** OAuth error code (RFC 6749 §5.2) or class of failure such as `timeout`; null with a token. */
        readonly error: string | null;
        /** The server's words for the error; null with a token. */
        readonly errorDescription: string | null;
        /** With option `exchange`, which of the two requests failed; otherwise null. */
        readonly grant: 'client_credentials' | 'token_exchange' | null;
        /** The server's Retry-After in seconds, or null. */
        readonly retryAfter: number | null;
        /** Times of the last request in milliseconds, named as in k6/http; null when nothing was sent. */
        readonly timings: AcquisitionTimings | null;
        /** How many requests were repeats. */
        readonly retries: number;
    }

    /** Times of one token request, in milliseconds. */
    export interface AcquisitionTimings {
        /** sending + waiting + receiving */
        duration: number;
        blocked: number;
        connecting: number;
        tls_handshaking: number;
        sending: number;
        waiting: number;
        receiving: number;
    }

    /** What {@link Client.introspect} got. */
    export interface Introspection {
        /** Whether the server answered the question. */
        ok: boolean;
        /** HTTP status; 0 when there was no answer. */
        status: number;
        /** Whether the token is valid now; null when the server did not answer the question. */
        active: boolean | null;
        /** The scope of the token, separated by spaces; null when the server does not say. */
        scope: string | null;
        /** The whole answer as sent, `active` and `scope` included; null when there is none. */
        claims: IntrospectionClaims | null;
        /** OAuth error code (RFC 6749 §5.2) or class of failure such as `timeout`; null when `ok`. */
        error: string | null;
        /** The server's words for the error; null when `ok`. */
        errorDescription: string | null;
        /** The server's Retry-After in seconds, or null. */
        retryAfter: number | null;
        /** Times of the request in milliseconds, named as in k6/http; null when nothing was sent. */
        timings: AcquisitionTimings | null;
    }

    /** The members that RFC 7662 §2.2 registers, as far as the server sends them, and its own. */
    export interface IntrospectionClaims {
        active: boolean;
        scope?: string;
        client_id?: string;
        username?: string;
        token_type?: string;
        /** Expiry, in seconds since the epoch. */
        exp?: number;
        iat?: number;
        nbf?: number;
        sub?: string;
        aud?: string | string[];
        iss?: string;
        jti?: string;
        [member: string]: unknown;
    }

    /** What {@link Client.inspect} found. */
    export interface Inspection {
        /** Whether the token is a signed JWT (RFC 7519), or opaque to all but its server. */
        format: 'jwt' | 'opaque';
        /** The size of the token. It goes with every request to the API. */
        bytes: number;
        /** The header of the JWT; null of an opaque token. */
        header: { [member: string]: unknown } | null;
        /** The claims of the JWT, whether or not they are true; null of an opaque token. */
        claims: AccessTokenClaims | null;
        /** What was asked for and what was granted. */
        scope: InspectedScope;
        /** The lifetime granted, in seconds; null when neither the token response nor the token tells. */
        expiresIn: number | null;
        /**
         * How far, at least, the server's clock is ahead of this machine's, in milliseconds, negative when it is behind:
         * by the Date header of the newest token response. The header has whole seconds, so differences of up to a
         * second, and as long as the answer took, count as 0. Null when there was no such header.
         */
        clockSkew: number | null;
        /**
         * Whether an API that checks tokens by itself should accept this one (RFC 9068 §4). Null when that is not known:
         * of an opaque token, and when the server's keys could not be had.
         */
        valid: boolean | null;
        /**
         * What is wrong, one line each: the name of the claim or header (`aud`, `typ`, …), or `signature` or `keys`, a
         * colon, and the problem. Empty for a valid token and for an opaque one.
         */
        problems: string[];
    }

    /** The scope of a token beside the one that the client asks for. All but `requested` are null when the scope granted is not known. */
    export interface InspectedScope {
        /** The option `scope`. */
        requested: string[];
        /** What the token response said; of a token that is not the cached one, what the token says. */
        granted: string[] | null;
        /** Requested, but not granted. */
        missing: string[] | null;
        /** Granted, but not requested. */
        extra: string[] | null;
    }

    /** The claims of a JWT access token (RFC 9068 §2.2), as far as the token has them, and its own. */
    export interface AccessTokenClaims {
        iss?: string;
        sub?: string;
        aud?: string | string[];
        /** Expiry, in seconds since the epoch. */
        exp?: number;
        iat?: number;
        nbf?: number;
        jti?: string;
        client_id?: string;
        scope?: string;
        [claim: string]: unknown;
    }

    /** What {@link Client.revoke} got. */
    export interface Revocation {
        /**
         * Whether the server accepted the request. It does so for tokens that it does not know too (RFC 7009 §2.2): to
         * see that a token is revoked, introspect it or use it.
         */
        ok: boolean;
        /** HTTP status; 0 when there was no answer. */
        status: number;
        /** OAuth error code (RFC 7009 §2.2.1) or class of failure such as `timeout`; null when `ok`. */
        error: string | null;
        /** The server's words for the error; null when `ok`. */
        errorDescription: string | null;
        /** The server's Retry-After in seconds, or null. */
        retryAfter: number | null;
        /** Times of the request in milliseconds, named as in k6/http; null when nothing was sent. */
        timings: AcquisitionTimings | null;
    }

    /** Counters of one client in one VU. */
    export interface ClientStats {
        /** Calls served from the cache. */
        hits: number;
        /** Calls that waited for a token. */
        misses: number;
        /** Token requests sent, retries included. */
        requests: number;
        /** Token requests that brought no token, and tokens that could not be asked for because discovery failed. */
        failed: number;
        /** Token requests that repeated a failed one. */
        retries: number;
        /** Requests to either server that were sent once more with the DPoP nonce it demanded. They count in no other failure. */
        nonceRetries: number;
        /** Answers with status 401 to the client's own HTTP functions. */
        rejections: number;
        /** Requests sent with an expired token. */
        expiredTokenUses: number;
    }

    /**
     * Thrown when there is no token. Its `message` says what happened, to which client and where. Only the module makes
     * these errors: recognize them with `e instanceof TokenError`, or by their `name`.
     */
    export class TokenError extends Error {
        private constructor();
        readonly name: 'TokenError';
        /** OAuth error code (RFC 6749 §5.2) or class of failure such as `timeout`. */
        readonly error: string;
        /** The server's words for it, or `''`. */
        readonly errorDescription: string;
        /** With option `exchange`, which of the two requests failed; otherwise null. */
        readonly grant: 'client_credentials' | 'token_exchange' | null;
        /** HTTP status; 0 when there was no answer. */
        readonly status: number;
        /** Whether the same request could succeed later. */
        readonly retryable: boolean;
        /** The server's Retry-After in seconds, or 0. */
        readonly retryAfter: number;
    }

    /** One client of an authorization server, with its tokens. Make it in the init context. */
    export class Client {
        constructor(options: ClientOptions);

        /** The access token, from the cache or the token endpoint. Throws a {@link TokenError}. */
        token(): string;

        /** The value of an Authorization header: `Bearer …`, or `DPoP …` with the option `dpop`. Throws a {@link TokenError}. */
        authorization(): string;

        /**
         * Headers for a request. Without an argument the object is frozen and the same until the token changes;
         * with one it is new, and has the headers of `extra` too, but for an Authorization of its own. Throws a
         * {@link TokenError}, and a `TypeError` with the option `dpop`, which needs to know the request.
         */
        headers(): Readonly<{ Authorization: string }>;
        headers(extra: Record<string, string>): Record<string, string>;
        /**
         * Headers for one request with that method and URL: with the option `dpop` they have a proof of their own in
         * `DPoP`, and each call makes a new one. Without it, method and URL make no difference.
         */
        headers(method: string, url: string, extra?: Record<string, string>): Record<string, string>;

        /** `token()` as a promise. */
        tokenAsync(): Promise<string>;

        /**
         * Sends a token request: past the cache, which it leaves alone. An OAuth error is a result, not an exception.
         * For load on the token endpoint itself: it is not held back after failures, as `token()` is.
         */
        acquire(): Acquisition;

        /** `acquire()` as a promise. */
        acquireAsync(): Promise<Acquisition>;

        /** Drops the cached token. The next use asks for a new one. */
        invalidate(): void;

        /**
         * Asks the introspection endpoint about a token (RFC 7662), by default the cached one, in one request that is
         * not repeated. An error of the server is a result, not an exception. Throws a `TypeError` where the cache has
         * no token or the endpoint is not known.
         */
        introspect(token?: string): Introspection;

        /**
         * Asks the revocation endpoint to invalidate a token (RFC 7009), by default the cached one, in one request that
         * is not repeated. The cached token leaves the cache before the request is sent. Errors are as with `introspect`.
         */
        revoke(token?: string): Revocation;

        /**
         * Looks at a token, by default the cached one, as an API does that checks tokens by itself: the signature of a JWT
         * against the server's keys, and its type, issuer, audience, client and times (RFC 9068 §4). The token is not
         * sent anywhere; the server's metadata and keys are fetched once per process, and the keys again for a token that
         * names another one. A check for tests, not for every iteration of a load test: a signature costs CPU time.
         * Throws a `TypeError` where the cache has no token.
         */
        inspect(token?: string): Inspection;

        /**
         * `http.get` of k6/http, authorised. This and the following functions take and return what their
         * namesakes in k6/http do. The token is added to requests to the origin of the URL given, not to another one
         * that a redirect leads to, and replaces an Authorization header of the script. A 401 that blames the token,
         * or nothing, is answered once with a new token and the same request; a 403 is not. Throws a
         * {@link TokenError}; then no request was sent.
         *
         * `http.setResponseCallback` of k6/http does not reach these functions: use their `responseCallback`
         * parameter. `submitForm` and `clickLink` of their responses send nothing, because a page decides where
         * they go.
         */
        get<RT extends ResponseType | undefined>(
            url: HttpURL | string, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        head<RT extends ResponseType | undefined>(
            url: HttpURL | string, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        post<RT extends ResponseType | undefined>(
            url: HttpURL | string, body?: RequestBody | null, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        put<RT extends ResponseType | undefined>(
            url: HttpURL | string, body?: RequestBody | null, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        patch<RT extends ResponseType | undefined>(
            url: HttpURL | string, body?: RequestBody | null, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        del<RT extends ResponseType | undefined>(
            url: HttpURL | string, body?: RequestBody | null, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        options<RT extends ResponseType | undefined>(
            url: HttpURL | string, body?: RequestBody | null, params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        request<RT extends ResponseType | undefined>(
            method: string, url: HttpURL | string, body?: RequestBody | null,
            params?: RefinedParams<RT> | null): RefinedResponse<RT>;
        /** Like `http.batch`; only the requests that were rejected are sent again. */
        batch<Q extends BatchRequests>(requests: Q): BatchResponses<Q>;
        /** Like `http.asyncRequest`. */
        asyncRequest<RT extends ResponseType | undefined>(
            method: string, url: HttpURL | string, body?: RequestBody | null,
            params?: RefinedParams<RT> | null): Promise<RefinedResponse<RT>>;

        /** What this VU has counted of the client since it started. */
        stats(): ClientStats;
    }

    /**
     * One client of a {@link ClientPool}: its options, which count more than those of the pool. An option that is an
     * object is made of both. The names of client metadata (RFC 7591) do as well; what only a server has to know is
     * passed over.
     */
    export interface PoolClient extends Partial<ClientOptions> {
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

    /** Options of a {@link ClientPool}: those below, and of {@link ClientOptions} what all its clients have in common. */
    export interface ClientPoolOptions extends Omit<ClientOptions, 'clientId'> {
        /**
         * The clients: an array of their options, a `SharedArray` of them, or a file with them, which is read once per
         * process.
         */
        clients: readonly PoolClient[] | ClientsFile;

        /**
         * Which client a call gets: the one of its virtual user (`vu`), the next one of the list (`round-robin`), or one
         * that is drawn, all alike (`random`), the n-th in proportion to 1/n^exponent (`zipf`), or mostly one of a few
         * (`hot`).
         * @default 'vu'
         */
        assignment?: 'vu' | 'round-robin' | 'random' | 'zipf' | 'hot';

        /**
         * How unequal the calls are with `zipf`: above 0, up to 10.
         * @default 1
         */
        exponent?: number;

        /**
         * How many clients, the first of the list, are hot with `hot`.
         * @default 1
         */
        hot?: number;

        /**
         * The share of the calls that go to hot clients: above 0, up to 1.
         * @default 0.9
         */
        share?: number;

        /** Makes what `random`, `zipf` and `hot` draw the same in every run: a whole number. */
        seed?: number;

        /**
         * How many clients a virtual user keeps, those that it used last, unless `vu` gives it one for ever.
         * @default 1000
         */
        keep?: number;

        /**
         * The pool's name: the value of the metric tag `client`.
         * @default 'pool'
         */
        name?: string;

        /**
         * Whether the metric tag `client` is the client's identifier instead: a time series per client and metric.
         * @default false
         */
        tagClients?: boolean;
    }

    /** A file with the clients of a pool. */
    export interface ClientsFile {
        /**
         * The path, from the script's folder as in `open()`: of a CSV, whose first row names the options, or of a JSON
         * array of {@link PoolClient}, by the ending of its name.
         */
        file: string;
    }

    /** Many clients, of which each call gets one. A client is made when it is used; of the others there is only the list. */
    export class ClientPool {
        constructor(options: ClientPoolOptions);

        /** How many clients there are. */
        readonly size: number;

        /** The client for this call, by the pool's `assignment`. Not in the init context. */
        client(): Client;
    }

    /** Whether a run counts, and why not. */
    export interface Validity {
        /**
         * `PASS`: every threshold held. `FAIL`: one was crossed. `INVALID`: the numbers do not say what they seem to, so
         * that thresholds say nothing either.
         */
        verdict: 'PASS' | 'FAIL' | 'INVALID';
        /** The verdict and its reasons in one line. */
        text: string;
        /** Those of `INVALID` first, then the thresholds that were crossed. */
        reasons: ValidityReason[];
        /** What this k6 process has counted and the data of `handleSummary` do not have. */
        process: ProcessCounts;
    }

    /** What one k6 process has counted, from its start. */
    export interface ProcessCounts {
        /** Token requests sent, by their `reason`. */
        tokenRequests: { cold: number; early: number; expired: number; rejected: number; acquire: number };
        /** Requests that failed, by what went wrong; the most frequent failure first. */
        failures: Failure[];
        /** Iterations that ended with an exception. k6 counts them as completed. */
        failedIterations: number;
        /** The file that `-o clientcreds-record` has written; `null` when there is none. */
        record: string | null;
    }

    /** Requests that failed in the same way. */
    export interface Failure {
        /** What failed: a token request, `introspect()`, `revoke()`, or a request to an API that the client sent. */
        request: 'token' | 'introspection' | 'revocation' | 'api';
        /** The OAuth error code or the class of the failure, as the tag `error` of the metrics has it. */
        error: string;
        /** The HTTP status; 0 when there was no answer. */
        status: number;
        count: number;
        /** What the server said the first time, or what happened. Secrets and tokens are hidden. */
        said: string;
    }

    /** One reason of a verdict. */
    export interface ValidityReason {
        /** The rule that was broken, as in docs/guides/validity.md; `thresholds` for a threshold. */
        rule: string;
        text: string;
        /** What was measured, and what it may be at most. */
        value: number;
        limit: number;
    }

    /**
     * The verdict on the run, for `handleSummary`: the same as in the log, the run record and the exit code. The data that
     * k6 gives `handleSummary` makes no difference to it. What `options.ext.clientcreds.allow` and the environment variable
     * `K6_CLIENTCREDS_ALLOW` allow is not a reason.
     */
    export function validity(data?: object): Validity;

    /**
     * Has k6 keep these submetrics for `handleSummary` and `--summary-export`, such as `http_req_duration{scenario:api}`.
     * Otherwise k6 keeps only the submetrics that a threshold names. For the init context, after the script has made its
     * own metrics.
     */
    export function keepSubmetrics(...names: string[]): void;
}
