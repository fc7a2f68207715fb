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
