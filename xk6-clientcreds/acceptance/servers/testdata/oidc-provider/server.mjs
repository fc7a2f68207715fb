// The certified OpenID provider of npm, oidc-provider, as an authorization server for the client-credentials grant,
// over HTTPS. The test that starts it reads "READY <issuer>" on its output and, after that, one JSON line per token
// request: {"at": ms since the epoch, "client": id or null, "status": …, "error": code or null}.
//
//   NODE_MODULES    folder with oidc-provider
//   PORT            port to listen at; 0 takes a free one
//   CERT KEY        files of the server's certificate chain and key
//   CLIENT_JWKS     JWK set with the public keys of the clients cc-pkjwt-…: that of each has the client's id as its kid
//   CLIENTS         further clients, a JSON array of their metadata (RFC 7591 §2)
//   CLIENT_CA       file of the CA of clients' certificates: a second port asks for them, and the metadata name it in
//                   mtls_endpoint_aliases (RFC 8705 §5)
//   MTLS_STRICT     1: that port ends the handshake of who shows none of that CA
//   DPOP_NONCE      1 demands nonces in DPoP proofs
//   INITIAL_ACCESS_TOKEN  lets clients register with this token (RFC 7591), and manage themselves (RFC 7592)
//   TTL             lifetime of tokens in seconds, but for the client cc-short: 3
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';

const require = createRequire(path.resolve(process.env.NODE_MODULES, 'from-here.js'));
const { Provider, errors } = await import(require.resolve('oidc-provider'));

const ttl = Number(process.env.TTL ?? 600);
const client = (client_id, client_secret, more = {}) => ({
    client_id,
    client_secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: 'ES256',
    token_endpoint_auth_method: 'client_secret_basic',
    scope: 'api:read api:write',
    ...more,
});
const clients = [
    client('cc-basic', 'basic-secret'),
    // RFC 6749 §2.3.1: identifier and secret are form-encoded before Base64, and these two need it.
    client('cc basic:x', 'p@ss:w%rd+/=& z'),
    client('cc-encoded', 'p+ss%2Fword'),
    client('cc-post', 'post-secret', { token_endpoint_auth_method: 'client_secret_post' }),
    client('cc-short', 'short-secret', { scope: 'api:read' }),
    client('cc-dpop', 'dpop-secret', { dpop_bound_access_tokens: true }),
    client('cc-csjwt', 'client-secret-jwt-0123456789abcdef0123456789', {
        token_endpoint_auth_method: 'client_secret_jwt',
    }),
    client('resource-server', 'resource-server-secret'),
    ...JSON.parse(process.env.CLIENT_JWKS ?? '{"keys":[]}').keys.map((key) => client(key.kid, undefined, {
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [key] },
    })),
    ...JSON.parse(process.env.CLIENTS ?? '[]').map((more) => client(more.client_id, more.client_secret, more)),
];

// The adapter that comes with oidc-provider forgets all but the newest thousand tokens.
const store = new Map();
class Memory {
    constructor(model) { this.model = model; }
    async upsert(id, payload, expiresIn) {
        store.set(`${this.model}:${id}`, { payload, until: expiresIn ? Date.now() + expiresIn * 1000 : Infinity });
    }
    async find(id) {
        const entry = store.get(`${this.model}:${id}`);
        return entry && entry.until > Date.now() ? entry.payload : undefined;
    }
    async destroy(id) { store.delete(`${this.model}:${id}`); }
    async consume() {}
    async findByUid() {}
    async findByUserCode() {}
    async revokeByGrantId() {}
}

