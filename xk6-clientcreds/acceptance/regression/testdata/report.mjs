// Opens pages of k6 x clientcreds report in Chromium, and says what is wrong with them.
//
//   CHROMIUM=/usr/bin/chromium NODE_MODULES=tools/npm/node_modules/ node report.mjs PAGE…
//
// LONG_NAMES names a page that has to fit into a window as well. SCREENSHOT names a file for a picture of the top of the first page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(resolve(process.env.NODE_MODULES) + '/'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

// Without a sandbox of its own it runs in containers too. The pages are ours, and cannot load anything.
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

// open opens a page, and collects what it complains about and asks for.
async function open(file, options) {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	const complaints = [];
	page.on('console', (message) => complaints.push(message.type() + ': ' + message.text()));
	page.on('pageerror', (error) => complaints.push(String(error)));
	page.on('request', (request) => {
		if (request.url() !== url) complaints.push('request: ' + request.url());
	});
	const url = String(pathToFileURL(resolve(file)));
	await page.goto(url);
	await page.waitForSelector('html[data-drawn]');
	await drawn(page);
	return { page, complaints, close: () => context.close() };
}

// drawn waits until what was asked to be drawn is.
const drawn = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

// colors is how many different colors each canvas has.
const colors = (page) => page.evaluate(() => [...document.querySelectorAll('canvas')].map((canvas) => {
	const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
	return new Set(new Uint32Array(data.buffer)).size;
}));

async function violations(page) {
	const results = await page.evaluate(axe + '; axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })');
	assert.ok(results.passes.length > 10, 'axe looked at the page');
	return results.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 120) + ' ' + n.failureSummary).join(' | '));
}

const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const focused = (page) => page.evaluate(() => {
	const e = document.activeElement;
	return e.id || e.className || e.tagName.toLowerCase();
});

async function looks(file) {
	for (const colorScheme of ['light', 'dark']) {
		const { page, complaints, close } = await open(file, { colorScheme, viewport: { width: 1280, height: 900 } });
		const figures = await page.locator('figure').count();
		assert.ok(figures >= 4, 'there are charts');
		const drawings = await colors(page);
		assert.equal(drawings.length, figures, 'each chart has a canvas');
		for (const [i, n] of drawings.entries()) assert.ok(n > 4, `chart ${i} is drawn: it has ${n} colors`);
		await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
		assert.deepEqual(await violations(page), [], colorScheme);
		assert.deepEqual(complaints, []);
		await close();
	}
}

async function fits(file) {
	const { page, complaints, close } = await open(file, { viewport: { width: 1200, height: 800 } });
	for (const width of [1200, 390]) {
		await page.setViewportSize({ width, height: 800 });
		await drawn(page);
		assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, 'the page does not scroll sideways');
		const wide = await page.evaluate(() => [...document.querySelectorAll('figure')].flatMap((figure) => {
			const edge = figure.getBoundingClientRect().right;
			return [...figure.querySelectorAll('.legend *, canvas')].filter((e) => e.getBoundingClientRect().right > edge).map((e) => e.outerHTML.slice(0, 200));
		}));
		assert.deepEqual(wide, [], 'nothing lies over the next chart');
	}
	assert.deepEqual(await violations(page), [], 'narrow');
	await page.setViewportSize({ width: 1000, height: 800 });
	await page.waitForFunction(() => document.querySelector('canvas').getBoundingClientRect().width > 450);
	assert.deepEqual(complaints, []);
	await close();
}

async function changesTheme(file) {
	const { page, complaints, close } = await open(file, { colorScheme: 'light' });
	const light = [await background(page), await page.evaluate(() => document.querySelector('canvas').toDataURL())];
	await page.getByRole('button', { name: 'Dark theme' }).click();
	await drawn(page);
	assert.notEqual(await background(page), light[0]);
	assert.notEqual(await page.evaluate(() => document.querySelector('canvas').toDataURL()), light[1], 'charts are drawn anew');
	assert.deepEqual(await violations(page), [], 'dark by choice');
	await page.getByRole('button', { name: 'Light theme' }).click();
	assert.equal(await background(page), light[0]);
	assert.deepEqual(complaints, []);
	await close();
}

