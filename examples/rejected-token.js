// An API that no longer accepts a token: client.get() and the other HTTP methods retry once with a new token. With
// k6/http, call client.invalidate() yourself. clientcreds_rejections counts the 401 responses, and stats() shows the
// counters of this virtual user.
//
//   build/k6 x clientcreds serve -- build/k6 run examples/rejected-token.js
import http from 'k6/http';
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';

export const options = {
    vus: 1,
    iterations: 5,
    thresholds: { checks: ['rate==1'] },
    ext: { clientcreds: { allow: ['rejections'] } }, // here on purpose; otherwise a 401 makes the run INVALID
};

const client = new Client({
    tokenUrl: __ENV.TOKEN_URL,
    clientId: __ENV.CLIENT_ID,
    clientSecret: __ENV.CLIENT_SECRET,
});

export default function () {
    let res = http.get(__ENV.API_URL, { headers: client.headers() });
    if (res.status === 401) {
        client.invalidate();
        res = http.get(__ENV.API_URL, { headers: client.headers() });
    }
    check(res, { 'by hand': (r) => r.status === 200 });

    check(client.get(__ENV.API_URL), { 'by the client': (r) => r.status === 200 });

    const { hits, misses, requests, rejections } = client.stats();
    check(null, { 'tokens are used again': () => hits > 0 && requests === misses && rejections <= misses });
}
