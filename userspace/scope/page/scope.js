// SPDX-License-Identifier: GPL-2.0-only
/* The page: what is asked for, what has come, and the words around the plots. */
'use strict';

const at = (id) => document.getElementById(id);
const CAUSES = ['not looked at', 'the card\'s FIFO overflowed', 'the ring was full', 'overtaken', 'suspend', 'reset', 'unplugged', 'underrun'];
const SETTINGS = ['trigger', 'channel', 'falling', 'level', 'fft', 'average'];

const scope = {
	status: {}, hello: {}, picture: null, rate: 0, full: 1, mask: '', held: false, socket: null, tries: 0,
	gain: {}, offset: {}, off: new Set(), lanes: [], gaps: [], seen: -1, frames: 4096, pictures: 0,
};
window.acqScope = scope;

/* What the plot of the trace asks about: see charts.js */
const view = {
	active: () => +at('channel').value || 0,
	place: (c, code) => code / scope.full * (scope.gain[c] || 1) + (scope.offset[c] || 0),
	code: (y) => {
		const c = view.active();
		return String(Math.round((y - (scope.offset[c] || 0)) / (scope.gain[c] || 1) * scope.full));
	},
	level: () => at('trigger').value === '0' ? null : view.place(view.active(), +at('level').value),
	pick: (y) => {
		at('level').value = view.code(y);
		ask();
	},
	point: (i, trace) => {
		const p = trace.picture;
		if (i === null || i === undefined || !p || !trace.data[0].length)
			return;
		const values = p.channel.map((c, lane) => {
			const v = p.trace[lane][i];
			return `channel ${c}: ${v === NOTHING ? 'no sample' : v}`;
		});
		at('readout').textContent = `${si(trace.data[0][i], 's', 4)}: ${values.join(', ')}`;
	},
};
scope.trace = new Trace(at('trace'), view);
scope.spectrum = new Spectrum(at('spectrum'));
scope.fall = new Waterfall(at('fall'));

function send(message)
{
	if (scope.socket && scope.socket.readyState === WebSocket.OPEN)
		scope.socket.send(JSON.stringify(message));
}

/* Widths in steps, so that viewers with windows of about the same size share a picture */
function columns()
{
	return Math.min(2048, Math.max(128, Math.floor(at('trace').clientWidth / 128) * 128));
}

function ask()
{
	const mask = scope.lanes.filter((c) => !scope.off.has(c)).reduce((m, c) => m | 1n << BigInt(c), 0n);
	const see = { frames: scope.frames, columns: columns(), channels: mask ? '0x' + mask.toString(16) : '' };
	for (const name of SETTINGS)
		see[name] = Math.round(+at(name).value || 0);
	if (!scope.lanes.length)
		delete see.channels;
	send({ see });
}

/* Frames as spans of time: 1, 2 and 5 of each unit, as many as the history has room for */
function fillTimes()
{
	const list = at('time'), room = scope.status.room || 4096, most = room / scope.rate;
	const wanted = list.value ? +list.value : Math.min(4096 / scope.rate, most);
	list.replaceChildren();
	for (let e = -7; e < 5; e++) {
		for (const m of [1, 2, 5]) {
			const seconds = m * 10 ** e, frames = Math.round(seconds * scope.rate);
			if (frames >= 16 && frames <= room)
				list.add(new Option(si(seconds, 's'), seconds));
		}
	}
	if (!list.length)
		return;
	const near = [...list.options].reduce((a, b) =>
		Math.abs(Math.log(+b.value / wanted)) < Math.abs(Math.log(+a.value / wanted)) ? b : a);
	near.selected = true;
	scope.frames = Math.round(+near.value * scope.rate);
}

function number(value, label, on)
{
	const input = document.createElement('input');
	input.type = 'number';
	input.step = '0.1';
	input.value = value;
	input.ariaLabel = label;
	input.addEventListener('input', () => on(+input.value || 0));
	return input;
}