async function worksWithTheKeyboard(file) {
	const { page, complaints, close } = await open(file, {});
	await page.keyboard.press('Tab');
	assert.equal(await focused(page), 'skip', 'the first thing is to skip the rest');
	await page.keyboard.press('Enter');
	assert.equal(await focused(page), 'content');
	const met = [];
	for (let i = 0; i < 400 && !met.includes('pre'); i++) {
		await page.keyboard.press('Tab');
		met.push(await focused(page));
		if (met.at(-1) === 'summary') await page.keyboard.press('Enter');
	}
	const count = (name) => met.filter((m) => m === name).length;
	const figures = await page.locator('figure').count();
	assert.equal(count('plot'), figures, 'each chart can be focused');
	assert.equal(await page.locator('figure details[open]').count(), figures, 'each table can be opened');
	assert.ok(count('table') > figures, 'tables can be scrolled');

	const plot = page.locator('.plot').first();
	await plot.focus();
	const status = page.locator('figure').first().getByRole('status');
	await page.keyboard.press('Home');
	const first = await status.textContent();
	await page.keyboard.press('ArrowRight');
	const second = await status.textContent();
	assert.match(first, /^0:00.*: .*p50 /, 'values are said');
	assert.match(second, /^0:01/);
	assert.match(await page.locator('.at').first().textContent(), /^0:01/, 'and shown');
	const whole = await page.evaluate(() => document.querySelector('canvas').toDataURL());
	await page.keyboard.press('+');
	await drawn(page);
	assert.notEqual(await page.evaluate(() => document.querySelector('canvas').toDataURL()), whole, 'plus zooms');
	const line = page.locator('.legend button').first();
	await line.focus();
	await page.keyboard.press('Space');
	assert.equal(await line.getAttribute('aria-pressed'), 'false', 'a line can be hidden');
	assert.deepEqual(complaints, []);
	await close();
}

async function prints(file) {
	const { page, complaints, close } = await open(file, { colorScheme: 'dark' });
	await page.evaluate(() => {
		addEventListener('beforeprint', () => {
			const closed = document.querySelectorAll('figure details:not([open])').length;
			window.onPaper = [getComputedStyle(document.body).backgroundColor, closed];
		});
	});
	const before = await background(page);
	const pdf = await page.pdf({ format: 'A4' });
	assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
	assert.ok(pdf.length > 20_000, 'there is something on the paper');
	assert.deepEqual(await page.evaluate(() => window.onPaper), ['rgb(255, 255, 255)', 0], 'light, and no table is closed');
	await page.waitForFunction(() => !document.documentElement.dataset.printing);
	assert.equal(await background(page), before, 'afterwards all is as before');
	await page.emulateMedia({ media: 'print' });
	assert.equal(await page.locator('nav').isVisible(), false, 'no controls');
	assert.equal(await page.locator('#theme').isVisible(), false, 'no controls');
	assert.deepEqual(complaints, []);
	await close();
}

async function worksWithoutScripts(file) {
	const context = await browser.newContext({ javaScriptEnabled: false });
	const page = await context.newPage();
	await page.goto(String(pathToFileURL(resolve(file))));
	assert.equal(await page.locator('noscript').isVisible(), true, 'it says that charts want scripts');
	assert.equal(await page.locator('#theme').isVisible(), false, 'nothing is there that does nothing');
	await page.locator('figure summary').first().click();
	assert.ok(await page.locator('figure table').first().isVisible(), 'the tables are there');
	await context.close();
}

try {
	const pages = process.argv.slice(2);
	for (const file of pages) {
		await looks(file);
		await fits(file);
		await prints(file);
	}
	await changesTheme(pages[0]);
	await worksWithTheKeyboard(pages[0]);
	await worksWithoutScripts(pages[0]);
	if (process.env.LONG_NAMES) await fits(process.env.LONG_NAMES);
	if (process.env.SCREENSHOT) {
		const { page, close } = await open(pages[0], { viewport: { width: 1120, height: 1000 } });
		await page.screenshot({ path: process.env.SCREENSHOT });
		await close();
	}
	console.log(`${pages.length} pages: no findings`);
} finally {
	await browser.close();
}
