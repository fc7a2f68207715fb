// One request in every VU, which then keep still to be weighed: with a token cached by hand. Every
// file that a script imports weighs kilobytes in each VU, so the helper stands here.
import http from 'k6/http';
import encoding from 'k6/encoding';
import { sleep } from 'k6';

const credentials = encoding.b64encode(`${__ENV.CLIENT_ID}:${__ENV.CLIENT_SECRET}`);
const form = { grant_type: 'client_credentials', scope: __ENV.SCOPE };
const params = { headers: { Authorization: `Basic ${credentials}` } };

let cached = null;

function headers() {
    const now = Date.now();
    if (cached === null || now >= cached.freshUntil) {
        const grant = http.post(__ENV.TOKEN_URL, form, params).json();
        cached = { token: grant.access_token, freshUntil: now + grant.expires_in * 900 };
    }
    return { Authorization: `Bearer ${cached.token}` };
}

// With ONLY_START, so many virtual users have one empty iteration each.
export const options = __ENV.ONLY_START
    ? { scenarios: { start: { executor: 'per-vu-iterations', vus: Number(__ENV.ONLY_START), iterations: 1 } } }
    : {};

export default function () {
    if (__ENV.ONLY_START) return;
    http.get(__ENV.API_URL, { headers: headers() });
    sleep(600);
}
