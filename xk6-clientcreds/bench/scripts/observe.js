// Fills series of one Trend, each with a latency distribution of 20 values from 1 ms to about 400 ms.
import { Trend } from 'k6/metrics';

const trend = new Trend('bench_series', true);

export function observe(series) {
    for (let value = 0; value < 20; value++) {
        for (let n = 0; n < series; n++) {
            trend.add(Math.pow(1.37, value), { n: String(n) });
        }
    }
}
