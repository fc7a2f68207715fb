(() => {
'use strict';

const charts = JSON.parse(document.getElementById('data').textContent);
const root = document.documentElement;
const plots = [];

const color = (name) => getComputedStyle(root).getPropertyValue('--' + name).trim();

// ----- numbers, as in the tables

function digits(v) {
	const size = Math.abs(v);
	if (size >= 1000) return Math.round(v).toLocaleString('en-US');
	if (size > 0 && size < 0.0001) return v.toExponential(1);
	return String(Number(v.toPrecision(4)));
}

function format(v, unit) {
	if (v == null || !Number.isFinite(v)) return '–';
	if (unit === 'ms' && Math.abs(v) >= 10000) return digits(v / 1000) + ' s';
	if (unit === 'B' && Math.abs(v) >= 1e6) return digits(v / 1e6) + ' MB';
	return digits(v) + (unit === 'ms' || unit === 'B' ? ' ' : '') + unit;
}

function clock(seconds) {
	const two = (n) => String(Math.floor(n)).padStart(2, '0');
	const hours = Math.floor(seconds / 3600);
	const minutes = Math.floor(seconds / 60) % 60;
	return (hours ? hours + ':' + two(minutes) : minutes) + ':' + two(seconds % 60);
}

// The x axis of percentiles is 1/(1-q): 1 is 0%, 10 is 90%, 100 is 99%.
function percentile(x) {
	const tail = 100 / x;
	const places = Math.max(0, Math.ceil(-Math.log10(tail) - 1e-9));
	return Number((100 - tail).toFixed(places + (tail >= 10 ? 0 : 1))) + '%';
}

const onX = {
	time: (x) => clock(x),
	log: (x) => format(x, 'ms'),
	share: (x) => digits(x / 1000) + ' s',
	percentile,
	runs: (x, chart) => (Number.isInteger(x) ? chart.labels[x] ?? '' : ''),
};

function where(chart, x) {
	const text = onX[chart.x](x, chart);
	if (!chart.start) return text;
	return text + ', ' + new Date((chart.start + x) * 1000).toISOString().slice(11, 19) + ' UTC';
}

// ----- series

const dashes = [[], [9, 4], [2, 4], [12, 3, 3, 3], [14, 4], [5, 2], [3, 6], [10, 3, 2, 3, 2, 3]];
const dashOf = (line) => (line.kind === 'bars' ? [] : dashes[line.dash % dashes.length]);

// stacked puts bars on each other: what is drawn is the sum of a bar and of those below it.
function stacked(chart, shown) {
	const sum = chart.at.map(() => 0);
	return chart.lines.map((line, i) => {
		if (line.kind !== 'bars') return line.values;
		return line.values.map((v, at) => {
			if (shown[i] && v != null) sum[at] += v;
			return shown[i] && v ? sum[at] : null;
		});
	});
}

// inOrder is the order of drawing: bars behind lines, higher ones behind lower ones.
function inOrder(lines) {
	const all = lines.map((line, i) => i);
	return [
		...all.filter((i) => lines[i].kind === 'bars').reverse(),
		...all.filter((i) => lines[i].kind !== 'bars'),
	];
}

// dots are the points that need one: where lines are short, all; else those that no line leads to.
function dots(u, series, shown) {
	if (shown) return null;
	const values = u.data[series];
	const all = [...values.keys()].filter((i) => values[i] != null);
	const found = all.length * 2 < values.length ? all : all.filter((i) => values[i - 1] == null && values[i + 1] == null);
	return found.length ? found : null;
}

function seriesOf(line) {
	const stroke = () => color('c' + line.color);
	const series = { label: line.label, scale: 'y' + line.axis, stroke, width: line.kind === 'line' && line.dash === 0 ? 2.5 : 2, dash: dashOf(line), points: { size: 5, fill: stroke, filter: dots } };
	if (line.kind === 'bars') {
		Object.assign(series, { width: 0, fill: stroke, paths: uPlot.paths.bars({ size: [0.9, 60] }), points: { show: false } });
	}
	if (line.kind === 'steps') {
		Object.assign(series, { fill: () => color('c' + line.color) + '26', paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } });
	}
	if (line.kind === 'points') Object.assign(series, { width: 1, points: { size: 8, fill: stroke } });
	if (line.kind === 'levels') Object.assign(series, { width: 3, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } });
	return series;
}

// marked draws a vertical line where something changed.
function marked(u, chart) {
	u.ctx.save();
	u.ctx.strokeStyle = color('text');
	u.ctx.lineWidth = uPlot.pxRatio;
	u.ctx.setLineDash([6 * uPlot.pxRatio, 3 * uPlot.pxRatio]);
	for (const mark of chart.marks ?? []) {
		const x = u.valToPos(mark, 'x', true);
		u.ctx.beginPath();
		u.ctx.moveTo(x, u.bbox.top);
		u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
		if (x >= u.bbox.left && x <= u.bbox.left + u.bbox.width) u.ctx.stroke();
	}
	u.ctx.restore();
}

