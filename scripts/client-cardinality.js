// The token endpoint under load by one client, by ten, a hundred, and so on to all in CLIENTS_FILE.
//
// What it measures: whether grants get slower, or fail, because there are many clients. A server caches what it knows of
// them, and goes to its database for the others: Keycloak's caches are for 2,500 clients unless they are enlarged.
// How to read it: the summary has a line for each number of clients; "times as long" compares with the first of them, by
// the median of each virtual user's own requests. A jump from one line to the next lies in between: narrow it down with
// CLIENTS. A cache that is only just too small shows in p95 first. Each step needs more requests than it has clients, or it
// shows only what the first one of each costs: raise DURATION.
//
//   VUS DURATION PAUSE                           load: virtual users, time of each step, seconds between requests of one user
//   CLIENTS_FILE                                 the clients, as k6 x clientcreds serve --client-count 10000 makes them
//   CLIENTS                                      numbers of clients, with commas
//   SLOWDOWN                                     how many times as long a grant may take as with the first number
//   TOKEN_URL or ISSUER, SCOPE …                 see lib/config.js
import exec from 'k6/execution';
import { check, sleep } from 'k6';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { acquire } from './lib/call.js';
import { clientPool } from './lib/config.js';
import { count, duration, env, number as numberOf, seconds } from './lib/environment.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary, under } from './lib/summary.js';
import { found, number, percent, times } from './lib/text.js';
import { slowdown } from './lib/slowdown.js';

const vus = count('VUS', 20);
const all = clientPool({ assignment: 'random' });
const numbers = env('CLIENTS', [1, 10, 100, 1000, 10000, 100000].filter((n) => n < all.size).concat(all.size).join(',')).split(',');
const pools = numbers.map((n) => (Number(n) === all.size ? all : clientPool({ assignment: 'hot', hot: Number(n), share: 1 })));
const each = (list, entry) => Object.fromEntries(list.map(entry));

export const options = {
    scenarios: {
        grants: { executor: 'ramping-vus', startVUs: vus, stages: numbers.map(() => ({ duration: duration('DURATION', '20s'), target: vus })) },
    },
    summaryTrendStats: trendStats,
    thresholds: {
        ...each(numbers, (n) => [`clientcreds_requests{clients:${n}}`, [`count>=${n}`]]),
        ...each(numbers, (n) => [`clientcreds_request_failed{clients:${n}}`, ['rate<0.01']]),
        ...each(numbers.slice(1), (n) => [`client_slowdown{clients:${n}}`, [`med<${numberOf('SLOWDOWN', 2)}`]]),
    },
};

const pause = seconds('PAUSE', 0.1);
const compared = slowdown('client_slowdown');
keepSubmetrics(...numbers.map((n) => `clientcreds_request_duration{clients:${n}}`));

export function setup() {
    preflight(all.client());
}

export default function () {
    const step = Math.min(Math.floor(exec.scenario.progress * numbers.length), numbers.length - 1);
    exec.vu.metrics.tags.clients = numbers[step];
    const result = acquire(pools[step].client());
    check(result, { 'token granted': (r) => r.ok });
    if (result.ok) {
        (step === 0 ? compared.base : compared.add)(result);
    }
    sleep(pause);
}

export function handleSummary(data) {
    return summary(data, (m) => under('clients', numbers.map((n) => `${number(Number(n))}: ` +
        found(m.count(`clientcreds_requests{clients:${n}}`), 'grant', () =>
            `, ${percent(m.share(`clientcreds_request_failed{clients:${n}}`))} failed, ${m.times(`clientcreds_request_duration{clients:${n}}`)}` +
            (m.median(`client_slowdown{clients:${n}}`) > 0 ? `; ${times(m.median(`client_slowdown{clients:${n}}`))} as long` : '')))));
}
