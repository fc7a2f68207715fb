// Loads a protected API while the clock of a server is wrong.
//
// What it measures: whether the leeway covers the difference between the clocks. An API whose clock is ahead rejects
// tokens as expired too early. An authorization server whose clock is behind has the same effect.
// How to read it: if `clientcreds_rejections` is above 0, raise LEEWAY above the difference, or correct the clocks.
// `clocks` shows the minimum differences (`clientcreds_clock_skew`, `api_clock_skew`), because `Date` headers have
// whole seconds. If the difference exceeds the token lifetime, the run ends in `setup()`. From 2 s, a wrong clock of
// the authorization server makes the run INVALID.
// Thresholds: nothing fails (`checks`, `clientcreds_request_failed`), no token is rejected or expired
// (`clientcreds_rejections`, `clientcreds_expired_token_uses`), and `clientcreds_clock_skew` is below 2 s.
//
//   VUS               number of virtual users
//   DURATION          duration of the load
//   PAUSE             seconds between the requests of one virtual user
//   CLOCK             with the local server: the wrong clock, `api` or `server`
//   SKEW              with the local server: how far that clock is ahead
//   TTL               lifetime of the tokens, with the local server only
//   LEEWAY            leeway of the cache
//   API_URL           URL of the API
//
// The variables in lib/config.js apply as well.
import { check, sleep } from 'k6';
import { Trend } from 'k6/metrics';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient } from './lib/config.js';
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
const client = newClient(clientOptions({ cache: { leeway: env('LEEWAY', '3s') } }));
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
