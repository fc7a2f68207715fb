// Two versions, base and head, under one load at one time: which request goes to which of them.
import exec from 'k6/execution';
import { count, fail, inMilliseconds, duration, ofSide } from './environment.js';

export const sides = ['base', 'head'];

/** Of so many seconds, each side has one to itself: it shows how much the other side slows it down. */
const cycle = 10;

/** Makes one of something for each side, by the side's variables. */
export function both(make) {
    return Object.fromEntries(sides.map((side) => [side, ofSide(side, () => make(side))]));
}

/** A number from 0 to 1 that the seed and the index determine (mulberry32). */
function chance(seed, index) {
    let x = (seed + Math.imul(index + 1, 0x6d2b79f5)) | 0;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
}

/**
 * The side of an iteration. Two iterations that follow each other are one of each side, in random order. In the seconds
 * that one side has to itself, the iterations of the other one are idle.
 */
export function assigned(seed, iteration, rate) {
    const pair = Math.floor(iteration / 2);
    const side = sides[((chance(seed, pair) < 0.5 ? 0 : 1) + iteration) % 2];
    const second = Math.floor(pair / rate);
    const [own, round] = [second % cycle, Math.floor(second / cycle)];
    const first = Math.floor(chance(seed ^ 0x5eed, round) * cycle);
    const other = (first + 1 + Math.floor(chance(seed ^ 0xbeef, round) * (cycle - 1))) % cycle;
    const alone = { [first]: 'base', [other]: 'head' }[own];
    return { side, alone: alone === side, idle: alone !== undefined && alone !== side };
}

/** RATE iterations per second for each side, at the times that an open model gives. */
export function pairwise(exec, rate, length) {
    const vus = count('MAX_VUS', 100);
    return {
        executor: 'constant-arrival-rate', exec, rate: 2 * rate, timeUnit: '1s', duration: length, preAllocatedVUs: vus, maxVUs: vus,
    };
}

const warmUp = inMilliseconds(duration('WARM_UP', '2s'));
let connected = false; // this virtual user, to both sides

/**
 * Calls `request` with the side of this iteration. What it measures has the tag side: base, head, or base_alone and
 * head_alone. The first requests of a virtual user, which open its connections, and the requests of the warm-up do not have
 * the tag.
 */
export function onOneSide(seed, rate, request) {
    const tags = exec.vu.metrics.tags;
    delete tags.side;
    const { side, alone, idle } = assigned(seed, exec.scenario.iterationInTest, rate);
    if (!connected) {
        connected = true;
        sides.forEach(request);
    }
    if (idle) {
        return;
    }
    if (Date.now() - exec.scenario.startTime >= warmUp) {
        tags.side = alone ? `${side}_alone` : side;
    }
    request(side);
}

/** Runs the checks before the load for each side, and names the side in the error. */
export function eachSide(check) {
    return Object.fromEntries(sides.map((side) => {
        try {
            return [side, check(side)];
        } catch (e) {
            throw new Error(`${side}: ${e.message}`);
        }
    }));
}

/** Refuses sides that do not answer alike. */
export function alike(what, answers) {
    if (answers.base !== answers.head) {
        throw new Error(`base and head differ in their API: ${what} is ${answers.base} in base and ${answers.head} in head`);
    }
}

/** Refuses a variable that only one side has. */
export function ofBoth(name, values) {
    const missing = sides.filter((side) => values[side] === undefined);
    if (missing.length === 1) {
        fail(`${missing[0].toUpperCase()}_${name} is not set; set it, or ${name} for both sides, or leave it out for both`);
    }
    return missing.length === 0;
}
