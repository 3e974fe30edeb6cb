// SPDX-License-Identifier: GPL-2.0-only
/* What is drawn: a message of picture.h, and plots of it. */
'use strict';

const NOTHING = -0x80000000;
const DB_MIN = -130;

/* A message, as picture.h describes it; null: it is none */
function parsePicture(buffer)
{
	const v = new DataView(buffer);
	if (buffer.byteLength < 52 || v.getUint32(0, true) !== 0x31504353)
		return null;
	const [flags, lanes, columns, per, gaps, bins, perBin, fft] =
		[4, 8, 12, 16, 20, 24, 28, 32].map((at) => v.getUint32(at, true));
	const p = {
		pairs: !!(flags & 1), lanes, columns, per, bins, perBin, fft,
		begin: v.getFloat64(36, true), trigger: v.getFloat64(44, true),
		channel: [], peak: [], trace: [], spectrum: [], gap: [],
	};
	let at = 52;
	for (let i = 0; i < lanes; i++, at += 4)
		p.channel.push(v.getUint32(at, true));
	for (let i = 0; bins && i < lanes; i++, at += 12)
		p.peak.push({ hz: v.getFloat32(at, true), db: v.getFloat32(at + 4, true), floor: v.getFloat32(at + 8, true) });
	const n = columns * (p.pairs ? 2 : 1);
	for (let i = 0; i < lanes; i++, at += 4 * n)
		p.trace.push(new Int32Array(buffer, at, n));
	for (let i = 0; bins && i < lanes; i++, at += 2 * bins)
		p.spectrum.push(new Int16Array(buffer, at, bins));
	for (let i = 0; i < gaps; i++, at += 24)
		p.gap.push({ index: v.getFloat64(at, true), lost: v.getFloat64(at + 8, true),
			     cause: v.getUint32(at + 16, true), estimated: !!v.getUint32(at + 20, true) });
	return p;
}

/* "1.25 ms": @digits after the point, of a value in @unit */
function si(value, unit, digits = 3)
{
	const steps = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n']];
	if (!value)
		return '0 ' + unit;
	const [scale, prefix] = steps.find(([s]) => Math.abs(value) >= s * 0.9999) || steps[6];
	return +(value / scale).toPrecision(digits) + ' ' + prefix + unit;
}

