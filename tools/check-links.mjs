// Follows the links of the project's Markdown files: each file must exist, and each #heading in it. Links to other
// sites are not followed.
//
//   node tools/check-links.mjs
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, normalize, relative, resolve } from 'node:path';

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    encoding: 'utf8',
})
    .split('\n')
    .filter((file) => file !== '' && existsSync(file));

/** The text without code, where brackets are not links. Lines keep their numbers. */
function prose(text) {
    return text
        .replace(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replace(/[^\n]/g, ''))
        .replace(/(`+)[^\n]*?[^`\n]\1(?!`)/g, (code) => code.replace(/[[\]()]/g, '·'));
}

/** The anchors that GitHub gives to the headings of a text, and those that are set by hand. */
function anchors(text) {
    const found = new Set();
    const times = new Map();
    for (const [, heading] of text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)) {
        const slug = heading
            .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
            .toLowerCase()
            .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
            .replace(/ /g, '-');
        const n = times.get(slug) ?? 0;
        times.set(slug, n + 1);
        found.add(n === 0 ? slug : `${slug}-${n}`);
    }
    for (const [, id] of text.matchAll(/<a (?:id|name)="([^"]+)"/g)) {
        found.add(id);
    }
    return found;
}

const problems = [];
let count = 0;
for (const file of files) {
    const text = prose(readFileSync(file, 'utf8'));
    const links = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]:\s*(\S+)/gm)];
    for (const link of links) {
        const target = link[1] ?? link[2];
        if (/^[a-z][a-z0-9+.-]*:/i.test(target)) {
            continue;
        }
        count++;
        const line = text.slice(0, link.index).split('\n').length;
        const [path, anchor] = decodeURIComponent(target).split('#');
        const to = path === '' ? file : normalize(resolve(dirname(file), path));
        const at = `${file}:${line}: ${target}`;
        if (!existsSync(to)) {
            problems.push(`${at}: there is no ${relative('.', to)}`);
        } else if (anchor && statSync(to).isFile() && to.endsWith('.md')) {
            if (!anchors(readFileSync(to, 'utf8')).has(anchor)) {
                problems.push(`${at}: ${relative('.', to)} has no heading for #${anchor}`);
            }
        }
    }
}
console.log(`links: ${files.length} Markdown files, ${count} links within the project, ${problems.length} broken`);
for (const problem of problems) {
    console.error(problem);
}
process.exitCode = problems.length === 0 ? 0 : 1;
