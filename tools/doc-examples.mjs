// Writes every @example of index.d.ts to a file of its own, with a tsconfig.json that checks them as modules of k6.
//
//   node tools/doc-examples.mjs FOLDER
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const folder = process.argv[2];
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const examples = [];
let lines; // of the example that is being read
for (const line of readFileSync('index.d.ts', 'utf8').split('\n')) {
    const text = line.replace(/^ *\* ?/, '');
    if (line.includes('*/') || text.startsWith('@')) {
        lines = text.startsWith('@example') ? [] : undefined;
        if (lines !== undefined) {
            examples.push(lines);
        }
    } else {
        lines?.push(text);
    }
}
if (examples.length < 20) {
    throw new Error(`index.d.ts has ${examples.length} examples; expected 20 or more`);
}
examples.forEach((example, i) => writeFileSync(join(folder, `example-${i + 1}.js`), example.join('\n') + '\n'));

// Declares the names that examples use without an import or a declaration.
writeFileSync(
    join(folder, 'globals.d.ts'),
    `import k6 from 'k6';
import k6http from 'k6/http';
import * as clientcreds from 'k6/x/clientcreds';
declare global {
    const check: typeof k6.check;
    const http: typeof k6http;
    const Client: typeof clientcreds.Client;
    const ClientPool: typeof clientcreds.ClientPool;
    const TokenError: typeof clientcreds.TokenError;
    const validity: typeof clientcreds.validity;
    const serverUsage: typeof clientcreds.serverUsage;
    const keepSubmetrics: typeof clientcreds.keepSubmetrics;
    const client: clientcreds.Client;
    const pool: clientcreds.ClientPool;
    const url: string;
}
`,
);
const npm = relative(folder, 'tools/npm');
writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
        extends: `./${npm}/tsconfig.json`,
        compilerOptions: { noUnusedLocals: false, moduleDetection: 'force' },
        include: ['*.js', 'globals.d.ts', `${npm}/k6-globals.d.ts`, `${npm}/../../index.d.ts`],
    }),
);
console.log(`doc-examples: ${examples.length} examples of index.d.ts`);
