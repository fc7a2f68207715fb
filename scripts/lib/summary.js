// What the scenarios print at their end: the run, whether it counts, what the API and the token endpoint did, and why requests
// failed. k6's own summary, with every metric, is in the file that --summary-export names.

import { keepSubmetrics, validity } from 'k6/x/clientcreds';
import { durationOf, metricsOf, reader } from './measured.js';
import { counted, lines, milliseconds, number, percent, unbroken } from './text.js';

/** Requests to the local server's admin endpoint, which are not part of the load. */
const adminRequests = 'http_reqs{name:admin}';

/** Uses of the cache, and how many of them were in setup(). */
const [hits, misses] = ['clientcreds_cache_hits', 'clientcreds_cache_misses'];
const ofSetup = (metric) => `${metric}{group:::setup}`;

keepSubmetrics(adminRequests, ofSetup(hits), ofSetup(misses));

/**
 * The text of a scenario's handleSummary. What the scenario is for can be said by `findings`: given a reader of the metrics,
 * it returns lines of a head and a text. It is not asked when there was no load.
 *
 * @param {any} data
 * @param {(m: any) => string[][]} findings
 */
export function summary(data, findings = () => []) {
    const metrics = metricsOf(data);
    const m = reader(metrics);
    const { verdict, text, reasons, process } = validity();
    const loaded = m.count('iterations') > 0;
    const found = [
        ['run', run(m, durationOf(data), process)],
        ['verdict', text],
        ...(loaded ? [...api(m), ...tokens(m, process), ...findings(m)] : []),
        ...errors(process),
        ...under('crossed', !loaded ? [] : data.metrics ? crossed(metrics) : reasons.filter(({ rule }) => rule === 'thresholds').map((r) => r.text)),
        next(loaded, process),
    ];
    const output = found.flatMap(([head, words]) => lines(head, words)).join('\n');
    return { stdout: `\n${inColor(data, verdict, output)}\n\n` };
}

/** Several texts under one head. */
export function under(head, texts) {
    return texts.map((text, i) => [i === 0 ? head : '', text]);
}

function run(m, duration, { failedIterations }) {
    const iterations = m.count('iterations');
    const time = `in ${milliseconds(duration)}`;
    if (iterations === 0) {
        return `no iteration was completed ${time}`;
    }
    const [vus, dropped] = [m.max('vus_max') || 0, m.count('dropped_iterations')];
    return `${counted(iterations, 'iteration')} ${time}` + (vus > 0 ? ` by up to ${counted(vus, 'VU')}` : '') +
        `, ${m.perSecond('iterations')}/s` +
        (failedIterations > 0 ? `; ${number(failedIterations)} of them failed` : '') +
        (dropped > 0 ? `; ${number(dropped)} dropped: the rate was not kept` : '');
}

/** Latency covers expected answers: k6 counts a request without an answer as 0 ms. */
function api(m) {
    const all = m.count('http_reqs');
    const sent = all - m.count(adminRequests);
    if (sent === 0) {
        return [];
    }
    const [failed, expected] = [m.share('http_req_failed'), m.zeros('http_req_failed')];
    let times = 'no answer was as expected';
    if (expected > 0) {
        times = m.times('http_req_duration{expected_response:true}') + (failed > 0 ? `  of ${number(expected)} expected` : '');
    }
    return [
        ['API', `${counted(sent, 'request')}, ${m.perSecond('http_reqs', sent / all)}/s, ${unbroken(`${percent(failed)} failed`)}; ${m.checks()}`],
        ['', times],
    ];
}

