// The page with the results. A run of some packages replaces their results and keeps the others.
import { readFileSync, writeFileSync } from 'node:fs';

const page = 'docs/evidence/mutation.md';
const [begin, middle, end] = ['<!-- results -->', '<!-- survivors -->', '<!-- end -->'];

/** Puts the result of a package into the page; known are all packages. */
export function writePage(result, known) {
    const text = readFileSync(page, 'utf8');
    const between = (from, to) => text.slice(text.indexOf(from) + from.length, text.indexOf(to)).trim().split('\n');
    const rows = new Map(between(begin, middle).filter((line) => line.startsWith('| `')).map((row) => [row.split('`')[1], row]));
    const lists = new Map();
    for (const line of between(middle, end).filter((line) => line.startsWith('- '))) {
        const name = line.split('`')[1];
        lists.set(name, [...(lists.get(name) ?? []), line]);
    }
    rows.set(result.name, row(result));
    lists.set(result.name, (result.survivors ?? []).filter((s) => s.reason !== undefined).map((s) => item(result.name, s)));
    const names = known.filter((name) => rows.has(name));
    const missing = known.filter((name) => !rows.has(name)).map((name) => `\`${name}\``);
    const table = ['| Package | Floor | Noticed | Changes | Survivors | Equivalent | No test reaches |', '|---|--:|--:|--:|--:|--:|--:|'];
    writeFileSync(
        page,
        [
            text.slice(0, text.indexOf(begin)) + begin,
            [...table, ...names.map((name) => rows.get(name))].join('\n'),
            ...(missing.length > 0 ? [`Not measured yet: ${missing.join(', ')}. The nightly job measures them.`] : []),
            middle,
            names.flatMap((name) => lists.get(name) ?? []).join('\n'),
            end + text.slice(text.indexOf(end) + end.length),
        ].join('\n\n'),
    );
}

function row({ name, floor, verdict, text, share, counted, survivors, unreached }) {
    if (verdict === 'UNKNOWN') {
        return `| \`${name}\` | ${floor}% | unknown: ${text} | | | | |`;
    }
    const equivalent = survivors.filter((s) => s.reason !== undefined).length;
    const below = verdict === 'ok' ? '' : ', below its floor';
    return `| \`${name}\` | ${floor}% | ${share.toFixed(1)}%${below} | ${counted} | ${survivors.length} | ${equivalent} | ${unreached} |`;
}

function item(name, { key, reason }) {
    const [file, type] = key.slice(name.length + 1).split(' ');
    const code = key.slice(key.indexOf(type) + type.length + 1).replace('‹›', '‸');
    return `- \`${name}\` ${file}: \`\` ${code} \`\`: ${reason}`;
}
