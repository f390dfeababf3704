// The API log: what bots called and what they were told.

import { el } from './ui.js';
import { get, clear } from './api.js';
import { listen } from './live.js';

const most = 300;
let entries = [];
let onlyLoud = false;
let drawer;
let rows;
let badge;
let unseen = 0;

export function startLog(node, badgeNode) {
  drawer = node;
  badge = badgeNode;
  rows = el('ol', { class: 'calls' });
  drawer.append(
    el('header', {}, el('h2', {}, 'API log'),
      el('label', {}, el('input', { type: 'checkbox', onchange: (e) => { onlyLoud = e.target.checked; render(); } }), ' warnings and errors'),
      el('button', { onclick: async () => { await clear('log'); entries = []; render(); } }, 'Clear')),
    rows);
  listen((event) => {
    if (event.type === 'log') add(event.log);
    if (event.type === 'resync') loadLog();
  });
  return loadLog();
}

export function showLog(open) {
  drawer.hidden = !open;
  if (open) { unseen = 0; mark(); rows.scrollTop = rows.scrollHeight; }
}

async function loadLog() {
  entries = await get('log', { limit: most }).catch(() => []);
  render();
}

const loud = (e) => Boolean(e.warning || e.error);

function add(entry) {
  entries.push(entry);
  if (entries.length > most) { entries.shift(); rows.firstChild?.remove(); }
  if (loud(entry) && drawer.hidden) { unseen++; mark(); }
  if (onlyLoud && !loud(entry)) return;
  const stay = rows.scrollHeight - rows.scrollTop - rows.clientHeight < 60;
  if (entries.length === 1) rows.replaceChildren();
  rows.append(row(entry));
  if (stay) rows.scrollTop = rows.scrollHeight;
}

function mark() {
  badge.hidden = unseen === 0;
  badge.textContent = unseen > 99 ? '99+' : String(unseen);
  badge.title = `${unseen} new warnings and errors`;
}

function render() {
  const shown = entries.filter((e) => !onlyLoud || loud(e));
  rows.replaceChildren(...shown.map(row));
  if (!shown.length) rows.append(el('li', { class: 'empty' }, onlyLoud ? 'No warnings and no errors' : 'No bot has called yet'));
  rows.scrollTop = rows.scrollHeight;
}

function row(entry) {
  const kind = entry.error ? 'error' : entry.warning ? 'warning' : '';
  return el('li', { class: kind, testid: 'api-call' }, el('details', {},
    el('summary', {},
      el('time', {}, new Date(entry.at).toLocaleTimeString(undefined, { hour12: false })), el('b', {}, entry.method),
      el('span', { class: entry.code < 300 ? 'code' : 'code bad' }, String(entry.code)), el('small', {}, `${entry.ms.toFixed(1)} ms`),
      entry.error ? el('em', {}, entry.error) : null, entry.warning ? el('em', { class: 'warn' }, `⚠ ${entry.warning}`) : null,
      entry.result ? el('em', { class: 'quiet' }, entry.result) : null),
    el('pre', {}, [entry.bot ? `@${entry.bot}` : '', JSON.stringify(entry.params ?? {}, null, 1)].filter(Boolean).join('\n'))));
}
