// How long something takes in proportion to something else. k6's thresholds look at one metric each, so the proportion has
// to be a metric of its own; and virtual users know nothing of each other, so each compares with what it has seen itself.
import { Trend } from 'k6/metrics';

const fewest = 3; // one measurement is not enough for a comparison
const most = 200; // the newest are enough

/** A metric of how long requests took, in proportion to the median of those that this virtual user gave as their base. */
export function slowdown(name) {
    const metric = new Trend(name);
    const base = [];
    return {
        base({ timings }) {
            base.push(timings.duration);
            if (base.length > most) {
                base.shift();
            }
        },
        add({ timings }) {
            if (base.length >= fewest) {
                metric.add(timings.duration / Math.max(median(base), 0.001)); // no time is 0
            }
        },
    };
}

function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
}
