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
