// Finds phrases that a native technical writer would not write: see the style sheet in CONTRIBUTING.md. It reads the
// documentation, the types, the scripts, and the comments and texts of the Go code.
//
//   node tools/prose.mjs [--count]
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const patterns = [
    [/\b(?:that|those) of\b/i, 'repeat the noun'],
    [/(?<!\b[Tt]here )\b(?:is|are|was|were) no (?!longer|more|less|matter|different|better|earlier|later|such)/, 'write "is not a", or "there is no"'],
    [/(?<!\bthere) (?:is|are) nobody\b/i, 'write "nobody …"'],
    [/\bwhoever\b|\bthose who\b|(?:^|[.;:] )Who [a-z]+s\b[^?|]*\.(?:\s|$)/, 'name the one who acts'],
    [/\bby (?:itself|themselves)\b/, 'write "automatically", or "alone"'],
    [/\bgo(?:es)? (?:before|first)\b/, 'write "takes precedence over", or "comes first"'],
    [/\btells\b/, 'write "says", "shows", or "returns"'],
    [/\bwants\b/, 'write "requires", or "expects"'],
    [/\bkin\b|\band its like\b/, 'name the others'],
    [/\b(?:mends?|anew|dislikes?)\b|\bmisses (?:a|an|one|or)\b|\bcame to grief\b/, 'use a plain verb: fix, again, rejects, lacks, failed'],
    [/\b(?:has|have) no use\b/, 'write "has no effect", or "does not need"'],
    [/\bwant\b[^.]{0,80}\bgot\b/, 'write "expected … but got …"'],
    [/(?:^|[.;:] )(?:Repeated|Compared|Replaced|Counted|Refused|Sent|Shown|Kept|Measured|Tested|Left out) (?:is|are)\b/, 'begin with the subject'],
    [/(?:^|[.;:] )What (?:it |they |a |the |is |are |else |no )?[^.?:|]*[a-z]\.(?:\s|$)/, 'a clause is not a subject'],
    [/\b(?:is|are) what\b/, 'say what it holds, or does'],
    [/\bbut for\b/, 'write "except for"'],
    [/\b(?:behaviour|colour|initialis|normalis|recognis|synchronis|(?<!Key not )authoris|misspelt|neighbour|licence|judgement|learnt|spelt|labelled|signalled|(?<!!)cancelled)/i, 'use US spelling'],
];

// Errors have one shape: what is wrong, why, and what to do after a semicolon. Tests expect no other shape.
const errorPatterns = [
    [/(?:^|[,:;] )want\b/, 'write "; it must be …"'],
    [/; allowed: /, 'write "; it must be …", or "; use one of …"'],
    [/[,:;] (?:give|got)\b/, 'write "; set it to …", or "instead of …"'],
    [/" ?: (?:it )?must\b|\bset: (?:un)?set\b/, 'write what to do after a semicolon'],
];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
    .split('\n')
    .filter((file) => existsSync(file))
    .filter((file) => /\.(?:md|d\.ts|js|mjs|ya?ml|sh|mk|go)$|Makefile$|Dockerfile$/.test(file))
    .filter((file) => !/testdata\/|LICEN[CS]E|CODE_OF_CONDUCT|^tools\/prose\.mjs$|assets\/|CHANGES/.test(file));

/** The prose of a file by line: text without code, comments, and strings that are sentences. */
function proseOf(file, text) {
    const lines = text.split('\n');
    if (file.endsWith('.md')) {
        return markdown(lines);
    }
    if (file.endsWith('.go')) {
        return file.endsWith('_test.go') ? comments(lines, /(?:^|\s)\/\/ ?(.*)$/) : goTexts(lines);
    }
    if (/\.(?:js|mjs|ts)$/.test(file)) {
        return comments(lines, /(?:^|\s)(?:\/\/|\/?\*\*?(?!\/)) ?(.*)$/);
    }
    return comments(lines, /(?:^|\s)#+ ?(.*)$/);
}

function markdown(lines) {
    let code = false;
    let quoted = false; // the table of the style sheet
    return lines.map((line) => {
        if (/^\s*(?:```|~~~)/.test(line)) {
            code = !code;
            return '';
        }
        quoted = line.startsWith('| Rule | Instead of') || (quoted && line.startsWith('|'));
        return code || quoted || /^#/.test(line) ? '' : line.replace(/`[^`]*`/g, '`code`').replace(/\]\([^)]*\)/g, ']');
    });
}

function comments(lines, pattern) {
    return lines.map((line) => pattern.exec(line)?.[1] ?? '');
}

function goTexts(lines) {
    return lines.map((line) => {
        const strings = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((m) => m[1]).filter((s) => s.includes(' '));
        const rest = line.replace(/"(?:[^"\\]|\\.)*"/g, '""');
        return [...strings, /(?:^|\s)\/\/ ?(.*)$/.exec(rest)?.[1] ?? ''].join(' | ');
    });
}

/** The strings that are sentences, by line, also in tests. */
function stringsOf(file, text) {
    const string = { go: /"((?:[^"\\]|\\.)*)"|`([^`]*)`/g, sh: /"((?:[^"\\]|\\.)*)"/g };
    const quoted = string[file.split('.').pop()] ?? /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;
    return /\.(?:go|js|mjs|sh)$/.test(file)
        ? text.split('\n').map((line) => [...line.matchAll(quoted)].map((m) => m.slice(1).find((s) => s)).join(' | '))
        : [];
}

let hits = 0;
const byFolder = new Map();
for (const file of files) {
    const text = readFileSync(file, 'utf8');
    look(file, proseOf(file, text), patterns);
    look(file, stringsOf(file, text), errorPatterns);
}

function look(file, lines, wrong) {
    lines.forEach((line, i) => {
        for (const [pattern, advice] of wrong) {
            const m = pattern.exec(line);
            if (m !== null) {
                hits++;
                const folder = file.split('/').slice(0, 2).join('/');
                byFolder.set(folder, (byFolder.get(folder) ?? 0) + 1);
                if (!process.argv.includes('--count')) {
                    console.error(`${file}:${i + 1}: "${m[0].trim().slice(0, 60)}": ${advice}`);
                }
            }
        }
    });
}

if (process.argv.includes('--count')) {
    [...byFolder].sort((a, b) => b[1] - a[1]).forEach(([folder, n]) => console.log(String(n).padStart(5), folder));
}
console.log(`prose: ${files.length} files, ${hits} findings`);
process.exitCode = hits === 0 ? 0 : 1;
