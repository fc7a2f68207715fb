// Mutation tests by gremlins: it changes the code of a package in one place at a time and runs the package's tests. Each
// package has a floor for the share of changes that a test notices. The exit code is 1 where a package is below its
// floor, and 2 where that cannot be known: gremlins failed, found nothing to change, or ran into too many timeouts.
// The results are merged into docs/evidence/mutation.md.
//
//   node tools/mutation.mjs GREMLINS GO WORKERS [PACKAGE…]      GO: the program of tools/mutation
//   With AGAIN=1, only the changes that lived in the last run are tried again.
//   node tools/mutation.mjs --list        the packages, as JSON
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { writePage } from './mutation/page.mjs';

const root = 'xk6-clientcreds';

/** The percentage of changes that the tests must notice. */
const usualFloor = 85;
const floors = {
    oauth: 90,
    tokencache: 90,
    redact: 90,
    validity: 90,
    verdict: 90,
    runrecord: 90,
    'runrecord/compare': 90,
};

/** Packages that are not in the binary. */
const left = [/^acceptance\b/, /^bench\b/, /^dashboards\b/];

/** Changes that no test reaches are not tried. A package of which less than this share is tried says too little. */
const leastTried = 0.5;

/** Waiting forever may also be a machine that is too slow: this share of all changes is the most that is believed. */
const mostTimeouts = 0.1;

const [gremlins, go, workers, ...asked] = process.argv.slice(2);
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
    .split('\n')
    .filter((file) => file !== '' && existsSync(file));
const known = [...new Set(files.filter((file) => file.startsWith(`${root}/`) && file.endsWith('_test.go')).map(dirname))]
    .map((folder) => folder.slice(root.length + 1))
    .filter((name) => !name.includes('testdata') && !left.some((pattern) => pattern.test(name)));
if (known.length === 0) {
    console.error(`mutation: no package below ${root} has tests; run it in the project's folder`);
    process.exit(2);
}
if (gremlins === '--list') {
    console.log(JSON.stringify(known));
    process.exit(0);
}
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) {
    console.error(`mutation: unknown packages: ${unknown.join(', ')}; expected some of ${known.join(', ')}`);
    process.exit(2);
}
const packages = asked.length > 0 ? asked : known;

const work = mkdtempSync(join(tmpdir(), 'mutation-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => process.exit(2));
}
/** Survivors that behave like the code, with the reason: pairs of lines in tools/mutation/equivalent.txt. */
const equivalent = new Map(
    readFileSync('tools/mutation/equivalent.txt', 'utf8')
        .split('\n\n')
        .map((pair) => pair.trim().split('\n').map((line) => line.trim())),
);
const tree = copyTree();
const state = join(work, 'state');
const realGo = execFileSync('sh', ['-c', 'command -v go'], { encoding: 'utf8' }).trim();
const bin = join(work, 'bin');
mkdirSync(bin);
copyFileSync(go, join(bin, 'go'));
const results = resolve('build/mutation');
mkdirSync(results, { recursive: true });

checkTool();
const judged = packages.map((name) => {
    const result = judge(name, run(name));
    console.log(`${name}: ${result.verdict}: ${result.text}`);
    for (const survivor of result.survivors ?? []) {
        console.log(`    ${survivor.place} ${survivor.key}${survivor.reason === undefined ? '' : `   equivalent: ${survivor.reason}`}`);
    }
    writePage(result, known); // at once: a run of all packages takes long, and may be interrupted
    return result;
});
process.exit(Math.max(...judged.map((result) => result.code)));

/** A copy of the files of this project, and not of what is built and cached beside them: gremlins copies all of it again. */
function copyTree() {
    const to = join(work, 'tree');
    for (const file of files) {
        mkdirSync(join(to, dirname(file)), { recursive: true });
        copyFileSync(file, join(to, file));
    }
    const library = 'tools/npm/node_modules/uplot'; // a test compares it with the copy in the report
    if (existsSync(library)) {
        cpSync(library, join(to, library), { recursive: true });
    }
    return to;
}

/**
 * Ends this program unless gremlins can tell a change that a test notices from one that no test notices: where all tests
 * fail for another reason, it would take every change for noticed.
 */
function checkTool() {
    const name = 'canary';
    mkdirSync(join(tree, root, name));
    const write = (file, text) => writeFileSync(join(tree, root, name, file), text);
    const functions = {
        Tested: ['a == b', 'KILLED'],
        Untested: ['a == b', 'LIVED'],
        Unused: ['a == b', 'NOT COVERED'],
        Hanging: ['func() bool {\n\tfor a != b {\n\t}\n\treturn true\n}()', 'KILLED'],
        Case: ['func() bool {\n\tswitch {\n\tcase a == b:\n\t\treturn true\n\t}\n\treturn false\n}()', 'KILLED'],
        Text: ['string(rune(a))+"" == string(rune(b))', 'KILLED,NOT VIABLE'],
        Typed: ['a-b == none', 'KILLED,KILLED,KILLED,KILLED,KILLED'], // none becomes a variable
        Constant: ['a-b == zero', 'KILLED,KILLED,KILLED,KILLED,KILLED'], // a minus is changed as two kinds; also in the declaration of zero
    };
    const code = Object.entries(functions).map(([f, [body]]) => `func ${f}(a, b int) bool { return ${body} }\n`);
    write('canary.go', `package canary\n\nconst zero = 1 - 1\n\nconst (\n\tnone int = 1 - 1\n)\n\n${code.join('\n')}`);
    write(
        'canary_test.go',
        `package canary\n\nimport "testing"\n\nfunc Test(t *testing.T) {\n\tif Untested(1, 1); !Tested(1, 1) || !Hanging(1, 1) || !Case(1, 1) || !Text(1, 1) || !Constant(1, 1) || !Typed(1, 1) {\n\t\tt.Fail()\n\t}\n}\n`,
    );
    const found = (run(name)?.files ?? []).flatMap((file) => file.mutations.map((m) => m.status));
    const expected = Object.values(functions).flatMap(([, statuses]) => statuses.split(','));
    if (found.toSorted().join() !== expected.toSorted().join()) {
        console.error(`mutation: UNKNOWN: of known changes, gremlins says ${found.toSorted().join(', ')}; expected ${expected.toSorted().join(', ')}`);
        process.exit(2);
    }
}

/** The findings of gremlins in a package without its subfolders; undefined if it failed. */
function run(name) {
    const [output, log] = ['json', 'log'].map((kind) => join(results, `${name.replaceAll('/', '-')}.${kind}`));
    const before = process.env.AGAIN && name !== 'canary' ? noticedBefore(name, output) : [];
    rmSync(output, { force: true });
    const progress = openSync(log, 'w'); // shows the progress while it runs
    rmSync(state, { force: true, recursive: true });
    mkdirSync(state);
    writeFileSync(join(state, 'noticed'), `\n${before.join('\n')}\n`);
    const args = ['unleash', '--workers', workers, '--timeout-coefficient', '1000', '--exclude-files', '/', '--output', output];
    const ended = spawnSync(gremlins, [...args, `./${root}/${name}`], {
        cwd: tree,
        env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, TMPDIR: work, MUTATION_GO: realGo, MUTATION_STATE: state },
        stdio: ['ignore', progress, progress],
    });
    closeSync(progress);
    const failures = stateLines('failures');
    if (ended.status !== 0 || !existsSync(output) || failures.length > 0) {
        console.error(`${readFileSync(log, 'utf8')}${ended.error ?? ''}${failures.join('\n')}`.trim());
        return undefined;
    }
    writeFileSync(`${output}.code`, sourcesOf(name));
    return JSON.parse(readFileSync(output, 'utf8'));
}

