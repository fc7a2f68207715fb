// Loads a protected API, first with cached tokens, and then with a new token for every request.
//
// What it measures: the value of the cache. The first half of the run is the load of api-load.js. In the second half,
// each request needs its own token, as in scripts without a cache.
// How to read it: `worth` is the duration of a request without the cache relative to a request with the cache.
// `cached` and `uncached` show the time for the token and the time for the response. If the API's own time grows, the
// API suffers from the load on the authorization server.
// Thresholds: with the cache, virtual users wait for their first token only (`clientcreds_cache_misses`). Nothing
// fails in either half (`checks`, `clientcreds_request_failed`).
//
//   VUS               number of virtual users
//   DURATION          duration of each half
//   PAUSE             seconds between the requests of one virtual user
//   API_URL           URL of the API
//
// The variables in lib/config.js apply as well.
import { check, sleep } from 'k6';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient } from './lib/config.js';
import { count, duration, seconds } from './lib/environment.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';
import { milliseconds, number } from './lib/text.js';

const vus = count('VUS', 10);
const half = duration('DURATION', '15s');
const halves = ['cached', 'uncached'];
const inHalf = (metric, name) => `${metric}{scenario:${name}}`;
const of = (metric, condition) => Object.fromEntries(halves.map((name) => [inHalf(metric, name), [condition]]));

export const options = {
    scenarios: {
        cached: { executor: 'constant-vus', exec: 'cached', vus, duration: half },
        uncached: { executor: 'constant-vus', exec: 'uncached', vus, duration: half, startTime: half },
    },
    summaryTrendStats: trendStats,
    thresholds: {
        ...of('iterations', 'count>0'),
        ...of('clientcreds_request_failed', 'rate==0'),
        'clientcreds_cache_misses{scenario:cached}': [`count<=${vus}`], // the first token of each
        checks: ['rate==1'],
        http_req_failed: ['rate==0'],
        clientcreds_rejections: ['count==0'],
        clientcreds_expired_token_uses: ['count==0'],
    },
};

/** The API's latency, of answers as expected. */
const latency = (name) => `http_req_duration{scenario:${name},expected_response:true}`;

for (const name of halves) {
    keepSubmetrics(latency(name), inHalf('clientcreds_requests', name), inHalf('clientcreds_token_wait', name));
}

const keeps = newClient(clientOptions());
const { cache: _, ...others } = clientOptions();
const keepsNone = newClient({ ...others, cache: { scope: 'none' } });
const api = protectedApi();
const pause = seconds('PAUSE', 0.1);

export function setup() {
    preflight(keeps, api);
}

export const cached = () => load(keeps);
export const uncached = () => load(keepsNone);

function load(client) {
    check(api.trySend(client), api.checks);
    sleep(pause);
}

export function handleSummary(data) {
    return summary(data, (m) => {
        const found = halves.map((name) => ({
            name,
            each: m.count(inHalf('clientcreds_requests', name)) / Math.max(m.count(inHalf('iterations', name)), 1),
            api: m.median(latency(name)),
            wait: name === 'cached' ? 0 : m.median(inHalf('clientcreds_token_wait', name)), // of each request
        }));
        const [first, second] = found.map(({ api, wait }) => api + wait);
        return [
            ...found.map(({ name, each, api, wait }) => [name, `${number(each, 2)} token requests for each API request; ` +
                `${milliseconds(wait)} for a token and ${milliseconds(api)} for the answer (median)`]),
            ...(second > 0 ? [['worth', `without the cache a request takes ${number(second / first, 1)} times as long`]] : []),
        ];
    });
}
