// Validates a token as an API does that validates JWTs locally: signature, type, issuer, audience, client, and times.
// Run it before a load test: if the API will reject the token, the measurements are worthless.
//
//   build/k6 x clientcreds serve --token-format jwt -- build/k6 run examples/inspect.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { thresholds: { checks: ['rate==1'] } };

const client = new Client({
    issuer: __ENV.ISSUER, // its metadata names the keys; with tokenUrl, set jwksUrl
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    scope: ['orders.read'],
    audience: 'https://api.example.com/orders',
});

export default function () {
    const token = client.token();
    const found = client.inspect(); // of the cached token; inspect(token) of any
    check(found, {
        'an API should accept it': (i) => i.valid === true, // null where nobody but the server can tell
        'nothing is wrong': (i) => i.problems.length === 0,
        'all that was asked for': (i) => i.scope.missing !== null && i.scope.missing.length === 0,
        'no more than that': (i) => i.scope.extra !== null && i.scope.extra.length === 0,
        'small': (i) => i.bytes < 4096,
        'the clocks agree': (i) => i.clockSkew !== null && Math.abs(i.clockSkew) < 2000,
        'lives for a while': (i) => i.expiresIn !== null && i.expiresIn >= 60,
    });
    if (found.valid !== true) {
        console.error(`the token is not what an API wants: ${found.problems.join('; ')}`);
    }

    const parts = token.split('.');
    const tampered = `${parts[0]}.${parts[1]}.${parts[2].split('').reverse().join('')}`;
    check(client.inspect(tampered), {
        'a token that was changed is not valid': (i) => i.valid === false && i.problems.some((p) => p.startsWith('signature:')),
    });
}
