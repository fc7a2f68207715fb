// basicEncoding: 'raw' is for servers that do not decode the client identifier and secret in client_secret_basic. The
// default follows RFC 6749 §2.3.1. The difference matters for characters such as +, %, and :.
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
