// Virtual users whose tokens were issued together, and so expire together: first without jitter, then with it.
//
// What it measures: how many token requests come in the same tenth of the tokens' lifetime when they are replaced, which is
// what the authorization server has to be able to do for a moment.
// How to read it: together is a herd, all of them in one tenth. spread is what cache.jitter makes of it: PEAK of them in one
// tenth at most, or JITTER is too small. "the slowest" says what the herd does to the server. The longer tokens have been
// replaced with jitter the less they are together; this is about the first time.
//
//   VUS DURATION PAUSE                           load: virtual users, time of each half, seconds between uses of a token
//   TTL                                          lifetime of tokens, where it is the local server's; less than DURATION
//   PEAK                                         share of the tokens that may be replaced in the same tenth of it
//   TOKEN_URL or ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE …   see lib/config.js; JITTER is 40% here by default
import exec from 'k6/execution';
import { sleep } from 'k6';
import { Counter } from 'k6/metrics';
import { Client, keepSubmetrics } from 'k6/x/clientcreds';
import { attempt } from './lib/call.js';
import { clientOptions } from './lib/config.js';
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

const clients = each((name) => [name, new Client(clientOptions({ cache: { jitter: jitters[name] } }))]);
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
