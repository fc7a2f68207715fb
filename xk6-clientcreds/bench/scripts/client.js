// The Client that is measured.
import { Client } from 'k6/x/clientcreds';

export function newClient(more = {}) {
    return new Client({
        tokenUrl: __ENV.TOKEN_URL,
        clientId: __ENV.CLIENT_ID,
        clientSecret: __ENV.CLIENT_SECRET,
        scope: __ENV.SCOPE,
        ...more,
    });
}

let sink;

/** One token request of that client, which must succeed. */
export function acquire(client) {
    const result = client.acquire();
    sink = result.accessToken;
    if (!result.ok || !sink) throw new Error(`no token: ${result.error}`);
}

/** One of the keys that are registered with the server. */
export function key(name, alg) {
    return { file: `${__ENV.KEYS}/${name}.pem`, alg };
}