function laneOf(c)
{
	const lane = document.createElement('span'), name = document.createElement('label');
	const shown = document.createElement('input'), gain = document.createElement('select');
	const scaled = document.createElement('label'), moved = document.createElement('label');
	lane.className = 'lane';
	lane.style.setProperty('--lane', `var(--lane${c % 8})`);
	shown.type = 'checkbox';
	shown.checked = !scope.off.has(c);
	shown.addEventListener('change', () => {
		scope.off[shown.checked ? 'delete' : 'add'](c);
		ask();
	});
	name.append(shown, Object.assign(document.createElement('b'), { textContent: `ch ${c}` }));
	for (const g of [0.5, 1, 2, 5, 10, 20, 50, 100])
		gain.add(new Option(`×${g}`, g, false, g === (scope.gain[c] || 1)));
	gain.ariaLabel = `scale of channel ${c}`;
	gain.addEventListener('change', () => {
		scope.gain[c] = +gain.value;
		draw();
	});
	scaled.append('scale', gain);
	moved.append('offset', number(scope.offset[c] || 0, `offset of channel ${c}`, (v) => {
		scope.offset[c] = v;
		draw();
	}));
	lane.append(name, scaled, moved);
	return lane;
}

function fillChannels()
{
	const mask = BigInt(scope.mask || 0);
	scope.lanes = [];
	for (let c = 0; c < 64; c++)
		if (mask >> BigInt(c) & 1n)
			scope.lanes.push(c);
	for (const c of scope.lanes.slice(scope.hello.lanes || 8))
		scope.off.add(c);
	at('channels').replaceChildren(...scope.lanes.map(laneOf));
	for (const id of ['channel', 'fall-channel']) {
		const before = at(id).value;
		at(id).replaceChildren(...scope.lanes.map((c) => new Option(`ch ${c}`, c)));
		if (scope.lanes.includes(+before) && before !== '')
			at(id).value = before;
	}
}

function draw()
{
	if (scope.picture && scope.rate)
		scope.trace.show(scope.picture, scope.rate);
}

function say(id, text, bad)
{
	at(id).textContent = text;
	at(id).classList.toggle('bad', !!bad);
}

function big(n)
{
	return n >= 1e9 ? si(n, '', 5).trim() : n.toLocaleString('en').replaceAll(',', '\u2009');
}

const STATES = {
	absent: 'no device', idle: 'not running', armed: 'waits for its trigger', running: 'running', draining: 'ends',
	ended: 'ended', suspended: 'suspended', failed: 'failed', gone: 'gone',
};

function showState(state, trouble)
{
	at('state').textContent = STATES[state] || state;
	at('state').className = 'pill ' + (state === 'running' ? 'good' : ['absent', 'failed', 'gone', 'offline'].includes(state) ? 'bad' : '');
	at('trouble').textContent = trouble || '';
	at('trouble').hidden = !trouble;
}

function showStatus(s)
{
	const was = scope.status;
	scope.status = s;
	showState(s.state, s.trouble);
	say('viewers', s.viewers);
	if (s.state === 'absent')
		return;
	const rate = s.rate_millihz / 1000;
	say('rate', si(rate, 'Hz', 6));
	if (was.run !== s.run)
		scope.seen = -1;
	/* over some seconds, by the scope's clock */
	scope.past = was.run === s.run && s.frames >= was.frames ? (scope.past || []).concat(s).slice(-12) : [s];
	const first = scope.past[0], seconds = (s.clock_us - first.clock_us) / 1e6;
	scope.measured = seconds > 0.2 ? (s.frames - first.frames) / seconds : 0;
	say('measured', scope.measured ? si(scope.measured, 'Hz', 4) : '–');
	say('frames', big(s.frames));
	say('lost', big(s.lost), s.lost);
	say('gaps', big(s.gaps), s.gaps);
	say('readers', s.readers);
	say('ring', s.ring_bytes ? Math.min(100, Math.round((s.head - s.oldest) / s.ring_bytes * 100)) + ' %' : '–');
	at('device').textContent = [scope.hello.device, s.card, s.serial, s.format].filter(Boolean).join(' · ');
	scope.full = s.full || 1;
	if (rate !== scope.rate || s.mask !== scope.mask || s.room !== was.room) {
		scope.rate = rate;
		scope.mask = s.mask;
		fillTimes();
		fillChannels();
		ask();
	}
}

