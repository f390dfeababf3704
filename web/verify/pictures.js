// What a round's outcome looks like.

import { amount, h, s } from './dom.js';
import { catalogue } from './games/index.js';

const MARKS = { ok: 'M5 13l5 5 9-11', failed: 'M6 6l12 12M18 6L6 18', pending: 'M12 6v6l4 3', skipped: 'M6 12h12' };
const PIPS = { 1: [[1, 1]], 2: [[0, 0], [2, 2]], 3: [[0, 0], [1, 1], [2, 2]], 4: [[0, 0], [0, 2], [2, 0], [2, 2]] };
PIPS[5] = [...PIPS[4], [1, 1]];
PIPS[6] = [...PIPS[4], [0, 1], [2, 1]];

export const markOf = (status) => h('span', { class: 'mark', 'aria-hidden': 'true' }, s('svg', { viewBox: '0 0 24 24' }, s('path', { d: MARKS[status] })));

export function dieFace(value) {
  const pips = (PIPS[value] ?? []).map(([x, y]) => s('circle', { cx: 18 + x * 16, cy: 18 + y * 16, r: 6 }));
  return s('svg', { viewBox: '0 0 68 68', role: 'img', 'aria-label': `die showing ${value}` }, s('rect', { x: 1, y: 1, width: 66, height: 66, rx: 14 }), pips);
}

function coinFace(side) {
  const star = 'M50 24l7.6 16.4 17.9 2-13.300 12.200 3.600 17.700L50 63.500 34.200 72.300l3.600-17.700L24.500 42.400l17.900-2z';
  const inner = side === 'heads' ? s('path', { d: star, fill: 'var(--gold-dark)' })
    : s('text', { x: 50, y: 64, 'text-anchor': 'middle', 'font-size': 40, 'font-weight': 800, fill: 'var(--gold-dark)' }, '1');
  return s('svg', { viewBox: '0 0 100 100', role: 'img', 'aria-label': `a coin showing ${side}` },
    s('circle', { cx: 50, cy: 50, r: 48, fill: 'var(--gold)' }), s('circle', { cx: 50, cy: 50, r: 40, fill: 'none', stroke: 'var(--gold-dark)', 'stroke-width': 2.5 }), inner);
}

const packetFace = () => s('svg', { viewBox: '0 0 74 92', role: 'img', 'aria-label': 'a red packet' },
  s('rect', { width: 74, height: 92, rx: 10, fill: 'var(--packet)' }), s('path', { d: 'M0 12q37 44 74 0V10q0-10-10-10H10Q0 0 0 10z', fill: '#0002' }),
  s('circle', { cx: 37, cy: 38, r: 11, fill: 'var(--gold)' }));

// picture is the outcome at a glance, or null while there is none.
export function picture(proof) {
  const data = proof.outcome?.data;
  if (!data) return null;
  const figure = (kind, face, caption) => h('div', { class: 'picture' }, h('figure', {}, h('div', { class: kind }, face), h('figcaption', {}, caption)));
  if (proof.game === 'dice' && Array.isArray(data.dice)) {
    return figure('dice', data.dice.slice(0, 3).map(dieFace), `${data.dice.join(' + ')} = ${data.sum}${data.triple ? ' · triple' : ''}`);
  }
  if (proof.game === 'duel') return figure('coin', coinFace(data.side), data.side === 'heads' ? 'Heads' : 'Tails');
  if (proof.game === 'redpacket') return figure('packet', packetFace(), `${amount(proof.params?.total)} in ${proof.outcome.slots?.length ?? 0} shares`);
  const caption = catalogue[proof.game]?.caption?.(proof);
  return caption ? h('div', { class: 'picture' }, h('figure', {}, h('figcaption', {}, caption))) : null;
}

// shareBars shows how a packet was split and who took what.
export function shareBars(proof) {
  const takers = new Map((proof.acts ?? []).map((act) => [act.slot, act.player]));
  const opener = proof.bets?.[0]?.player;
  const slots = proof.outcome.slots ?? [];
  const largest = Math.max(1, ...slots.map((slot) => slot.amount));
  return h('ol', { class: 'shares' }, slots.map((slot, i) => {
    const taker = takers.get(i);
    const mine = slot.loss ? h('span', { class: 'boom' }, taker && taker !== opener ? `mine −${amount(slot.loss)}` : 'mine') : null;
    return h('li', { class: taker ? '' : 'back' }, h('span', { class: 'dim num' }, `#${i + 1}`),
      h('div', { class: 'bar' }, h('i', { style: `width:${(slot.amount / largest) * 100}%` }), h('span', { class: 'mono' }, taker ?? 'back to the opener'), mine),
      h('b', {}, amount(slot.amount)));
  }));
}