// The server takes its port first, because the issuer's identifier, and so the provider, depends on it.
let handle;
let underWay = 0;
function listener(options = {}) {
    const server = https.createServer(
        { cert: fs.readFileSync(process.env.CERT), key: fs.readFileSync(process.env.KEY), ...options },
        (req, res) => {
            underWay++;
            res.on('close', () => underWay--);
            handle(req, res);
        });
    server.keepAliveTimeout = 65_000;
    return server;
}
const origin = (server) => `https://127.0.0.1:${server.address().port}`;
const server = listener();
const mutual = process.env.CLIENT_CA && listener({
    ca: fs.readFileSync(process.env.CLIENT_CA),
    requestCert: true,
    rejectUnauthorized: process.env.MTLS_STRICT === '1',
});
const start = () => server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
    handle = provider(origin(server)).callback();
    say(`READY ${origin(server)}`);
});
if (mutual) {
    mutual.listen(0, '127.0.0.1', start);
} else {
    start();
}

// Ends when every answer is out, and so every line. A kill does not wait.
process.once('SIGTERM', () => {
    const servers = mutual ? [server, mutual] : [server];
    let open = servers.length;
    servers.forEach((s) => s.close(() => --open || process.exit(0)));
    const finish = () => (underWay === 0 ? servers.forEach((s) => s.closeAllConnections()) : setImmediate(finish));
    finish();
});

function provider(issuer) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const op = new Provider(issuer, {
        adapter: Memory,
        clients,
        clientDefaults: { id_token_signed_response_alg: 'ES256' },
        jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'op' }] },
        cookies: { keys: ['unused'] },
        scopes: ['api:read', 'api:write'],
        clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none',
            ...(mutual ? ['tls_client_auth', 'self_signed_tls_client_auth'] : [])],
        ...(mutual ? { discovery: { mtls_endpoint_aliases: {
            token_endpoint: `${origin(mutual)}/token`,
            introspection_endpoint: `${origin(mutual)}/token/introspection`,
            revocation_endpoint: `${origin(mutual)}/token/revocation`,
        } } } : {}),
        ttl: { ClientCredentials: (ctx, token, { clientId }) => (clientId === 'cc-short' ? 3 : ttl) },
        features: {
            devInteractions: { enabled: false },
            clientCredentials: { enabled: true },
            ...(process.env.INITIAL_ACCESS_TOKEN ? {
                registration: { enabled: true, initialAccessToken: process.env.INITIAL_ACCESS_TOKEN },
                registrationManagement: { enabled: true },
            } : {}),
            introspection: { enabled: true, allowedPolicy: () => true },
            revocation: { enabled: true, allowedPolicy: () => true },
            ...(mutual ? { mTLS: {
                enabled: true,
                certificateBoundAccessTokens: true,
                selfSignedTlsClientAuth: true,
                tlsClientAuth: true,
                getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.(),
                certificateAuthorized: (ctx) => ctx.socket.authorized,
                certificateSubjectMatches: (ctx, property, expected) => property === 'tls_client_auth_san_dns'
                    && ctx.socket.getPeerX509Certificate().subjectAltName === `DNS:${expected}`,
            } } : {}),
            richAuthorizationRequests: {
                enabled: true,
                types: { orders: { validate() {} } },
                authorizationDetailsForAccessToken: (ctx) => JSON.parse(ctx.oidc.params.authorization_details),
                authorizationDetailsForIntrospection: (ctx, token) => token.rar,
            },
            dPoP: {
                enabled: true,
                nonceSecret: randomBytes(32),
                requireNonce: () => process.env.DPOP_NONCE === '1',
            },
            resourceIndicators: {
                enabled: true,
                useGrantedResource: () => true,
                getResourceServerInfo: (ctx, resource) => {
                    if (resource !== 'https://api.example/orders') {
                        throw new errors.InvalidTarget();
                    }
                    return { scope: 'api:read api:write', audience: resource, accessTokenTTL: ttl,
                        accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
                },
            },
        },
    });
    op.use(async (ctx, next) => {
        await next();
        if (ctx.path === '/token') {
            const line = JSON.stringify({
                at: Date.now(),
                client: ctx.oidc?.client?.clientId ?? null,
                status: ctx.status,
                error: ctx.body?.error ?? null,
            });
            ctx.res.on('finish', () => say(line));
        }
    });
    return op;
}

// Written before the call returns: a server that is killed has said what it did.
function say(line) {
    fs.writeSync(1, `${line}\n`);
}
