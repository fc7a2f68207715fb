// Loads a protected API with tokens that live for seconds, with several leeways side by side.
//
// What it measures: the number of token requests that a short lifetime causes, and which leeway is long enough: how
// often virtual users waited for a token, sent an expired one, or were rejected.
// How to read it: `leeway` has a line for each leeway. `advice` is the first leeway without any of these problems. A
// leeway must be longer than a token request, and longer than PAUSE.
// Thresholds: the last leeway has none of these problems: `checks`, `clientcreds_cache_misses`,
// `clientcreds_rejections`, `clientcreds_expired_token_uses`.
//
//   VUS               number of virtual users for each leeway
//   DURATION          duration of the load
//   PAUSE             seconds between the requests of one virtual user
//   TTL               lifetime of the tokens, with the local server only
//   LEEWAYS           leeways to compare, separated by commas: shares of the lifetime, or durations
//   JITTER            jitter of the cache
//   API_URL           URL of the API
//
// The variables in lib/config.js apply as well.
import { check, sleep } from 'k6';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { protectedApi } from './lib/api.js';
import { clientOptions, newClient } from './lib/config.js';
import { count, duration, env, seconds } from './lib/environment.js';
import { calm, disturb } from './lib/disturb.js';
import { trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { summary, under } from './lib/summary.js';
import { counted, number } from './lib/text.js';

const vus = count('VUS', 5);
const leeways = env('LEEWAYS', '0,10%,25%,45%').split(',');
const last = leeways[leeways.length - 1];
const mayFail = 0.01; // share of the token requests

/** Builds an object with an entry for each leeway. */
const each = (entry) => Object.fromEntries(leeways.map(entry));

export const options = {
    scenarios: each((leeway, i) => [`leeway-${i + 1}`, {
        executor: 'constant-vus', vus, duration: duration('DURATION', '20s'), env: { OWN_LEEWAY: leeway }, tags: { leeway },
    }]),
    ext: { clientcreds: { allow: ['rejections', 'expired_token_uses'] } }, // some of the leeways are too short on purpose
    summaryTrendStats: trendStats,
    thresholds: {
        [`checks{leeway:${last}}`]: ['rate==1'],
        [`clientcreds_cache_misses{leeway:${last}}`]: [`count<=${vus}`], // the first token of each
        [`clientcreds_rejections{leeway:${last}}`]: ['count==0'],
        [`clientcreds_expired_token_uses{leeway:${last}}`]: ['count==0'],
        clientcreds_request_failed: [`rate<${mayFail}`],
    },
};

for (const metric of ['requests', 'cache_misses', 'rejections', 'expired_token_uses']) {
    keepSubmetrics(...leeways.map((leeway) => `clientcreds_${metric}{leeway:${leeway}}`));
}

const clients = each((leeway) => [leeway, newClient(clientOptions({ cache: { leeway, jitter: env('JITTER', '0') } }))]);
const api = protectedApi();
const pause = seconds('PAUSE', 0.1);

export function setup() {
    const before = disturb({ ttl: duration('TTL', '5s') }, 'its tokens live for as long as it says');
    preflight(clients[last], api);
    return before;
}

export default function () {
    const res = api.trySend(clients[__ENV.OWN_LEEWAY]);
    check(res, api.checks);
    sleep(pause);
}

export function teardown(before) {
    calm(before);
}

export function handleSummary(data) {
    return summary(data, (m) => {
        const found = leeways.map((leeway) => {
            const of = (metric) => m.count(`${metric}{leeway:${leeway}}`);
            const waits = Math.max(of('clientcreds_cache_misses') - vus, 0);
            const [refused, expired] = [of('clientcreds_rejections'), of('clientcreds_expired_token_uses')];
            return { leeway, enough: waits + refused + expired === 0, text: `${leeway}: ${counted(of('clientcreds_requests'), 'token request')}, ` +
                `${counted(waits, 'wait')}, ${number(refused)} refused, ${counted(expired, 'expired token')}` };
        });
        const enough = found.find((f) => f.enough);
        let advice = enough ? `cache.leeway ${enough.leeway} is enough` : 'none of these is enough: longer lifetimes are needed';
        if (m.share('clientcreds_request_failed') >= mayFail) {
            advice = 'none, because token requests failed';
        }
        return [...under('leeway', found.map(({ text }) => text)),
            ['advice', advice]];
    });
}
