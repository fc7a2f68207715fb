// Loads the introspection endpoint (RFC 7662) with active and revoked tokens, as APIs do that introspect every token.
//
// What it measures: latency and errors of introspection at a constant arrival rate, and whether the answers are
// correct.
// How to read it: `active` and `inactive` show the times for both kinds of tokens. A server that answers from a cache
// is fast and can be wrong: if it reports a revoked token as active, the check `inactive is inactive` fails. Dropped
// iterations mean that k6 did not keep the rate: raise MAX_VUS.
// Thresholds: every answer is correct (`checks`), 95% arrive within MAX_P95 (`clientcreds_introspection_duration`),
// and k6 keeps the rate (`dropped_iterations`).
//
//   RATE              introspections per second
//   DURATION          duration of the load
//   MAX_VUS           maximum number of virtual users
//   INACTIVE          share of introspections of a revoked token
//   MAX_P95           time within which 95% must be answered
//   INTROSPECTION_URL introspection endpoint, if the metadata of ISSUER lacks it
//   REVOCATION_URL    revocation endpoint, if the metadata of ISSUER lacks it
//
// The variables in lib/config.js apply as well.
import { check } from 'k6';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { acquire, attempt } from './lib/call.js';
import { newClient, queryOptions } from './lib/config.js';
import { count, duration, inMilliseconds, share } from './lib/environment.js';
import { trendStats } from './lib/measured.js';
import { preflight, queryPreflight } from './lib/preflight.js';
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

const client = newClient(queryOptions(kinds));
let given; // a token that this virtual user has given up

export function setup() {
    preflight(client);
    queryPreflight(client, kinds);
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
