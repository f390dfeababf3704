// Crowd of 50: fifty people tap one button at the same instant.

import { el, dialog } from './ui.js';
import { post } from './api.js';

export const crowdSize = 50;

// holdMenu offers the crowd on a long press or the context menu of a button.
export function holdMenu(node, act) {
  let timer = null;
  let held = false;
  const open = (x, y) => showMenu(x, y, act);
  node.addEventListener('contextmenu', (e) => { e.preventDefault(); open(e.clientX, e.clientY); });
  node.addEventListener('pointerdown', (e) => {
    held = false;
    if (e.button !== 0) return;
    timer = setTimeout(() => { held = true; open(e.clientX, e.clientY); }, 550);
  });
  for (const end of ['pointerup', 'pointerleave', 'pointercancel']) node.addEventListener(end, () => clearTimeout(timer));
  node.addEventListener('click', (e) => { if (held) { e.stopImmediatePropagation(); held = false; } }, true);
}

function showMenu(x, y, act) {
  document.querySelector('.menu')?.remove();
  const item = el('button', { role: 'menuitem', onclick: () => { menu.remove(); act(); } }, `Crowd of ${crowdSize} taps this`);
  const menu = el('div', { class: 'menu', role: 'menu' }, item);
  menu.style.left = `${Math.min(x, innerWidth - 230)}px`;
  menu.style.top = `${Math.min(y, innerHeight - 60)}px`;
  document.body.append(menu);
  item.focus();
  const away = (e) => {
    if (e.type === 'keydown' ? e.key === 'Escape' : !menu.contains(e.target)) {
      menu.remove();
      removeEventListener('pointerdown', away, true);
      removeEventListener('keydown', away, true);
    }
  };
  setTimeout(() => { addEventListener('pointerdown', away, true); addEventListener('keydown', away, true); });
}

export async function runCrowd(chat, message, button) {
  const result = await post('crowd', {
    chat, message_id: message.message_id, data: button.callback_data, n: crowdSize, timeout_ms: 20000,
  });
  showResult(button, result);
}

function showResult(button, result) {
  const toasts = new Map();
  for (const tap of result.taps) {
    const text = tap.answered ? tap.toast || '(no text)' : '(no answer)';
    toasts.set(text, (toasts.get(text) ?? 0) + 1);
  }
  const rows = [...toasts].sort((a, b) => b[1] - a[1]).slice(0, 12);
  dialog(`Crowd of ${result.n} on “${button.text}”`, el('div', { class: 'crowd-result', 'data-testid': 'crowd-result' },
    el('div', { class: 'figures' },
      figure('answered', `${result.answered} of ${result.n}`),
      figure('p50', ms(result.p50_ms)), figure('p95', ms(result.p95_ms), result.p95_ms > 300), figure('slowest', ms(result.max_ms))),
    bars(result),
    el('ul', { class: 'toasts' }, rows.map(([text, n]) => el('li', {}, el('b', {}, String(n)), el('span', { dir: 'auto' }, text))))),
  [['Close']]);
}

const ms = (v) => `${v < 10 ? v.toFixed(1) : Math.round(v)} ms`;
const figure = (label, value, bad) => el('div', { class: bad ? 'figure bad' : 'figure' }, el('b', {}, value), el('span', {}, label));

// bars draws one bar a person, quickest first.
function bars(result) {
  const sorted = result.taps.map((t) => t.latency_ms).sort((a, b) => a - b);
  const most = Math.max(...sorted, 1);
  const box = el('div', { class: 'bars', role: 'img', 'aria-label': `Latency of each of ${result.n} taps, up to ${ms(most)}` });
  for (const value of sorted) {
    const bar = el('i', { title: ms(value) });
    bar.style.height = `${Math.max(4, (value / most) * 100)}%`;
    box.append(bar);
  }
  return box;
}
