// More token requests than the authorization server lets through.
//
// What it measures: whether the server gives what its limit promises, also to clients that were told to come later, and
// whether these clients do as they are told: 429 and Retry-After instead of a storm of retries.
// How to read it: granted tokens per second have to be those of the limit. Who waits for Retry-After, a second at least,
// sends no more than one request a second in vain: `amplification`, token requests for each token, is VUS / LIMIT + 1
// then. More than a tenth above that says that the server tells no time, or tells too short a time.
//
//   VUS DURATION                                 load: virtual users, each of them waiting for a token all the time
//   LIMIT                                        token requests per second that the server lets through
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js
import { check } from 'k6';
import { Client } from 'k6/x/clientcreds';
import { acquire } from './lib/call.js';
import { clientOptions } from './lib/config.js';
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
    ext: { clientcreds: { allow: ['failed_token_requests', 'missing_tokens'] } }, // the limit is what it looks for
    summaryTrendStats: trendStats,
    thresholds: {
        checks: ['rate==1'],
        'clientcreds_requests{status:200}': [`rate>=${0.8 * limit}`, `rate<=${1.4 * limit}`], // a full bucket at the start
        'clientcreds_requests{status:429}': ['count>0'],
        clientcreds_request_failed: [`rate<=${(1 - 1 / amplification).toFixed(4)}`], // the share of requests in vain
        clientcreds_retry_after: ['min>=1000'],
    },
};

const client = new Client(clientOptions({ retry: { attempts: 100 } }));

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
