// If the client cannot get a token, it throws a TokenError and sends no request. The error contains the server's
// answer (error, status), whether a retry could help (retryable), and in its message where to look first.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/token-error.js
import { check, fail } from 'k6';
import { Client, TokenError } from 'k6/x/clientcreds';

export const options = {
    vus: 1,
    iterations: 1,
    thresholds: { checks: ['rate==1'] },
    ext: { clientcreds: { allow: ['no_tokens_granted'] } }, // here on purpose; otherwise the run would be INVALID
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    scope: 'not-a-scope-of-this-client',
});

export default function () {
    try {
        client.get(__ENV.API_URL);
    } catch (e) {
        if (!(e instanceof TokenError)) {
            throw e; // a mistake in the script
        }
        check(e, {
            'the scope is refused': (e) => e.error === 'invalid_scope' && e.status === 400,
            'asking again would not help': (e) => !e.retryable,
        });
        console.log(e.message);
        return;
    }
    fail('a token came that should not have come');
}