// ----- axes

// marks of logarithmic axes: fewer for each factor of ten where there are more of these.
const marks = {
	log: (min, max) => {
		const tens = Math.log10(max / min);
		const found = [];
		for (let ten = Math.floor(Math.log10(min)); ten <= Math.log10(max); ten++) {
			for (const m of tens > 4 ? [1] : tens > 2 ? [1, 3] : [1, 2, 5]) found.push(Number((m * 10 ** ten).toPrecision(1)));
		}
		return found.filter((mark) => mark >= min && mark <= max);
	},
	percentile: (min, max) => [1, 2, 4, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9].filter((mark) => mark >= min && mark <= max),
};

const short = (label) => (label.length > 12 ? label.slice(0, 11) + '…' : label);

function axes(chart, narrow) {
	const common = () => ({
		stroke: () => color('text'), grid: { stroke: () => color('grid'), width: 1 }, ticks: { stroke: () => color('edge'), width: 1, size: 5 },
		font: '12px system-ui, sans-serif',
	});
	const x = Object.assign(common(), { values: (u, at) => at.map((m) => (m == null ? '' : onX[chart.x](m, chart))), space: 60, size: 32 });
	if (chart.x === 'time') x.incrs = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
	if (chart.x === 'runs') Object.assign(x, { incrs: [1, 2, 5, 10, 20, 50, 100], space: 90, values: (u, at) => at.map((m) => short(onX.runs(m, chart))) });
	if (marks[chart.x]) Object.assign(x, { splits: (u, axis, min, max) => marks[chart.x](min, max), filter: (u, at) => at });
	const sides = [...new Set(chart.lines.map((line) => line.axis))];
	return [x, ...sides.map((axis) => Object.assign(common(), {
		scale: 'y' + axis, side: axis ? 1 : 3, size: narrow ? 56 : 68,
		values: (u, at) => at.map((m) => format(m, chart.units[axis])),
		grid: axis ? { show: false } : common().grid,
	}))];
}

function scales(chart) {
	const fromZero = (axis) => {
		// Bars on the right stay below the lines.
		const room = chart.lines.some((line) => line.axis === axis && line.kind === 'bars') ? 4 : 1;
		return (u, min, max) => [min < 0 ? min * 1.06 : 0, max > 0 ? max * room * 1.06 : min < 0 ? 0 : 1];
	};
	const x = { time: false, range: (u, min, max) => [min, max > min ? max : min + 1] };
	if (chart.x === 'runs') x.range = (u, min, max) => [min - 0.5, max + 0.5]; // a run at the edge is not cut in two
	if (marks[chart.x]) x.distr = 3;
	return { x, y0: { range: fromZero(0) }, y1: { range: fromZero(1) } };
}

// ----- legend: a button for each line, with its value at the cursor

function swatch(line) {
	const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
	svg.setAttribute('viewBox', '0 0 26 12');
	svg.setAttribute('aria-hidden', 'true');
	svg.setAttribute('class', 'c' + line.color);
	const shape = document.createElementNS(svg.namespaceURI, line.kind === 'bars' ? 'rect' : 'line');
	const attributes = line.kind === 'bars'
		? { x: 7, y: 1, width: 12, height: 10, fill: 'currentColor' }
		: { x1: 0, y1: 6, x2: 26, y2: 6, stroke: 'currentColor', 'stroke-width': 3, 'stroke-dasharray': dashOf(line).join(' ') };
	for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
	svg.append(shape);
	return svg;
}

function element(name, properties, ...children) {
	const e = Object.assign(document.createElement(name), properties);
	e.append(...children);
	return e;
}

function legend(chart, toggle) {
	const at = element('span', { className: 'at' });
	const values = chart.lines.map(() => element('span', { className: 'value' }));
	const buttons = chart.lines.map((line, i) => {
		const name = element('span', { className: 'name', title: line.label }, line.label);
		const button = element('button', { type: 'button', ariaPressed: 'true' }, swatch(line), name, values[i]);
		button.addEventListener('click', () => {
			button.ariaPressed = String(toggle(i));
		});
		return button;
	});
	const box = element('div', { className: 'legend', role: 'group', ariaLabel: 'Lines of ' + chart.title }, ...buttons, at);
	const show = (index) => {
		at.textContent = index == null ? '' : where(chart, chart.at[index]);
		values.forEach((value, i) => {
			value.textContent = index == null ? '' : format(chart.lines[i].values[index], chart.units[chart.lines[i].axis]);
		});
	};
	return { box, show };
}

