// Mutation tests by gremlins: it changes the code of a package in one place at a time and runs the package's tests. Each
// package has a floor for the share of changes that a test notices. The exit code is 1 where a package is below its
// floor, and 2 where that cannot be known: gremlins failed, found nothing to change, or ran into too many timeouts.
//
//   node tools/mutation.mjs GREMLINS WORKERS [PACKAGE…]
//   node tools/mutation.mjs --list        the packages, as JSON
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import process from 'node:process';

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

/**
 * Gremlins leaves out code that no test runs, and takes the conditions of cases and declarations for such code, since Go's
 * coverage does not see them. A package of which it tries less than this share says too little.
 */
const leastTried = 0.5;

/** Timeouts say nothing on a machine that is too slow for them: this share of all changes is the most that is believed. */
const mostTimeouts = 0.1;

const [gremlins, workers, ...asked] = process.argv.slice(2);
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
const tree = copyTree();
const path = `${goWithoutDownloads()}${delimiter}${process.env.PATH}`;
const results = resolve('build/mutation');
mkdirSync(results, { recursive: true });

checkTool();
let status = 0;
for (const name of packages) {
    const { text, survivors, code } = judge(name, run(name));
    console.log(text);
    for (const survivor of survivors) {
        console.log(`    ${survivor}`);
    }
    status = Math.max(status, code);
}
process.exit(status);

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
 * A folder with a go that downloads no modules ahead. Gremlins would have it download all, and some of them no package
 * needs and a module proxy may lack. The build downloads what it needs.
 */
function goWithoutDownloads() {
    const folder = join(work, 'bin');
    mkdirSync(folder);
    const go = execFileSync('sh', ['-c', 'command -v go'], { encoding: 'utf8' }).trim();
    writeFileSync(join(folder, 'go'), `#!/bin/sh\n[ "$1 $2" = "mod download" ] && exit 0\nexec '${go}' "$@"\n`, { mode: 0o755 });
    return folder;
}

/**
 * Ends this program unless gremlins can tell a change that a test notices from one that no test notices: where all tests
 * fail for another reason, it would take every change for noticed.
 */
function checkTool() {
    const name = 'canary';
    mkdirSync(join(tree, root, name));
    const write = (file, text) => writeFileSync(join(tree, root, name, file), text);
    write('canary.go', 'package canary\n\nfunc Tested(a, b int) bool { return a == b }\n\nfunc Untested(a, b int) bool { return a == b }\n');
    write(
        'canary_test.go',
        'package canary\n\nimport "testing"\n\nfunc Test(t *testing.T) {\n\tif Untested(1, 1); !Tested(1, 1) {\n\t\tt.Fail()\n\t}\n}\n',
    );
    const found = (run(name)?.files ?? []).flatMap((file) => file.mutations.map((m) => m.status));
    if (found.toSorted().join() !== 'KILLED,LIVED') {
        console.error(`mutation: UNKNOWN: of a change that a test notices and one that none does, gremlins says: ${found.join(', ')}`);
        process.exit(2);
    }
}

/** The findings of gremlins in a package without its subfolders; undefined if it failed. */
function run(name) {
    const output = join(results, `${name.replaceAll('/', '-')}.json`);
    rmSync(output, { force: true });
    const args = ['unleash', '--workers', workers, '--timeout-coefficient', '20', '--exclude-files', '/', '--output', output];
    const ended = spawnSync(gremlins, [...args, `./${root}/${name}`], {
        cwd: tree,
        env: { ...process.env, PATH: path, TMPDIR: work },
        encoding: 'utf8',
        maxBuffer: 1 << 28,
    });
    if (ended.status !== 0 || !existsSync(output)) {
        console.error(`${ended.stdout ?? ''}${ended.stderr ?? ''}${ended.error ?? ''}`.trim());
        return undefined;
    }
    return JSON.parse(readFileSync(output, 'utf8'));
}

/** Whether the tests of a package notice enough of the changes. */
function judge(name, report) {
    const floor = floors[name] ?? usualFloor;
    const cannotKnow = (why) => ({ text: `${name}: UNKNOWN: ${why}`, survivors: [], code: 2 });
    if (report === undefined) {
        return cannotKnow('gremlins failed; see above');
    }
    const all = report.files.flatMap((file) => file.mutations.map((m) => ({ ...m, file: file.file_name })));
    const of = (wanted) => all.filter((m) => m.status === wanted);
    const [killed, lived, uncovered, late] = ['KILLED', 'LIVED', 'NOT COVERED', 'TIMED OUT'].map(of);
    const counted = killed.length + lived.length;
    if (counted === 0) {
        return cannotKnow('gremlins found nothing to change that a test runs');
    }
    if (counted < leastTried * (counted + uncovered.length)) {
        return cannotKnow(`no test seems to run ${uncovered.length} of ${counted + uncovered.length} changes`);
    }
    if (late.length > mostTimeouts * (counted + late.length)) {
        return cannotKnow(`${late.length} of ${counted + late.length} changes ran into the timeout; run it on a machine with less to do`);
    }
    const share = (100 * killed.length) / counted;
    const enough = share >= floor;
    return {
        text:
            `${name}: ${enough ? 'ok' : 'BELOW ITS FLOOR'}: ${share.toFixed(1)}% of ${counted} changes were noticed (floor ${floor}%): ` +
            `${lived.length} lived; not counted: ${uncovered.length} that no test seems to run, ${late.length} that timed out`,
        survivors: lived.map((m) => `${root}/${name}/${m.file}:${m.line}:${m.column} ${m.type}`),
        code: enough ? 0 : 1,
    };
}
