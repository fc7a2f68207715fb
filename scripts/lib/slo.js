// The service level objective of the token endpoint: what is good enough. SLO_P95 is the longest that 95% of the token
// requests may take, SLO_ERRORS the share of them that may fail.
import { duration, inMilliseconds, share } from './environment.js';
import { milliseconds, percent } from './text.js';

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
