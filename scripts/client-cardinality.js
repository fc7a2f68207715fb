// Loads the token endpoint with one client, then with ten, a hundred, and so on, up to all clients in a file.
//
// What it measures: whether token requests slow down or fail as the number of clients grows. A server caches a
// limited number of clients and reads the others from its database. For example, Keycloak caches 2,500 clients by
// default.
// How to read it: `clients` has a line for each number of clients. A jump between two lines shows the end of a cache
// or an index: use CLIENTS to narrow it down. If a cache is only slightly too small, the p95 shows it first. Each
// step needs more requests than clients, so raise DURATION for large numbers.
// Thresholds: for each number of clients, the median stays below SLOWDOWN times the first median (`client_slowdown`),
// less than 1% fails (`clientcreds_request_failed`), and each client sends a request (`clientcreds_requests`).
//
//   VUS               number of virtual users
//   DURATION          duration of each step
//   PAUSE             seconds between the requests of one virtual user
//   CLIENTS_FILE      file with the clients, such as the file of `k6 x clientcreds serve --client-count 10000`
//   CLIENTS           numbers of clients, separated by commas
//   SLOWDOWN          accepted slowdown relative to the first number of clients
//
// The variables in lib/config.js apply as well.
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
const pools = numbers.map((n) => (Number(n) === all.size ? all : clientPool({ assignment: 'hot', hotClients: Number(n), hotShare: 1 })));
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
