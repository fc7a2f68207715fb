// Ids and secrets with characters such as + % : or a space. RFC 6749 §2.3.1 wants both form-encoded before Base64, and
// that is the default. Some servers do not decode them; for those there is basicEncoding: 'raw'. The wrong one is
// answered with invalid_client, and only by clients whose credentials have such characters. client_secret_post avoids the
// question.
//
//   CLIENT_SECRET='p+ss%w:rd' build/k6 x clientcreds serve --basic-encoding raw -- build/k6 run examples/basic-encoding.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = { vus: 1, iterations: 1, thresholds: { checks: ['rate==1'] } };

const client = (more) => new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
    ...more,
});
const raw = client({ auth: 'client_secret_basic', basicEncoding: 'raw' });
const post = client({ auth: 'client_secret_post' });

export default function () {
    check(raw.acquire(), { 'client_secret_basic, raw': (r) => r.ok });
    check(post.acquire(), { 'client_secret_post': (r) => r.ok });
}
