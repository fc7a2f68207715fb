// A protected API under load while the clock of one of the servers is wrong.
//
// What it measures: whether the leeway covers the difference between the clocks: an API that is ahead takes tokens for
// expired before their client does, and so does one whose authorization server is behind.
// How to read it: clientcreds_rejections have to be 0: else raise LEEWAY above the difference, or set the clocks. From 2 s
// on, a wrong clock of the authorization server makes the run INVALID. Date headers have whole seconds, so the
// differences in the summary are those that there are at least.
//
//   VUS DURATION PAUSE                           load: virtual users, time, seconds between requests of one user
//   CLOCK SKEW                                   of the local server: whose clock is wrong, api or server, and how far ahead
//   TTL                                          lifetime of tokens, where it is the local server's
//   API_URL                                      what to load
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js; LEEWAY is 3s here by default
import { check, sleep } from 'k6';
import { Trend } from 'k6/metrics';
import { Client } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions } from './lib/config.js';
import { count, duration, env, seconds } from './lib/environment.js';
import { calm, disturb } from './lib/disturb.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';
import { milliseconds } from './lib/text.js';

export const options = {
    scenarios: {
        api: { executor: 'constant-vus', vus: count('VUS', 20), duration: duration('DURATION', '30s') },
    },
    summaryTrendStats: trendStats,
    thresholds: {
        checks: ['rate==1'],
        clientcreds_request_failed: ['rate==0'],
        clientcreds_rejections: ['count==0'],
        clientcreds_expired_token_uses: ['count==0'],
        clientcreds_clock_skew: ['max<2000'],
        'clientcreds_requests{reason:early}': ['count>0'], // or no token came near its expiry
    },
};

const ofApi = new Trend('api_clock_skew', true);
const client = new Client(clientOptions({ cache: { leeway: env('LEEWAY', '3s') } }));
const api = protectedApi();
const pause = seconds('PAUSE', 0.1);

export function setup() {
    const skew = { [env('CLOCK', 'api')]: env('SKEW', '2s') };
    const before = disturb({ ttl: duration('TTL', '10s'), clock_skew: skew }, 'its clock, and the API\'s, are as they are');
    preflight(client, api);
    return before;
}

export default function () {
    const res = api.send(client);
    check(res, api.checks);
    const [said, now] = [Date.parse(res.headers.Date), Date.now()];
    if (!Number.isNaN(said)) {
        ofApi.add(Math.max(said - now, now - res.timings.duration - 1000 - said, 0));
    }
    sleep(pause);
}

export function teardown(before) {
    calm(before);
}

export function handleSummary(data) {
    return summary(data, (m) => [['clocks', `the authorization server's differs by ${milliseconds(m.max('clientcreds_clock_skew'))}, ` +
        `the API's by ${milliseconds(m.max('api_clock_skew'))}, at least`]]);
}
