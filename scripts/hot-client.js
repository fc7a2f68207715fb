// Loads the token endpoint with many clients, one of which requests most of the tokens.
//
// What it measures: whether the busy client gets the same service as the other clients. Limits per client, locks, and
// rows that each grant updates do not show when the load is spread evenly.
// How to read it: `hot` is the first client in CLIENTS_FILE. `others` are drawn from the rest. If only `hot` fails,
// the server limits each client. If `hot` takes several times as long as `others`, its requests wait for each other.
// If both are slow, the server is slow: compare with token-load.js.
// Thresholds: the median of the hot client stays below SLOWDOWN times the median of the others (`hot_slowdown`), and
// less than 1% fails for both (`clientcreds_request_failed`).
//
//   VUS               number of virtual users
//   DURATION          duration of the load
//   PAUSE             seconds between the requests of one virtual user
//   CLIENTS_FILE      file with the clients, such as the file of `k6 x clientcreds serve --client-count 100`
//   SHARE             share of the requests for the hot client
//   SLOWDOWN          accepted slowdown of the hot client relative to the others
//
// The variables in lib/config.js apply as well.
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

const hot = clientPool({ name: 'hot', assignment: 'hot', hotClients: 1, hotShare: 1 });
const others = clientPool({ name: 'others', assignment: 'hot', hotClients: 1, hotShare: Number.MIN_VALUE }); // never the hot one
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
