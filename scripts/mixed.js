// Loads the authorization server and the API with several kinds of requests at once: API calls, token requests,
// introspections, and revocations.
//
// What it measures: latency and errors of each kind next to the others. For example, whether introspection suffers
// from token requests.
// How to read it: `mix` has a line for each kind. Compare it with the kind alone, such as `MIX=grant=1` with its
// share of RATE. Each revocation needs its own token, so it includes a token request.
// Thresholds: for each kind, more than 99% of the `checks` pass. Less than 1% of the token requests fails
// (`clientcreds_request_failed`), no token is rejected or expired (`clientcreds_rejections`,
// `clientcreds_expired_token_uses`), and k6 keeps the rate (`dropped_iterations`).
//
//   RATE              calls per second
//   DURATION          duration of the load
//   MAX_VUS           maximum number of virtual users
//   MIX               weights of the kinds: `api`, `grant`, `introspection`, `revocation`
//   API_URL           URL of the API
//   INTROSPECTION_URL introspection endpoint, if the metadata of ISSUER lacks it
//   REVOCATION_URL    revocation endpoint, if the metadata of ISSUER lacks it
//
// The variables in lib/config.js apply as well.
import exec from 'k6/execution';
import { check } from 'k6';
import { Counter } from 'k6/metrics';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { acquire, attempt } from './lib/call.js';
import { protectedApi } from './lib/api.js';
import { newClient, queryOptions } from './lib/config.js';
import { count, duration, env } from './lib/environment.js';
import { drawn, weights } from './lib/mix.js';
import { trendStats } from './lib/measured.js';
import { preflight, queryPreflight } from './lib/preflight.js';
import { summary, under } from './lib/summary.js';
import { found, percent } from './lib/text.js';

/** The action of each kind, and the metric of its time. */
const kinds = {
    api: [() => api.right(api.send(client)), 'http_req_duration{kind:api,expected_response:true}'],
    grant: [() => acquire(client).ok, 'clientcreds_request_duration{kind:grant}'],
    introspection: [() => client.introspect(client.token()).active === true, 'clientcreds_introspection_duration{kind:introspection}'],
    revocation: [revocation, 'clientcreds_revocation_duration{kind:revocation}'],
};
const mix = weights(env('MIX', 'api=80,grant=10,introspection=8,revocation=2'), Object.keys(kinds));
const queries = mix.map(({ name }) => name).filter((name) => ['introspection', 'revocation'].includes(name));
const each = (entry) => Object.fromEntries(mix.map(({ name }) => entry(name)));
const maxVUs = count('MAX_VUS', 100);

export const options = {
    scenarios: {
        mixed: {
            executor: 'constant-arrival-rate',
            rate: count('RATE', 100),
            timeUnit: '1s',
            duration: duration('DURATION', '30s'),
            preAllocatedVUs: maxVUs, // k6 drops iterations while it makes more
            maxVUs,
        },
    },
    summaryTrendStats: trendStats,
    thresholds: {
        ...each((name) => [`checks{kind:${name}}`, ['rate>0.99']]),
        ...each((name) => [`mixed_calls{kind:${name}}`, ['count>0']]),
        clientcreds_request_failed: ['rate<0.01'],
        clientcreds_rejections: ['count==0'],
        clientcreds_expired_token_uses: ['count==0'],
        dropped_iterations: ['count==0'],
    },
};

keepSubmetrics(...mix.map(({ name }) => kinds[name][1]));

const client = newClient(queryOptions(queries));
const api = protectedApi();
const calls = new Counter('mixed_calls');

export function setup() {
    preflight(client, api);
    queryPreflight(client, queries);
}

export default function () {
    const kind = drawn(mix);
    exec.vu.metrics.tags.kind = kind;
    calls.add(1);
    check(attempt(kinds[kind][0], () => false), { [kind]: (ok) => ok });
}

function revocation() {
    const { accessToken } = acquire(client);
    return accessToken !== null && client.revoke(accessToken).ok;
}

export function handleSummary(data) {
    return summary(data, (m) => under('mix', mix.map(({ name }) => `${name}: ` +
        found(m.count(`mixed_calls{kind:${name}}`), 'call', () => ` (${percent(m.count(`mixed_calls{kind:${name}}`) / m.count('mixed_calls'))}), ` +
            `${percent(1 - m.share(`checks{kind:${name}}`))} failed, ${m.times(kinds[name][1])}`))));
}
