// What the scenarios print when they are over: the run, whether it counts, what the API and the token endpoint did.
// k6's own summary, with every metric, is in the file that --summary-export names.

import { validity } from 'k6/x/clientcreds';

/** Percentiles that the summary shows; for options.summaryTrendStats. */
export const trendStats = ['avg', 'min', 'med', 'p(95)', 'p(99)', 'max'];

const requestReasons = ['cold', 'early', 'expired', 'rejected', 'acquire'].map((reason) => `clientcreds_requests{reason:${reason}}`);

/** Requests to the local server's admin endpoint, which are no load. */
const adminRequests = 'http_reqs{name:admin}';

/**
 * Thresholds that always hold. k6 keeps the count of a tag's value only where a threshold names it, and the summary
 * wants to say why tokens were requested, and what was requested of the API.
 */
export const reasons = Object.fromEntries([...requestReasons, adminRequests].map((metric) => [metric, ['count>=0']]));

/**
 * The text of a scenario's handleSummary, or undefined for k6's own where it hands out another kind of data. What the
 * scenario is for can be said by `findings`: given a reader of the metrics, it returns lines of a head and a text.
 *
 * @param {any} data
 * @param {(m: any) => string[][]} findings
 */
export function summary(data, findings = () => []) {
    if (!data.metrics) {
        return undefined; // --new-machine-readable-summary
    }
    const m = reader(data.metrics);
    const broken = crossed(data.metrics);
    const lines = [
        ['', ''],
        ['run', run(m, data.state.testRunDurationMs)],
        ['verdict', validity(data).text],
        ...api(m),
        ...tokens(m),
        ...findings(m),
        ...broken.map((threshold, i) => [i === 0 ? 'crossed' : '', threshold]),
    ];
    return { stdout: lines.map(([head, text]) => `  ${head.padEnd(9)}${text}`.trimEnd()).join('\n') + '\n\n' };
}

/** Reads values of metrics; a metric without samples counts as 0. */
function reader(metrics) {
    const value = (metric, name) => (metrics[metric] ? metrics[metric].values[name] : undefined);
    return {
        count: (metric) => value(metric, 'count') || 0,
        perSecond: (metric, share = 1) => number((value(metric, 'rate') || 0) * share, 1),
        times: (metric) => trendStats.filter((name) => value(metric, name) !== undefined && name !== 'avg' && name !== 'min')
            .map((name) => `${name.replace(/[()]/g, '').replace('med', 'p50')} ${milliseconds(value(metric, name))}`)
            .join('  ') || 'no samples',
        median: (metric) => value(metric, 'med') || 0,
        stat: (metric, name) => value(metric, name) || 0,
        least: (metric) => milliseconds(value(metric, 'min')),
        share: (metric) => value(metric, 'rate') || 0,
        max: (metric) => value(metric, 'max') || 0,
        checks: () => (metrics.checks ? metrics.checks.values : { passes: 0, fails: 0 }),
    };
}

function run(m, duration) {
    const dropped = m.count('dropped_iterations');
    const vus = m.max('vus_max');
    return `${number(m.count('iterations'))} iterations in ${number(duration / 1000, 1)} s` +
        (vus > 0 ? ` by up to ${number(vus)} VUs` : '') + `, ${m.perSecond('iterations')}/s` +
        (dropped > 0 ? `, ${number(dropped)} dropped: the rate was not kept` : '');
}

function api(m) {
    const all = m.count('http_reqs');
    const sent = all - m.count(adminRequests);
    if (sent === 0) {
        return [];
    }
    const { passes, fails } = m.checks();
    return [
        ['API', `${number(sent)} requests, ${m.perSecond('http_reqs', sent / all)}/s, ` +
            `${percent(m.share('http_req_failed'))} failed; checks ${number(passes)} passed, ${number(fails)} failed`],
        ['', m.times('http_req_duration')],
    ];
}

function tokens(m) {
    const why = requestReasons
        .map((metric) => [m.count(metric), metric.slice(metric.indexOf(':') + 1, -1)])
        .filter(([count]) => count > 0)
        .map(([count, reason]) => `${number(count)} ${reason}`);
    const hits = m.count('clientcreds_cache_hits');
    const misses = m.count('clientcreds_cache_misses');
    const lines = [
        ['tokens', `${number(m.count('clientcreds_requests'))} requests${why.length > 0 ? ` (${why.join(', ')})` : ''}, ` +
            `${m.perSecond('clientcreds_requests')}/s, ${percent(m.share('clientcreds_request_failed'))} failed, ` +
            `${number(m.count('clientcreds_retries'))} retries`],
        ['', m.times('clientcreds_request_duration')],
    ];
    if (hits + misses > 0) {
        lines.push(['cache', `${number(hits)} hits, ${number(misses)} waits (${percent(hits / (hits + misses))} hits); ` +
            `at least ${m.least('clientcreds_token_remaining')} left when a token was used`]);
    }
    return lines;
}

/** The thresholds that were crossed, with the value that did it. */
function crossed(metrics) {
    const list = [];
    for (const name of Object.keys(metrics).sort()) {
        const metric = metrics[name];
        for (const [condition, { ok }] of Object.entries(metric.thresholds || {})) {
            if (!ok) {
                list.push(`${name}: ${condition} does not hold (${values(metric)})`);
            }
        }
    }
    return list;
}

function values({ type, values: all }) {
    const shown = { counter: ['count'], gauge: ['value'], rate: ['rate'] }[type] || Object.keys(all);
    return shown.map((name) => `${name} ${Number(all[name].toPrecision(4))}`).join(', ');
}

export function number(n, digits = 0) {
    const [whole, fraction] = n.toFixed(digits).split('.');
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
    return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

export function percent(share) {
    return `${number(share * 100, 2)}%`;
}

export function milliseconds(ms) {
    if (ms === undefined) {
        return 'unknown';
    }
    return ms >= 1000 ? `${number(ms / 1000, 2)} s` : `${Number(ms.toPrecision(3))} ms`;
}
