// The changes that a scenario makes to the server that it loads. The local server obeys (docs/guides/faults.md); of another one
// the scenario says in the log what has to be done there, and measures what comes of it.
import exec from 'k6/execution';
import { env } from './environment.js';
import { getFaults, patchFaults, putFaults } from './faults.js';

/** Whether the server can be told what to do. */
export const local = () => env('ADMIN_URL') !== undefined;

/** In setup(): changes the faults in force, and returns what calm() needs; `otherwise` is for who runs another server. */
export function disturb(patch, otherwise) {
    if (!local()) {
        console.warn(`no ADMIN_URL, so not the local server: ${otherwise}`);
        return null;
    }
    const before = getFaults();
    patchFaults(patch);
    return before;
}

/** In teardown(): puts back the faults that there were. */
export function calm(before) {
    if (before !== null) {
        putFaults(before);
    }
}

/** While the load goes on: does something, where the server can be told to. A run in which that fails is of no use. */
export function intervene(order, otherwise) {
    if (!local()) {
        console.warn(`now: ${otherwise}`);
        return;
    }
    try {
        order();
    } catch (e) {
        exec.test.abort(e.message);
    }
}
