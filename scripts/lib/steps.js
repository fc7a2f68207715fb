// A load that rises in steps, and the last of them that the server kept up with.
import exec from 'k6/execution';
import { validity } from 'k6/x/clientcreds';
import { count, duration, fail, inMilliseconds } from './environment.js';
import { slo, withinSlo } from './slo.js';
import { milliseconds, percent } from './summary.js';

/** Of the requests of a step so many have to be sent; what misses are those that k6 could not begin. */
const sent = 0.95;
const notKept = 'the rate was not kept';

/** A k6 that uses more of its CPU than this adds its own waiting to the latencies. */
const spare = 0.8;

/** STEPS steps of STEP each, from FROM to TO requests per second. */
export function steps() {
    const [n, from, to] = [count('STEPS', 8), count('FROM', 50), count('TO', 400)];
    if (to < from) {
        fail(`TO is ${to}, and FROM ${from}: it must not be less`);
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

/** Thresholds on the steps up to a rate. On the others they always hold: k6 keeps what a threshold names. */
export function stepThresholds(all, expected) {
    return Object.assign({}, ...all.map(({ rate, tag, planned }) => (rate <= expected
        ? { ...withinSlo(tag), [`clientcreds_requests${tag}`]: [`count>=${Math.floor(sent * planned - 1)}`] }
        : { [`clientcreds_request_duration${tag}`]: ['p(95)>=0'], [`clientcreds_request_failed${tag}`]: ['rate>=0'] })));
}

/** Tags what the iteration measures with the step that it began in, 0 for the warm-up. */
export function tagStep(all) {
    const step = Math.floor((Date.now() - exec.scenario.startTime - warmUp) / all[0].time) + 1;
    exec.vu.metrics.tags.step = String(Math.max(0, Math.min(step, all.length)));
}

/** What came of the steps, the capacity that they show, and what set the limit. */
export function capacityOf(all, data) {
    const found = all.map((step) => outcome(step, data.metrics));
    const knee = found.findIndex((step) => step.miss !== '');
    const kept = knee < 0 ? found : found.slice(0, knee);
    const cpu = cpuOf(data);
    return {
        slo,
        capacity: kept.length === 0 ? 0 : kept[kept.length - 1].granted,
        most: Math.max(...found.map(({ granted }) => granted)),
        ...limitOf(found[knee], data),
        generatorCPU: cpu,
        steps: found,
    };
}

/** A step, with what it missed the objective by, or ''. */
function outcome({ rate, time, tag, planned }, metrics) {
    const value = (metric, name) => (metrics[metric + tag] && metrics[metric + tag].values[name]) || 0;
    const granted = value('clientcreds_request_failed', 'fails'); // k6's name for samples that are 0
    const requests = granted + value('clientcreds_request_failed', 'passes');
    const [p95, failed] = [value('clientcreds_request_duration', 'p(95)'), value('clientcreds_request_failed', 'rate')];
    let miss = '';
    if (failed > slo.errors) {
        miss = `${percent(failed)} failed`;
    } else if (p95 > slo.p95) {
        miss = `p95 was ${milliseconds(p95)}`;
    } else if (requests < sent * planned - 1) {
        miss = notKept;
    }
    return { rate, granted: granted / (time / 1000), p95, failed, miss };
}

/**
 * Which side a step failed for. What the server refuses is its own doing; what comes late, or not at all, may be that of a
 * k6 without CPU, or without virtual users while the server did well.
 */
function limitOf(step, data) {
    if (step === undefined) {
        return { limit: 'none', why: 'raise TO' };
    }
    if (!data.metrics.iterations) {
        return { limit: 'none', why: 'there was no load' };
    }
    const at = `at ${step.rate}/s ${step.miss}`;
    const saturated = validity(data).reasons.some(({ rule }) => rule === 'generator_saturated') || cpuOf(data) >= spare;
    if (saturated && step.failed <= slo.errors) {
        return { limit: 'generator', why: `${at}, and k6 had too little CPU to spare` };
    }
    return step.miss === notKept
        ? { limit: 'generator', why: `${at} although the server was fast enough: raise MAX_VUS` }
        : { limit: 'server', why: at };
}

/** The largest share of its CPU that k6 used in a second. */
function cpuOf({ metrics }) {
    return metrics.clientcreds_generator_cpu ? metrics.clientcreds_generator_cpu.values.max : 0;
}