/* Labels of an axis with one unit for all of them */
function axisLabels(splits, unit)
{
	const most = Math.max(...splits.map(Math.abs), 1e-12);
	const [scale, prefix] = [[1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n']]
		.find(([s]) => most >= s) || [1e-9, 'n'];
	return splits.map((s) => +(s / scale).toPrecision(6) + ' ' + prefix + unit);
}

function colour(name)
{
	return getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
}

function laneColour(channel)
{
	return colour('lane' + channel % 8);
}

const font = '12px system-ui, sans-serif';

function axis(more)
{
	return Object.assign({
		stroke: colour('soft'), font, grid: { stroke: colour('grid'), width: 1 },
		ticks: { stroke: colour('line'), width: 1, size: 4 },
	}, more);
}

/* The plot of voltages over time. @view: what scope.js has chosen */
class Trace {
	constructor(box, view)
	{
		this.box = box;
		this.view = view;
		this.channels = '';
	}

	height()
	{
		return Math.round(Math.min(420, Math.max(240, innerHeight * 0.42)));
	}

	make(picture)
	{
		if (this.plot)
			this.plot.destroy();
		this.channels = String(picture.channel);
		this.plot = new uPlot({
			width: this.box.clientWidth, height: this.height(), legend: { show: false },
			padding: [10, 24, 0, 0],
			cursor: { drag: { x: false, y: false }, points: { show: false } },
			scales: { x: { time: false, range: () => this.range }, y: { range: [-1.05, 1.05] } },
			axes: [
				axis({ space: 70, size: 32, values: (u, splits) => axisLabels(splits, 's') }),
				axis({ size: 66, splits: () => [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1],
				       stroke: () => laneColour(this.view.active()),
				       values: (u, splits) => splits.map((s) => this.view.code(s)) }),
			],
			series: [{}].concat(picture.channel.map((c) => ({
				stroke: laneColour(c), width: 1.5, points: { show: false }, spanGaps: false,
			}))),
			hooks: {
				drawAxes: [(u) => this.drawGaps(u)],
				draw: [(u) => this.drawTrigger(u)],
				setCursor: [(u) => this.view.point(u.cursor.idx, this)],
			},
		}, [[], ...picture.channel.map(() => [])], this.box);
		this.plot.over.addEventListener('click', (e) =>
			this.view.pick(this.plot.posToVal(e.offsetY, 'y')));
	}

	/* Index of a frame as seconds of the axis */
	seconds(index)
	{
		return (index - this.zero) / this.rate;
	}

	show(picture, rate)
	{
		const frames = picture.columns * picture.per, n = picture.trace.length ? picture.trace[0].length : 0;
		const half = picture.pairs ? 2 : 1, x = new Float64Array(n);
		this.picture = picture;
		this.rate = rate;
		/* 0 is the trigger, or the newest sample */
		this.zero = isNaN(picture.trigger) ? picture.begin + frames : picture.trigger;
		this.range = [this.seconds(picture.begin), this.seconds(picture.begin + frames)];
		if (!this.plot || this.channels !== String(picture.channel))
			this.make(picture);
		for (let i = 0; i < n; i++)
			x[i] = this.seconds(picture.begin + i * picture.per / half);
		this.data = [x];
		picture.trace.forEach((codes, lane) => {
			const y = new Array(n), c = picture.channel[lane];
			for (let i = 0; i < n; i++)
				y[i] = codes[i] === NOTHING ? null : this.view.place(c, codes[i]);
			this.data.push(y);
		});
		this.plot.setData(this.data);
	}

	/* Hatched, with the number of frames that are missing */
	drawGaps(u)
	{
		const { ctx, bbox } = u, dpr = devicePixelRatio;
		if (!this.picture)
			return;
		ctx.save();
		ctx.beginPath();
		ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
		ctx.clip();
		for (const gap of this.picture.gap) {
			const a = u.valToPos(this.seconds(gap.index), 'x', true);
			const b = u.valToPos(this.seconds(gap.index + gap.lost), 'x', true);
			const left = Math.max(a, bbox.left), width = Math.max(Math.min(b, bbox.left + bbox.width) - left, 2 * dpr);
			const looks = gap.cause ? colour('gap') : colour('soft');
			ctx.globalAlpha = 0.16;
			ctx.fillStyle = looks;
			ctx.fillRect(left, bbox.top, width, bbox.height);
			ctx.globalAlpha = 0.5;
			ctx.strokeStyle = looks;
			ctx.lineWidth = dpr;
			ctx.save();
			ctx.beginPath();
			ctx.rect(left, bbox.top, width, bbox.height);
			ctx.clip();
			ctx.beginPath();
			for (let x = left - bbox.height; x < left + width; x += 9 * dpr) {
				ctx.moveTo(x, bbox.top + bbox.height);
				ctx.lineTo(x + bbox.height, bbox.top);
			}
			ctx.stroke();
			ctx.restore();
			ctx.globalAlpha = 1;
			this.label(ctx, gap.cause ? `${gap.estimated ? '~' : ''}${gap.lost} lost` : 'not looked at',
				   left, bbox, width, looks);
		}
		ctx.restore();
	}

	label(ctx, text, left, bbox, width, looks)
	{
		const dpr = devicePixelRatio;
		ctx.font = `600 ${11 * dpr}px system-ui, sans-serif`;
		const room = ctx.measureText(text).width;
		if (width < room + 8 * dpr && this.picture.gap.length > 3)
			return;
		const x = Math.min(Math.max(left + (width - room) / 2, bbox.left + 3 * dpr), bbox.left + bbox.width - room - 3 * dpr);
		ctx.fillStyle = colour('card');
		ctx.fillRect(x - 3 * dpr, bbox.top + 3 * dpr, room + 6 * dpr, 17 * dpr);
		ctx.fillStyle = looks;
		ctx.textBaseline = 'middle';
		ctx.textAlign = 'left';
		ctx.fillText(text, x, bbox.top + 12 * dpr);
	}

	drawTrigger(u)
	{
		const { ctx, bbox } = u, dpr = devicePixelRatio, level = this.view.level();
		if (level === null)
			return;
		const y = u.valToPos(Math.max(-1.05, Math.min(1.05, level)), 'y', true);
		ctx.save();
		ctx.strokeStyle = ctx.fillStyle = laneColour(this.view.active());
		ctx.globalAlpha = 0.75;
		ctx.lineWidth = dpr;
		ctx.setLineDash([5 * dpr, 4 * dpr]);
		ctx.beginPath();
		ctx.moveTo(bbox.left, y);
		ctx.lineTo(bbox.left + bbox.width, y);
		if (this.picture && !isNaN(this.picture.trigger)) {
			const x = u.valToPos(0, 'x', true);
			ctx.moveTo(x, bbox.top);
			ctx.lineTo(x, bbox.top + bbox.height);
		}
		ctx.stroke();
		ctx.globalAlpha = 1;
		ctx.beginPath();
		ctx.moveTo(bbox.left + bbox.width, y);
		ctx.lineTo(bbox.left + bbox.width + 9 * dpr, y - 5 * dpr);
		ctx.lineTo(bbox.left + bbox.width + 9 * dpr, y + 5 * dpr);
		ctx.fill();
		ctx.restore();
	}

	/* Other colours, another width */
	again()
	{
		if (!this.picture)
			return;
		this.channels = '';
		this.show(this.picture, this.rate);
	}
}

class Spectrum {
	constructor(box)
	{
		this.box = box;
		this.channels = '';
	}

	make(picture)
	{
		if (this.plot)
			this.plot.destroy();
		this.channels = String(picture.channel);
		this.plot = new uPlot({
			width: this.box.clientWidth, height: Math.round(Math.min(260, Math.max(180, innerHeight * 0.25))),
			legend: { show: false }, padding: [8, 24, 0, 0],
			cursor: { drag: { x: false, y: false }, points: { show: false } },
			scales: { x: { time: false, range: () => [0, this.rate / 2] }, y: { range: [DB_MIN, 5] } },
			axes: [
				axis({ space: 80, size: 32, values: (u, splits) => axisLabels(splits, 'Hz') }),
				axis({ size: 66, splits: () => [-120, -100, -80, -60, -40, -20, 0], values: (u, s) => s.map(String) }),
			],
			series: [{}].concat(picture.channel.map((c) => ({ stroke: laneColour(c), width: 1.25, points: { show: false } }))),
		}, [[], ...picture.channel.map(() => [])], this.box);
	}

	show(picture, rate)
	{
		this.rate = rate;
		if (!picture.bins)
			return;
		this.picture = picture;
		if (!this.plot || this.channels !== String(picture.channel))
			this.make(picture);
		const x = new Float64Array(picture.bins);
		for (let i = 0; i < x.length; i++)
			x[i] = i * picture.perBin * rate / picture.fft;
		this.plot.setData([x, ...picture.spectrum.map((s) => Array.from(s, (db) => Math.max(db / 100, DB_MIN)))]);
	}

	again()
	{
		if (!this.picture)
			return;
		this.channels = '';
		this.show(this.picture, this.rate);
	}
}

/* The newest spectrum is the uppermost line. */
class Waterfall {
	constructor(canvas)
	{
		this.canvas = canvas;
		this.ctx = canvas.getContext('2d', { alpha: false });
		this.table = Waterfall.table();
	}

	/* From dark blue over magenta and orange to a light yellow */
	static table()
	{
		const stops = [[4, 6, 24], [46, 20, 100], [132, 32, 110], [214, 72, 70], [250, 160, 40], [252, 246, 190]];
		const table = new Uint8Array(256 * 3);
		for (let i = 0; i < 256; i++) {
			const at = i / 255 * (stops.length - 1), k = Math.min(Math.floor(at), stops.length - 2);
			for (let c = 0; c < 3; c++)
				table[3 * i + c] = stops[k][c] + (at - k) * (stops[k + 1][c] - stops[k][c]);
		}
		return table;
	}

	/* Below the plot, as wide as that */
	align(plot)
	{
		const dpr = devicePixelRatio;
		this.canvas.style.marginLeft = plot.bbox.left / dpr - 6 + 'px';
		this.canvas.style.width = plot.bbox.width / dpr + 'px';
	}

	/* @gap: samples were lost before it */
	show(spectrum, gap)
	{
		const { canvas, ctx, table } = this, n = spectrum.length;
		if (canvas.width !== n) {
			canvas.width = n;
			ctx.fillStyle = '#04060f';
			ctx.fillRect(0, 0, n, canvas.height);
		}
		ctx.drawImage(canvas, 0, 1);
		const line = ctx.createImageData(n, 1);
		for (let i = 0; i < n; i++) {
			const level = Math.round(255 * (spectrum[i] / 100 - DB_MIN) / -DB_MIN);
			const at = 3 * Math.max(0, Math.min(255, level));
			line.data.set(gap ? [255, 60, 60, 255] : [table[at], table[at + 1], table[at + 2], 255], 4 * i);
		}
		ctx.putImageData(line, 0, 0);
	}
}
