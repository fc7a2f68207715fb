// The service level objective of the token endpoint: what is good enough. SLO_P95 is the longest that 95% of the token
// requests may take, SLO_ERRORS the share of them that may fail.
import { duration, number as numberOf } from './config.js';
import { milliseconds, percent } from './summary.js';

export const slo = { p95: inMilliseconds(duration('SLO_P95', '500ms')), errors: share('SLO_ERRORS', 0.01) };

/** Thresholds that hold within the objective, of all token requests or of those with a tag, such as '{step:1}'. */
export function withinSlo(tag = '') {
    return {
        [`clientcreds_request_duration${tag}`]: [`p(95)<=${slo.p95}`],
        [`clientcreds_request_failed${tag}`]: [`rate<=${slo.errors}`],
    };
}

/** The objective in words. */
export const sloText = `95% of the token requests within ${milliseconds(slo.p95)}, ${percent(slo.errors)} failed`;

/** The milliseconds of a duration such as "1m30s". */
export function inMilliseconds(text) {
    const units = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86400e3 };
    return [...text.matchAll(/([0-9.]+)(ms|[smhd])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * units[unit], 0);
}

/** A share from the environment, 0 to 1. */
export function share(name, fallback) {
    const value = numberOf(name, fallback);
    if (value > 1) {
        throw new Error(`configuration: ${name} is "${value}": it must be a share, 0 to 1, such as 0.01`);
    }
    return value;
}
