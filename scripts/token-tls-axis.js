// Compares token requests that each open a TLS connection with token requests that share a connection.
//
// What it measures: the duration of a token request including its connection, and the share of TCP and TLS. k6 closes
// connections after each iteration (`noVUConnectionReuse`) and does not resume TLS sessions, so each new connection
// needs a full handshake, as for short-lived functions.
// How to read it: `new` and `kept` show the medians. `TLS` is the ratio of the two. If
// `connections_opened{scenario:kept}` is crossed, the server, or a proxy in front of it, does not keep connections.
// HTTP/2 is used if the server offers it: `GODEBUG=http2client=0` measures HTTP/1.1.
// Thresholds: as many connections as expected (`connections_opened`), handshakes within SLO_HANDSHAKE
// (`clientcreds_request_tls_handshaking`), and less than 1% fails (`clientcreds_request_failed`).
//
//   RATE              token requests per second for each variant
//   DURATION          duration of the load
//   MAX_VUS           maximum number of virtual users for each variant
//   GRANTS            token requests per kept connection
//   SLO_HANDSHAKE     objective: the time within which 95% of the TLS handshakes are done
//   RESULT_FILE       JSON file to write the results to
//   TOKEN_URL         token endpoint; `https`
//   ISSUER            issuer, instead of TOKEN_URL; `https`
//
// The variables in lib/config.js apply as well.
import exec from 'k6/execution';
import { check } from 'k6';
import { Rate, Trend } from 'k6/metrics';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { acquire } from './lib/call.js';
import { clientOptions, newClient } from './lib/config.js';
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

const client = newClient(clientOptions());

if (!/^https:/i.test(env('TOKEN_URL', env('ISSUER', '')))) {
    fail('the token endpoint has no TLS; set an https URL, or run the local server with --tls-dir');
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
