// The token endpoint under load by many clients, of which one asks for most of the tokens.
//
// What it measures: whether the busy client gets what the others get. A limit for each client, a lock, or a row that every
// grant of a client writes to ("last used") are not seen when the load is spread, and not when there is one client only.
// How to read it: hot is the first client of CLIENTS_FILE, others are drawn from the rest. Requests of hot alone that fail are
// a limit of the server; where hot takes SLOWDOWN times as long as the others, by the median of each virtual user's own
// requests, its grants wait for one another. Where both are slow, the server is: compare with token-load.js.
//
//   VUS DURATION PAUSE                           load: virtual users, time, seconds between requests of one user
//   CLIENTS_FILE                                 the clients, as k6 x clientcreds serve --client-count 100 makes them
//   SHARE                                        share of the requests that are the hot client's
//   SLOWDOWN                                     how many times as long as others a grant of the hot client may take
//   TOKEN_URL or ISSUER, SCOPE …                 see lib/config.js
import { check, sleep } from 'k6';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { acquire } from './lib/call.js';
import { clientPool } from './lib/config.js';
import { count, duration, number as numberOf, seconds, share } from './lib/environment.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';
import { found, percent, times } from './lib/text.js';
import { slowdown } from './lib/slowdown.js';

const hot = clientPool({ name: 'hot', assignment: 'hot', hot: 1, share: 1 });
const others = clientPool({ name: 'others', assignment: 'hot', hot: 1, share: Number.MIN_VALUE }); // never the hot one
const each = (entry) => Object.fromEntries(['hot', 'others'].map(entry));

export const options = {
    scenarios: {
        grants: { executor: 'constant-vus', vus: count('VUS', 20), duration: duration('DURATION', '30s') },
    },
    ext: { clientcreds: { allow: ['failed_token_requests'] } }, // thresholds judge them
    summaryTrendStats: trendStats,
    thresholds: {
        ...each((name) => [`clientcreds_requests{client:${name}}`, ['count>0']]),
        ...each((name) => [`clientcreds_request_failed{client:${name}}`, ['rate<0.01']]),
        hot_slowdown: [`med<${numberOf('SLOWDOWN', 2)}`],
    },
};

keepSubmetrics('clientcreds_request_duration{client:hot}', 'clientcreds_request_duration{client:others}');

const part = share('SHARE', 0.9);
const pause = seconds('PAUSE', 0.1);
const compared = slowdown('hot_slowdown');

export function setup() {
    preflight(others.client());
}

export default function () {
    const isHot = Math.random() < part;
    const result = acquire((isHot ? hot : others).client());
    check(result, { 'token granted': (r) => r.ok });
    if (result.ok) {
        (isHot ? compared.add : compared.base)(result);
    }
    sleep(pause);
}

export function handleSummary(data) {
    return summary(data, (m) => [
        ...['hot', 'others'].map((name) => [name, found(m.count(`clientcreds_requests{client:${name}}`), 'grant', () =>
            `, ${percent(m.share(`clientcreds_request_failed{client:${name}}`))} failed, ${m.times(`clientcreds_request_duration{client:${name}}`)}`)]),
        ...(m.median('hot_slowdown') > 0 ? [['', `a grant of the hot client takes ${times(m.median('hot_slowdown'))} as long`]] : []),
    ]);
}
