// Reads k6's measurements from the data of handleSummary, which have two forms.

import { milliseconds, number, unbroken } from './text.js';

/** Percentiles that the summary shows; for options.summaryTrendStats. */
export const trendStats = ['avg', 'min', 'med', 'p(95)', 'p(99)', 'max', 'count'];
const shown = { med: 'p50', 'p(95)': 'p95', 'p(99)': 'p99', max: 'max' };

/** The metrics by name, with type and values. */
export function metricsOf(data) {
    return data.metrics || fromLists(data);
}

/** How long the test ran, in milliseconds. */
export function durationOf(data) {
    return data.state ? data.state.testRunDurationMs : data.config.duration * 1000;
}

/** The metrics of --new-machine-readable-summary, as they are without it. It has other percentiles, and no thresholds. */
function fromLists(data) {
    const { config, results } = JSON.parse(JSON.stringify(data)); // of values of Go
    const metrics = {};
    for (const { name, type, contains, values } of results.metrics) {
        metrics[name] = { type, contains, values: valuesOf(type, values, config.duration) };
    }
    const [passes, fails] = ['passes', 'fails'].map((kind) => results.checks.results.reduce((sum, check) => sum + check[kind], 0));
    if (passes + fails > 0) {
        metrics.checks = { type: 'rate', contains: 'default', values: { rate: passes / (passes + fails), passes, fails } };
    }
    return metrics;
}

function valuesOf(type, values, seconds) {
    switch (type) {
        case 'counter':
            return { count: values.count, rate: values.count / seconds };
        case 'rate':
            return { rate: values.rate, passes: values.matches, fails: values.total - values.matches };
        case 'trend':
            return { avg: values.avg, min: values.min, med: values.med, 'p(95)': values.p95, max: values.max };
        default:
            return { value: values.value, min: values.min, max: values.max };
    }
}

/** Reads values. A counter without samples is 0; a time without samples is undefined, which is shown as unknown. */
export function reader(metrics) {
    const value = (metric, name) => (metrics[metric] ? metrics[metric].values[name] : undefined);
    // k6 has zeros for a metric that a threshold names and that has no samples.
    const empty = (metric) => value(metric, 'count') === 0 || (value(metric, 'count') === undefined && !(value(metric, 'max') > 0));
    const stat = (metric, name) => (empty(metric) ? undefined : value(metric, name));
    return {
        count: (metric) => value(metric, 'count') || 0,
        perSecond: (metric, share = 1) => number((value(metric, 'rate') || 0) * share, 1),
        stat,
        median: (metric) => stat(metric, 'med'),
        least: (metric) => stat(metric, 'min'),
        max: (metric) => stat(metric, 'max'),
        times: (metric) => Object.keys(shown).filter((name) => stat(metric, name) !== undefined)
            .map((name) => unbroken(`${shown[name]} ${milliseconds(stat(metric, name))}`)).join('  ') || 'no samples',
        share: (metric) => value(metric, 'rate') || 0,
        samples: (metric) => (value(metric, 'passes') || 0) + (value(metric, 'fails') || 0),
        zeros: (metric) => value(metric, 'fails') || 0, // k6's name for samples that are 0
        passes: (metric) => value(metric, 'passes') || 0,
        checks: () => {
            const { passes = 0, fails = 0 } = metrics.checks ? metrics.checks.values : {};
            return `checks ${number(passes)} passed, ${number(fails)} failed`;
        },
    };
}
