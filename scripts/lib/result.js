// What a scenario found, for programs: JSON in the file that RESULT_FILE names.
import { env } from './environment.js';

/** For handleSummary: what summary() returned, and the file with what `found` returns. */
export function withResult(summary, found) {
    const file = env('RESULT_FILE');
    return summary && file !== undefined ? { ...summary, [file]: JSON.stringify(found(), null, 2) + '\n' } : summary;
}
