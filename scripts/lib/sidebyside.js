// The same load for several variants at once, each a scenario of its own: what else happens meanwhile happens to all.
import { count, duration } from './environment.js';

/** A scenario of RATE grants per second for DURATION, so many of them in each iteration. */
export function variant(grants = 1) {
    const maxVUs = count('MAX_VUS', 20);
    return {
        executor: 'constant-arrival-rate',
        rate: count('RATE', 10),
        timeUnit: `${grants}s`,
        duration: duration('DURATION', '20s'),
        preAllocatedVUs: maxVUs,
        maxVUs,
    };
}

/** Thresholds that always hold: k6 keeps a metric's values of each variant only where a threshold names them. */
export function kept(names, metrics) {
    return Object.fromEntries(names.flatMap((name) => metrics.map((metric) => [`${metric}{scenario:${name}}`, ['med>=0']])));
}

/** How many times as much, for people; '' where there is nothing to compare with. */
export function times(value, reference) {
    return reference > 0 ? `${(value / reference).toFixed(2)} times` : '';
}