/* Each gap once, although many pictures show it. True: there was a new one */
function noteGaps(picture)
{
	let fresh = false;
	for (const gap of picture.gap) {
		if (gap.index <= scope.seen || !gap.cause)
			continue;
		scope.seen = gap.index;
		fresh = true;
		scope.gaps.unshift(gap);
	}
	if (!fresh)
		return false;
	scope.gaps.length = Math.min(scope.gaps.length, 50);
	at('log').replaceChildren(...scope.gaps.map((g) => Object.assign(document.createElement('li'), {
		className: 'lost',
		textContent: `at ${big(g.index)}: ${g.estimated ? 'about ' : ''}${big(g.lost)} frames lost, ${CAUSES[g.cause] || 'cause ' + g.cause}`,
	})));
	return true;
}

function showPicture(picture)
{
	if (scope.picture && picture.begin + picture.columns * picture.per < scope.picture.begin)
		scope.seen = -1;
	const gap = noteGaps(picture);
	if (scope.held || !scope.rate)
		return;
	scope.picture = picture;
	scope.pictures++;
	scope.trace.show(picture, scope.rate);
	at('how').textContent = isNaN(picture.trigger) ? 'not triggered: 0 is the newest sample' : `triggered at ${big(picture.trigger)}`;
	at('spectra').hidden = at('fft').value === '0';
	scope.spectrum.show(picture, scope.rate);
	const lane = Math.max(0, picture.channel.indexOf(+at('fall-channel').value));
	if (picture.bins && picture.spectrum[lane]) {
		scope.fall.align(scope.spectrum.plot);
		scope.fall.show(picture.spectrum[lane], gap);
	}
	at('peaks').replaceChildren(...picture.peak.map((p, i) => Object.assign(document.createElement('li'), {
		textContent: `ch ${picture.channel[i]}: ${si(p.hz, 'Hz', 5)} at ${p.db.toFixed(1)} dB, floor ${p.floor.toFixed(0)} dB`,
	})));
}

function receive(event)
{
	if (typeof event.data !== 'string') {
		const picture = parsePicture(event.data);
		if (picture)
			showPicture(picture);
		return;
	}
	const note = JSON.parse(event.data);
	if (note.is === 'hello') {
		scope.hello = note;
		at('control').hidden = !note.control;
		ask();
	} else if (note.is === 'status') {
		showStatus(note);
	} else if (note.is === 'answer') {
		at('answer').textContent = note.done ? 'done' + (note.text ? `: ${note.text}` : '') : note.text;
		at('answer').style.color = note.done ? '' : 'var(--bad)';
	}
}

function connect()
{
	const token = new URLSearchParams(location.hash.slice(1)).get('token');
	const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
	const socket = new WebSocket(`${scheme}//${location.host}/live${token ? '?token=' + encodeURIComponent(token) : ''}`, 'acq-scope');
	let opened = false;
	scope.socket = socket;
	socket.binaryType = 'arraybuffer';
	socket.onopen = () => {
		opened = true;
		scope.tries = 0;
	};
	socket.onmessage = receive;
	socket.onclose = () => {
		showState('offline', opened || scope.hello.is ? 'The scope does not answer; trying again.' :
			'The scope refuses, or does not answer: the address with its token is what it printed when it was started.');
		at('state').textContent = 'no connection';
		setTimeout(connect, Math.min(5000, 500 * 2 ** scope.tries++));
	};
}

at('hold').addEventListener('click', () => {
	scope.held = !scope.held;
	at('hold').ariaPressed = scope.held;
	at('hold').textContent = scope.held ? 'Resume' : 'Hold';
});
at('time').addEventListener('change', () => {
	scope.frames = Math.round(+at('time').value * scope.rate);
	ask();
});
at('settings').addEventListener('submit', (e) => e.preventDefault());
for (const name of SETTINGS)
	at(name).addEventListener('change', ask);
at('orders').addEventListener('submit', (e) => {
	e.preventDefault();
	send({ set: at('set').value.trim().replace(/\s+/g, ',') });
});
for (const button of document.querySelectorAll('#orders button[value]'))
	button.addEventListener('click', () => send({ do: button.value }));

function again()
{
	scope.trace.again();
	scope.spectrum.again();
}
let resized;
addEventListener('resize', () => {
	clearTimeout(resized);
	resized = setTimeout(() => {
		again();
		ask();
	}, 150);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
addEventListener('hashchange', () => scope.socket && scope.socket.close());
connect();