/**
 * The changes that the last run of a package found noticed, while its code is the same. To write a test for what lived,
 * only that needs to be tried again; the tests must only have grown.
 */
function noticedBefore(name, output) {
    const code = `${output}.code`;
    const now = sourcesOf(name);
    if (!existsSync(output) || !existsSync(code) || readFileSync(code, 'utf8') !== now) {
        console.error(`mutation: ${name}: its code has changed since the last run, or there was none: all changes are tried`);
        return [];
    }
    const report = JSON.parse(readFileSync(output, 'utf8'));
    return report.files.flatMap((file) =>
        file.mutations.filter((m) => m.status === 'KILLED').map((m) => `${file.file_name}:${m.line}:${m.column} ${m.type}`),
    );
}

function sourcesOf(name) {
    const own = files.filter((file) => dirname(file) === `${root}/${name}` && file.endsWith('.go') && !file.endsWith('_test.go'));
    return own.map((file) => readFileSync(file, 'utf8')).join('\n');
}

/** The lines of a file that the program of tools/mutation has left. */
function stateLines(name) {
    const file = join(state, name);
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

/** Whether the tests of a package notice enough of the changes. */
function judge(name, report) {
    const floor = floors[name] ?? usualFloor;
    const unknown = (why) => ({ name, floor, verdict: 'UNKNOWN', text: why, code: 2 });
    if (report === undefined) {
        return unknown('gremlins failed; see above');
    }
    const built = JSON.parse(readFileSync(join(state, 'state.json'), 'utf8')).Files; // others are for other systems
    const all = report.files
        .filter((file) => built.includes(file.file_name))
        .flatMap((file) => file.mutations.map((m) => ({ ...m, file: file.file_name })));
    const of = (wanted) => all.filter((m) => m.status === wanted);
    const [killed, lived, unreached] = ['KILLED', 'LIVED', 'NOT COVERED'].map(of);
    const late = stateLines('late').length;
    const counted = killed.length + lived.length;
    if (counted === 0) {
        return unknown('gremlins found nothing to change that a test reaches');
    }
    if (counted < leastTried * (counted + unreached.length)) {
        return unknown(`no test reaches ${unreached.length} of ${counted + unreached.length} changes`);
    }
    if (late > mostTimeouts * counted) {
        return unknown(`${late} of ${counted} changes ran into the timeout; run it on a machine with less to do`);
    }
    const share = (100 * killed.length) / counted;
    const survivors = lived.map((m) => survivor(name, m));
    return {
        name,
        floor,
        verdict: share >= floor ? 'ok' : 'BELOW ITS FLOOR',
        text:
            `${share.toFixed(1)}% of ${counted} changes were noticed (floor ${floor}%), ${late} of them by a timeout: ` +
            `${lived.length} lived; not counted: ${unreached.length} that no test reaches`,
        share,
        counted,
        unreached: unreached.length,
        survivors,
        code: share >= floor ? 0 : 1,
    };
}

/** A change that lived, and why it is equivalent to the code if that is known. */
function survivor(name, { file, line, column, type }) {
    const bytes = Buffer.from(readFileSync(join(tree, root, name, file), 'utf8').split('\n')[line - 1]);
    const [before, after] = [bytes.subarray(0, column - 1), bytes.subarray(column - 1)].map((part) => part.toString());
    const key = `${name}/${file} ${type} ${before.trimStart()}‹›${after}`;
    return { place: `${root}/${name}/${file}:${line}:${column}`, key, reason: equivalent.get(key) };
}
