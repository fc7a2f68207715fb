// Loads of several kinds, each with a weight.
import { fail } from './environment.js';

/** The kinds and weights of a text such as "api=80,grant=10", without kinds of weight 0. */
export function weights(text, kinds) {
    const mix = text.split(',').map((part) => {
        const [name, weight] = part.split('=');
        if (!kinds.includes(name) || !/^[0-9]+(\.[0-9]+)?$/.test(weight)) {
            fail(`MIX has "${part}"; it must be a weight such as ${kinds[0]}=10; the kinds are ${kinds.join(', ')}`);
        }
        return { name, weight: Number(weight) };
    });
    const used = mix.filter(({ weight }) => weight > 0);
    if (used.length === 0 || new Set(used.map(({ name }) => name)).size < used.length) {
        fail(`MIX is "${text}"; it must have a weight above 0, and each kind once`);
    }
    return used;
}

/** One of the kinds, drawn by its weight. */
export function drawn(mix) {
    let left = Math.random() * mix.reduce((sum, { weight }) => sum + weight, 0);
    return (mix.find(({ weight }) => (left -= weight) < 0) ?? mix[mix.length - 1]).name;
}
