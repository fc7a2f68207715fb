// What TLS costs a token: side by side, a connection for each grant, and one that is kept for several of them.
//
// What it measures: the time that a grant takes with the connection it needs, and how much of that is TCP and TLS. k6 forgets
// connections after each iteration (noVUConnectionReuse) and resumes no TLS session, so each new one is a full handshake:
// what a server pays for clients that keep nothing, such as short-lived functions.
// How to read it: `new` and `kept` have the medians, `TLS` says how many times as long a grant takes with a connection of its
// own. HTTP/2 is used where the server offers it; GODEBUG=http2client=0 measures the same with HTTP/1.1.
//
//   RATE DURATION MAX_VUS                        load of each variant: grants per second, time, virtual users
//   GRANTS                                       grants over a connection that is kept
//   SLO_HANDSHAKE                                objective: time within which 95% of the TLS handshakes are done
//   RESULT_FILE                                  file to write what was found to, as JSON
//   TOKEN_URL ISSUER                             one of them, https
//   CLIENT_ID, CLIENT_SECRET, SCOPE …            see lib/config.js
import exec from 'k6/execution';
import { check } from 'k6';
import { Rate, Trend } from 'k6/metrics';
import { Client, keepSubmetrics } from 'k6/x/clientcreds';
import { acquire } from './lib/call.js';
import { clientOptions } from './lib/config.js';
import { count, duration, env, fail, inMilliseconds } from './lib/environment.js';
import { metricsOf, reader, trendStats } from './lib/measured.js';
import { preflight } from './lib/preflight.js';
import { withResult } from './lib/result.js';
import { variant } from './lib/sidebyside.js';
import { summary } from './lib/summary.js';
import { counted, milliseconds, times } from './lib/text.js';

const grants = { new: 1, kept: count('GRANTS', 10, 2) };
const names = Object.keys(grants);
const opened = new Rate('connections_opened');
const grantTime = new Trend('grant_time', true);

export const options = {
    scenarios: Object.fromEntries(names.map((name) => [name, variant(grants[name])])),
    noVUConnectionReuse: true,
    summaryTrendStats: trendStats,
    thresholds: {
        'connections_opened{scenario:new}': ['rate==1'],
        'connections_opened{scenario:kept}': [`rate<=${1 / grants.kept + 0.001}`], // the first of each iteration
        clientcreds_request_tls_handshaking: [`p(95)<=${inMilliseconds(duration('SLO_HANDSHAKE', '500ms'))}`],
        clientcreds_request_failed: ['rate<0.01'],
        dropped_iterations: ['count==0'],
    },
};

for (const metric of ['grant_time', 'clientcreds_request_connecting', 'clientcreds_request_tls_handshaking', 'clientcreds_request_duration']) {
    keepSubmetrics(...names.map((name) => `${metric}{scenario:${name}}`));
}

const client = new Client(clientOptions());

if (!/^https:/i.test(env('TOKEN_URL', env('ISSUER', '')))) {
    fail('the token endpoint has no TLS: give an https URL, or run the local server with --tls-dir');
}

export function setup() {
    preflight(client);
}

export default function () {
    for (let i = 0; i < grants[exec.scenario.name]; i++) {
        const result = acquire(client);
        const { connecting = 0, tls_handshaking: handshake = 0, duration: request = 0 } = result.timings || {};
        opened.add(handshake > 0);
        grantTime.add(connecting + handshake + request);
        check(result, { 'token granted': (r) => r.ok });
    }
}

export function handleSummary(data) {
    const m = reader(metricsOf(data));
    const of = (name, metric) => `${metric}{scenario:${name}}`;
    const found = () => Object.fromEntries(names.map((name) => [name, {
        grants: m.samples(of(name, 'connections_opened')),
        connections: m.passes(of(name, 'connections_opened')),
        time: m.median(of(name, 'grant_time')) || 0,
        connecting: m.median(of(name, 'clientcreds_request_connecting')) || 0,
        handshake: m.median(of(name, 'clientcreds_request_tls_handshaking')) || 0,
        request: m.median(of(name, 'clientcreds_request_duration')) || 0,
    }]));
    return withResult(summary(data, () => [
        ...Object.entries(found()).filter(([, f]) => f.time > 0).map(([name, f]) => [name,
            `${counted(f.grants, 'grant')} over ${counted(f.connections, 'connection')}: ${milliseconds(f.time)} ` +
            `(TCP ${milliseconds(f.connecting)} and TLS ${milliseconds(f.handshake)} where it is new, request ${milliseconds(f.request)})`]),
        ['TLS', `with a connection of its own a grant takes ${times(found().new.time / found().kept.time)} as long`],
    ]), found);
}
