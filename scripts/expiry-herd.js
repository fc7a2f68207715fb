// Replaces tokens that were issued at the same time: first without jitter, then with jitter.
//
// What it measures: how many tokens are replaced in the same tenth of their lifetime. That is the peak load of the
// authorization server.
// How to read it: `together` is the herd without jitter. `spread` is the effect of `cache.jitter`. `the slowest` is
// the effect of the herd on the server. The longer a run, the more the replacements drift apart, so the first
// replacement matters.
// Thresholds: with jitter, at most the share PEAK is replaced in the same tenth (`replacements`). In both halves,
// every token is replaced, and less than 1% fails (`clientcreds_request_failed`).
//
//   VUS               number of virtual users
//   DURATION          duration of each half
//   PAUSE             seconds between the uses of a token
//   TTL               lifetime of the tokens, with the local server only; shorter than DURATION
//   PEAK              accepted share of tokens that are replaced in the same tenth
//   JITTER            jitter of the second half
//
// The variables in lib/config.js apply as well.
import exec from 'k6/execution';
import { sleep } from 'k6';
import { Counter } from 'k6/metrics';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { attempt } from './lib/call.js';
import { clientOptions, newClient } from './lib/config.js';
import { count, duration, env, seconds, share } from './lib/environment.js';
import { calm, disturb } from './lib/disturb.js';
import { trendStats } from './lib/measured.js';
import { warnOfSuspects } from './lib/preflight.js';
import { summary } from './lib/summary.js';
import { counted, milliseconds, number } from './lib/text.js';

const vus = count('VUS', 50);
const half = duration('DURATION', '12s');
const jitters = { together: '0', spread: env('JITTER', '40%') };
const halves = Object.keys(jitters);
const tenths = [...Array(10).keys()];
const each = (entry) => Object.fromEntries(halves.map(entry));
const inTenth = (name, i) => `replacements{scenario:${name},tenth:${i}}`;
const slowest = (name) => `clientcreds_request_duration{scenario:${name},reason:early}`;
const load = { executor: 'constant-vus', vus, duration: half };

export const options = {
    scenarios: { together: load, spread: { ...load, startTime: half } },
    summaryTrendStats: trendStats,
    thresholds: {
        ...each((name) => [`replacements{scenario:${name}}`, [`count==${vus}`]]),
        ...Object.fromEntries(tenths.map((i) => [inTenth('spread', i), [`count<=${Math.ceil(vus * share('PEAK', 0.5))}`]])),
        clientcreds_request_failed: ['rate<0.01'],
    },
};

const clients = each((name) => [name, newClient(clientOptions({ cache: { jitter: jitters[name] } }))]);
const pause = seconds('PAUSE', 0.1);
const replacements = new Counter('replacements');
keepSubmetrics(...halves.map(slowest), ...tenths.map((i) => inTenth('together', i)));
const first = {}; // the first token of this virtual user in each half, until it is replaced

export function setup() {
    warnOfSuspects();
    const before = disturb({ ttl: duration('TTL', '10s') }, 'the run must be longer than a token lives');
    const { ok, error, expiresIn } = clients.spread.acquire();
    if (!ok || expiresIn === null) {
        throw new Error(`preflight: ${ok ? 'the server does not say how long tokens live' : error}`);
    }
    return { before, lifetime: expiresIn * 1000 };
}

export default function ({ lifetime }) {
    const name = exec.scenario.name;
    const since = Date.now();
    const token = attempt(() => clients[name].token(), () => undefined);
    if (token !== undefined && first[name] === undefined) {
        first[name] = { token, since };
    } else if (token !== undefined && first[name] !== null && first[name].token !== token) {
        replacements.add(1, { tenth: String(Math.min(Math.floor((since - first[name].since) / lifetime * 10), 9)) });
        first[name] = null;
    }
    sleep(pause);
}

export function teardown({ before }) {
    calm(before);
}

export function handleSummary(data) {
    return summary(data, (m) => halves.map((name) => {
        const replaced = m.count(`replacements{scenario:${name}}`);
        return [name, replaced === 0 ? 'no token was replaced' : `${number(replaced)} of ${counted(vus, 'token')} replaced, ` +
            `up to ${number(Math.max(...tenths.map((i) => m.count(inTenth(name, i)))))} in the same tenth of their lifetime; ` +
            `the slowest in ${milliseconds(m.max(slowest(name)))}`];
    }));
}
