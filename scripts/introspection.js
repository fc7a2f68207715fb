// The introspection endpoint (RFC 7662) under load, as by APIs that ask about every token, with tokens that are active and revoked ones.
//
// What it measures: latency and errors of introspection at a steady arrival rate, and whether the answers are right.
// How to read it: active and inactive have the times for both kinds. A server that answers from a cache is fast, and may be
// wrong: a revoked token that it still calls active fails `inactive is inactive`. With dropped iterations the rate was not
// kept: raise MAX_VUS, or the generator is the limit.
//
//   RATE DURATION MAX_VUS                        load: introspections per second, time, virtual users to do it with
//   INACTIVE                                     share of them that are about a revoked token
//   MAX_P95                                      time within which 95% have to be answered
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js
//   INTROSPECTION_URL REVOCATION_URL             without ISSUER, or where its metadata do not name them
import { check } from 'k6';
import { Client, keepSubmetrics } from 'k6/x/clientcreds';
import { acquire, attempt } from './lib/call.js';
import { inquiringOptions } from './lib/config.js';
import { count, duration, inMilliseconds, share } from './lib/environment.js';
import { trendStats } from './lib/measured.js';
import { inquiryPreflight, preflight } from './lib/preflight.js';
import { summary } from './lib/summary.js';
import { found } from './lib/text.js';

const maxVUs = count('MAX_VUS', 50);
const inactive = share('INACTIVE', 0.2);
const kinds = inactive > 0 ? ['introspection', 'revocation'] : ['introspection'];
const answers = { active: '{active:true}', ...(inactive > 0 && { inactive: '{active:false}' }) };

export const options = {
    scenarios: {
        introspection: {
            executor: 'constant-arrival-rate',
            rate: count('RATE', 50),
            timeUnit: '1s',
            duration: duration('DURATION', '30s'),
            preAllocatedVUs: maxVUs, // k6 drops iterations while it makes more
            maxVUs,
        },
    },
    summaryTrendStats: trendStats,
    thresholds: {
        ...Object.fromEntries(Object.values(answers).map((tag) => [`clientcreds_introspections${tag}`, ['count>0']])),
        checks: ['rate==1'],
        clientcreds_introspection_duration: [`p(95)<=${inMilliseconds(duration('MAX_P95', '500ms'))}`],
        dropped_iterations: ['count==0'],
    },
};

keepSubmetrics(...Object.values(answers).map((tag) => `clientcreds_introspection_duration${tag}`));

const client = new Client(inquiringOptions(kinds));
let given; // a token that this virtual user has given up

export function setup() {
    preflight(client);
    inquiryPreflight(client, kinds);
}

export default function () {
    if (Math.random() < inactive) {
        given ??= givenUp();
        check(client.introspect(given), { 'inactive is inactive': (r) => r.active === false });
    } else {
        const answer = attempt(() => client.introspect(client.token()), () => ({ active: null }));
        check(answer, { 'active is active': (r) => r.active === true });
    }
}

/** A token that has been revoked; where that cannot be done, one that there never was. */
function givenUp() {
    const { accessToken } = acquire(client);
    return accessToken !== null && client.revoke(accessToken).ok ? accessToken : 'a-token-that-there-never-was';
}

export function handleSummary(data) {
    return summary(data, (m) => Object.entries(answers).map(([name, tag]) => [name,
        found(m.count(`clientcreds_introspections${tag}`), 'answer', () => `, ${m.times(`clientcreds_introspection_duration${tag}`)}`)]));
}
