// A load that rises in steps, and the last of them that the server kept up with.
import exec from 'k6/execution';
import { Gauge } from 'k6/metrics';
import { keepSubmetrics } from 'k6/x/clientcreds';
import { count, duration, fail, inMilliseconds } from './environment.js';
import { slo, withinSlo } from './slo.js';
import { milliseconds, number, percent } from './text.js';

/** Of the requests of a step so many have to be sent; what misses are those that k6 could not begin. */
const sent = 0.95;
const notKept = 'the rate was not kept';

/** A k6 that uses more of its CPU than this adds its own waiting to the latencies. */
const spare = 0.8;

/** A server that uses more of a resource than this has no more of it for further requests. */
const used = 0.9;

const resources = {
    cpu: 'CPU',
    node_cpu: 'CPU of the machine',
    event_loop: 'event loop',
    threads: 'threads',
    connections: 'database connections',
};

/** How often a run reads the metrics of a server, in milliseconds. */
const scrapeEvery = 1000;

/** When the first step began, for handleSummary(), which cannot ask the scenario. */
const beginning = new Gauge('capacity_start', true);

/** STEPS steps of STEP each, from FROM to TO requests per second. */
export function steps() {
    const [n, from, to] = [count('STEPS', 8), count('FROM', 50), count('TO', 400)];
    if (to < from) {
        fail(`TO is ${to}, which is less than FROM, ${from}; it must be equal or greater`);
    }
    const time = inMilliseconds(duration('STEP', '5s'));
    const rates = Array.from({ length: n }, (_, i) => Math.round(n === 1 ? to : from + (i * (to - from)) / (n - 1)));
    return rates.map((rate, i) => ({ rate, time, tag: `{step:${i + 1}}`, planned: (rate * time) / 1000 }));
}

/** Before the first step, so that it has no connections to open. */
const warmUp = inMilliseconds(duration('WARM_UP', '2s'));

/** The scenario's executor. Requests that take no longer than the objective never want for a virtual user. */
export function rising(all) {
    const stage = (rate, time) => [{ target: rate, duration: '0s' }, { target: rate, duration: `${time}ms` }];
    const vus = count('MAX_VUS', Math.max(10, Math.ceil((all[all.length - 1].rate * slo.p95) / 1000)));
    return {
        executor: 'ramping-arrival-rate',
        startRate: all[0].rate,
        timeUnit: '1s',
        stages: [...stage(all[0].rate, warmUp), ...all.flatMap(({ rate, time }) => stage(rate, time))],
        preAllocatedVUs: vus, // making them meanwhile would cost what is measured
        maxVUs: vus,
    };
}

/** Thresholds on the steps up to a rate. */
export function stepThresholds(all, expected) {
    return Object.assign({}, ...all.filter(({ rate }) => rate <= expected).map(({ tag, planned }) => (
        { ...withinSlo(tag), [`clientcreds_requests${tag}`]: [`count>=${Math.floor(sent * planned - 1)}`] })));
}

/** Tags what the iteration measures with the step that it began in, 0 for the warm-up. */
export function tagStep(all) {
    const begin = exec.scenario.startTime + warmUp;
    if (exec.vu.iterationInInstance === 0) {
        beginning.add(begin);
    }
    const step = Math.floor((Date.now() - begin) / all[0].time) + 1;
    exec.vu.metrics.tags.step = String(Math.max(0, Math.min(step, all.length)));
}

/** Has k6 keep what it measures of each step. */
export function keepSteps(all) {
    keepSubmetrics(...all.flatMap(({ tag }) => [`clientcreds_request_duration${tag}`, `clientcreds_request_failed${tag}`]));
}

/**
 * What came of the steps, the capacity that they show, and what set the limit; `saturated` says that the verdict blames k6.
 * `usage` returns the resource usage of servers between two times, as serverUsage() does.
 *
 * @param {any[]} all
 * @param {any} m
 * @param {boolean} saturated
 * @param {(from: number, to: number) => any[]} usage
 */
export function capacityOf(all, m, saturated, usage = () => []) {
    const found = all.map((step) => outcome(step, m));
    const knee = found.findIndex((step) => step.miss !== '');
    const begin = (m.max('capacity_start') || 0) + knee * all[0].time;
    const usages = knee < 0 ? [] : usage(begin, begin + Math.max(all[0].time, 2 * scrapeEvery));
    const kept = knee < 0 ? found : found.slice(0, knee);
    return {
        slo,
        capacity: kept.length === 0 ? 0 : kept[kept.length - 1].granted,
        most: Math.max(...found.map(({ granted }) => granted)),
        ...limitOf(found[knee], m, saturated, usages),
        servers: usages,
        generatorCPU: cpuOf(m),
        steps: found,
    };
}

/** A step, with what it missed the objective by, or ''. */
function outcome({ rate, time, tag, planned }, m) {
    const granted = m.zeros(`clientcreds_request_failed${tag}`);
    const [p95, failed] = [m.stat(`clientcreds_request_duration${tag}`, 'p(95)'), m.share(`clientcreds_request_failed${tag}`)];
    let miss = '';
    if (failed > slo.errors) {
        miss = `${percent(failed)} failed`;
    } else if (p95 > slo.p95) {
        miss = `p95 was ${milliseconds(p95)}`;
    } else if (m.samples(`clientcreds_request_failed${tag}`) < sent * planned - 1) {
        miss = notKept;
    }
    return { rate, granted: granted / (time / 1000), p95: p95 ?? null, failed, miss };
}

/**
 * The side for which a step failed. Refusals are the server's doing. Late or missing requests may be the doing of a
 * k6 without CPU, or without virtual users while the server did well.
 */
function limitOf(step, m, saturated, usages) {
    if (step === undefined) {
        return { limit: 'none', why: 'raise TO' };
    }
    if (m.count('iterations') === 0) {
        return { limit: 'none', why: 'there was no load' };
    }
    const at = `at ${step.rate}/s ${step.miss}`;
    if ((saturated || cpuOf(m) >= spare) && step.failed <= slo.errors) {
        return { limit: 'generator', why: `${at}, and k6 had too little CPU to spare` };
    }
    return step.miss === notKept
        ? { limit: 'generator', why: `${at} although the server was fast enough: raise MAX_VUS` }
        : { limit: 'server', why: [at, ...exhausted(usages)].join(', ') };
}

/** What a server had no more of in the step that failed, such as `idp CPU 98%`. */
function exhausted(usages) {
    return usages.filter(({ usage }) => usage >= used)
        .map(({ server, resource, usage }) => `${server} ${resources[resource] ?? resource} ${number(usage * 100)}%`);
}

/** The largest share of its CPU that k6 used in a second. */
function cpuOf(m) {
    return m.max('clientcreds_generator_cpu') || 0;
}
