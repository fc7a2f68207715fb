// Sends more token requests than the authorization server accepts.
//
// What it measures: whether the server grants as many tokens as its limit promises, and whether clients that receive
// 429 and `Retry-After` come back at the right time.
// How to read it: `limit` shows tokens per second, and the amplification: token requests per token. A client that
// waits for `Retry-After` wastes at most one request per second, so the expected amplification is VUS / LIMIT + 1. If
// it is more than a tenth higher, the server sends no `Retry-After`, or a value that is too short.
// Thresholds: the granted tokens (`clientcreds_requests`) are 80% to 140% of LIMIT per second, the amplification
// stays in its limit (`clientcreds_request_failed`), and `clientcreds_retry_after` is at least a second.
//
//   VUS               number of virtual users, each of which always waits for a token
//   DURATION          duration of the load
//   LIMIT             token requests per second that the server accepts
//
// The variables in lib/config.js apply as well.
import { check } from 'k6';
import { acquire } from './lib/call.js';
import { clientOptions, newClient } from './lib/config.js';
import { count, duration } from './lib/environment.js';
import { calm, disturb } from './lib/disturb.js';
import { trendStats } from './lib/measured.js';
import { warnOfSuspects } from './lib/preflight.js';
import { summary } from './lib/summary.js';
import { number } from './lib/text.js';

const limit = count('LIMIT', 10);
const vus = count('VUS', 3 * limit);
const amplification = 1.1 * (vus / limit + 1);

export const options = {
    scenarios: { token: { executor: 'constant-vus', vus, duration: duration('DURATION', '20s') } },
    ext: { clientcreds: { allow: ['failed_token_requests', 'missing_tokens'] } }, // the scenario provokes the limit
    summaryTrendStats: trendStats,
    thresholds: {
        checks: ['rate==1'],
        'clientcreds_requests{status:200}': [`rate>=${0.8 * limit}`, `rate<=${1.4 * limit}`], // a full bucket at the start
        'clientcreds_requests{status:429}': ['count>0'],
        clientcreds_request_failed: [`rate<=${(1 - 1 / amplification).toFixed(4)}`], // the share of requests in vain
        clientcreds_retry_after: ['min>=1000'],
    },
};

const client = newClient(clientOptions({ retry: { attempts: 100 } }));

export function setup() {
    warnOfSuspects();
    return disturb({ token: { rate_limit: { per_second: limit } } }, `it has to let ${limit} token requests per second through`);
}

export default function () {
    check(acquire(client), { 'token granted': (r) => r.ok });
}

export function teardown(before) {
    calm(before);
}

export function handleSummary(data) {
    return summary(data, (m) => {
        const [all, granted] = [m.count('clientcreds_requests'), m.count('clientcreds_requests{status:200}')];
        return [['limit', `${m.perSecond('clientcreds_requests{status:200}')} tokens/s of ${number(limit)}, ` +
            `amplification ${number(all / granted, 2)}, at most ${number(amplification, 2)}`]];
    });
}