function tokens(m, { tokenRequests }) {
    const sent = m.count('clientcreds_requests');
    if (sent === 0) {
        return [['tokens', 'no request was sent'], ...cache(m)];
    }
    const why = Object.entries(tokenRequests).filter(([, n]) => n > 0).map(([reason, n]) => `${number(n)} ${reason}`);
    const answers = m.stat('clientcreds_request_duration', 'count');
    const suppressed = m.count('clientcreds_suppressed_requests');
    return [
        ['tokens', `${counted(sent, 'request')} (${why.join(', ')}), ${m.perSecond('clientcreds_requests')}/s, ` +
            `${unbroken(`${percent(m.share('clientcreds_request_failed'))} failed`)}, ${counted(m.count('clientcreds_retries'), 'retry', 'retries')}` +
            (suppressed > 0 ? `, ${number(suppressed)} suppressed` : '')],
        ['', m.times('clientcreds_request_duration') + (answers < sent ? `  of ${counted(answers, 'answer')}` : '')],
        ...cache(m),
    ];
}

/** Missing where only setup() used the cache, as in scenarios that use acquire(). */
function cache(m) {
    const [hit, waited] = [m.count(hits), m.count(misses)];
    if (hit + waited === m.count(ofSetup(hits)) + m.count(ofSetup(misses))) {
        return [];
    }
    const left = m.least('clientcreds_token_remaining');
    return [['cache', `${counted(hit, 'hit')}, ${counted(waited, 'wait')} (${unbroken(`${percent(hit / (hit + waited))} hits`)}); ` +
        (left < 0 ? `a token was used ${milliseconds(-left)} after it had expired` : `at least ${milliseconds(left)} left at each use`)]];
}

const ofRequest = { token: 'token requests', introspection: 'introspections', revocation: 'revocations', api: 'API requests' };

/** Why requests failed, and what the server said the first time. */
function errors({ failures }) {
    return under('errors', Object.entries(ofRequest).flatMap(([request, name]) => {
        const list = failures.filter((f) => f.request === request);
        if (list.length === 0) {
            return [];
        }
        const kinds = list.slice(0, 5).map((f) => unbroken(`${cause(f)} ×${number(f.count)}`));
        if (list.length > kinds.length) {
            kinds.push(`${number(list.length - kinds.length)} more`);
        }
        const said = list.find((f) => f.said !== '');
        const of = list.length > 1 ? `${cause(said ?? list[0])}: ` : '';
        return [`${name}: ${kinds.join(', ')}`, ...(said === undefined ? [] : [of + shortened(said.said)])];
    }));
}

function cause({ error, status }) {
    return unbroken(status === 0 ? error : `${error} ${status}`);
}

function shortened(text) {
    return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** The thresholds that were crossed, with the value that did it. */
function crossed(metrics) {
    return Object.keys(metrics).sort().flatMap((name) => Object.entries(metrics[name].thresholds || {})
        .filter(([, { ok }]) => !ok)
        .map(([condition]) => `${name}: ${condition} does not hold (${values(metrics[name])})`));
}

function values({ type, values: all }) {
    const names = { counter: ['count'], gauge: ['value'], rate: ['rate'] }[type] || Object.keys(all);
    return names.map((name) => unbroken(`${name} ${Number(all[name].toPrecision(4))}`)).join(', ');
}

/** The next step after the run. */
function next(loaded, { record }) {
    if (!loaded) {
        return ['next', 'k6 x clientcreds doctor examines the server'];
    }
    return ['report', record === null
        ? 'add -o clientcreds-record=FILE; then k6 x clientcreds report FILE'
        : `k6 x clientcreds report ${/^[\w./-]+$/.test(record) ? record : `'${record}'`}`];
}

const colors = { PASS: '\u001b[32m', FAIL: '\u001b[31m', INVALID: '\u001b[33m' };

/** The verdict in its color, on a terminal, unless NO_COLOR or --no-color says otherwise. */
function inColor({ options, state }, verdict, output) {
    if (!state || !state.isStdOutTTY || options.noColor) {
        return output;
    }
    return output.replace(/^( {2}verdict {2})(\w+)/m, `$1${colors[verdict] || ''}$2\u001b[0m`);
}
