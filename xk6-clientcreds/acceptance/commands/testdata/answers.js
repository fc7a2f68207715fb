// Requests three tokens: one with the right secret, one with a wrong one, and one beyond the rate limit.
import { Client } from 'k6/x/clientcreds';

const options = { issuer: __ENV.ISSUER, clientId: __ENV.CLIENT_ID, scope: __ENV.SCOPE, audience: __ENV.AUDIENCE };
const secrets = [__ENV.CLIENT_SECRET, 'wrong', __ENV.CLIENT_SECRET];
const clients = secrets.map((clientSecret) => new Client({ ...options, clientSecret }));

export default function () {
    for (const client of clients) {
        const { ok, status, error, expiresIn, scope } = client.acquire();
        console.log(`ANSWER ${JSON.stringify({ ok, status, error, expiresIn, scope })} END`);
    }
}