// ----- charts

const height = (width) => (width < 480 ? 220 : 300);

function draw(chart) {
	const place = document.getElementById(chart.id + '-chart');
	const plot = element('div', { className: 'plot', tabIndex: 0, role: 'group', ariaRoleDescription: 'chart' });
	plot.ariaLabel = chart.title + '. Left and right arrow keys read values, plus and minus zoom, Escape shows all. The table below has the same.';
	const spoken = element('div', { className: 'hidden', role: 'status' });
	const shown = chart.lines.map(() => true);
	const order = inOrder(chart.lines);
	const data = () => {
		const values = stacked(chart, shown);
		return [chart.at, ...order.map((i) => values[i])];
	};
	const { box, show } = legend(chart, (i) => {
		shown[i] = !shown[i];
		u.setData(data(), false);
		u.setSeries(order.indexOf(i) + 1, { show: shown[i] });
		return shown[i];
	});
	place.append(plot, box, spoken);
	const width = plot.clientWidth;
	const u = new uPlot({
		width, height: height(width), legend: { show: false }, scales: scales(chart), axes: axes(chart, width < 480),
		series: [{}, ...order.map((i) => seriesOf(chart.lines[i]))],
		cursor: { y: false, points: { show: false }, sync: chart.x === 'time' ? { key: 'time' } : undefined },
		hooks: { setCursor: [(plotted) => show(plotted.cursor.idx)], draw: [(plotted) => marked(plotted, chart)] },
	}, data(), plot);
	u.root.ariaHidden = 'true'; // the group around it has a name, and the table its content
	keys(chart, plot, u, spoken);
	new ResizeObserver(() => {
		if (plot.clientWidth && !root.dataset.printing) u.setSize({ width: plot.clientWidth, height: height(plot.clientWidth) });
	}).observe(plot);
	plots.push({ u, plot });
}

// keys let the keyboard do what the mouse does.
function keys(chart, plot, u, spoken) {
	let at = 0;
	const go = (to) => {
		at = Math.min(Math.max(to, 0), chart.at.length - 1);
		u.setCursor({ left: u.valToPos(chart.at[at], 'x'), top: 10 });
		spoken.textContent = where(chart, chart.at[at]) + ': ' + chart.lines
			.map((line) => line.label + ' ' + format(line.values[at], chart.units[line.axis])).join(', ');
	};
	const zoom = (factor) => {
		const { min, max } = u.scales.x;
		const half = ((max - min) * factor) / 2;
		const middle = Math.min(Math.max(chart.at[at], min + (max - min) / 4), max - (max - min) / 4);
		u.setScale('x', { min: Math.max(chart.at[0], middle - half), max: Math.min(chart.at[chart.at.length - 1], middle + half) });
	};
	const all = () => u.setScale('x', { min: chart.at[0], max: chart.at[chart.at.length - 1] });
	const far = Math.max(1, Math.round(chart.at.length / 10));
	const does = {
		ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), PageUp: () => go(at - far), PageDown: () => go(at + far),
		Home: () => go(0), End: () => go(chart.at.length - 1), '+': () => zoom(0.5), '-': () => zoom(2), Escape: all,
	};
	plot.addEventListener('keydown', (event) => {
		if (!does[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
		event.preventDefault();
		does[event.key]();
	});
}

// ----- theme and print

const dark = matchMedia('(prefers-color-scheme: dark)');
const theme = document.getElementById('theme');
const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : dark.matches);

// The button says what it does, which is the theme that is not shown.
function named() {
	theme.textContent = isDark() ? 'Light theme' : 'Dark theme';
}

function repaint() {
	named();
	for (const { u } of plots) u.redraw();
}

theme.hidden = false;
named();
theme.addEventListener('click', () => {
	root.dataset.theme = isDark() ? 'light' : 'dark';
	repaint();
});
dark.addEventListener('change', repaint);

// On paper all is light, as wide as the page, and no table is closed.
let closed = [];
let before;
addEventListener('beforeprint', () => {
	closed = [...document.querySelectorAll('figure details:not([open])')];
	for (const details of closed) details.open = true;
	before = root.dataset.theme;
	root.dataset.theme = 'light';
	root.dataset.printing = 'true';
	for (const { u } of plots) {
		u.setSize({ width: 660, height: 240 });
		u.redraw();
	}
});
addEventListener('afterprint', () => {
	for (const details of closed) details.open = false;
	if (before) root.dataset.theme = before;
	else delete root.dataset.theme;
	delete root.dataset.printing;
	for (const { u, plot } of plots) u.setSize({ width: plot.clientWidth, height: height(plot.clientWidth) });
	repaint();
});

charts.forEach(draw);
root.dataset.drawn = String(plots.length);
})();
