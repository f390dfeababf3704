// The page of one verified round.

import { amount, copyButton, h, when } from './dom.js';
import { markOf, picture, shareBars } from './pictures.js';
import { catalogue } from './games/index.js';

const ROWS = 200;

export function roundView(proof, report, source) {
  return [
    verdictCard(proof, report),
    h('div', { class: 'two' },
      h('div', { class: 'stack' }, checksCard(report), moneyCard(proof)),
      h('div', { class: 'stack' }, provesCard(proof, report), numbersCard(proof), ownCard(proof, source))),
  ];
}

// playView is the page of an instant play: a round of one bet.
export function playView(proof, report, source) {
  const round = {
    ...proof, round: proof.play, status: 'settled', opened_at: proof.played_at, settled_at: proof.played_at, house: proof.stake - proof.payout,
    bets: [{ seq: 1, player: proof.player, choice: proof.choice, stake: proof.stake }], payouts: proof.payout > 0 ? [{ seq: 1, amount: proof.payout }] : [],
  };
  return [
    verdictCard(round, report),
    h('div', { class: 'two' }, h('div', { class: 'stack' }, checksCard(report), moneyCard(round)), h('div', { class: 'stack' }, numbersCard(round), ownCard(proof, source, 'play'))),
  ];
}

function verdictCard(proof, report) {
  const [tone, title, text] = verdictOf(proof, report);
  const game = catalogue[proof.game]?.title ?? proof.game;
  return h('section', { class: `card verdict ${tone}`, 'data-testid': 'verdict', 'data-verdict': tone, role: 'status' },
    h('div', {}, h('h1', {}, markOf(tone), title), h('p', {}, text),
      h('div', { class: 'facts' },
        h('span', {}, game), h('span', { class: 'mono' }, proof.round), h('span', {}, `rules version ${proof.config_version}`),
        h('span', {}, `opened ${when(proof.opened_at)}`), proof.settled_at ? h('span', {}, `${proof.status} ${when(proof.settled_at)}`) : null),
      tone === 'pending' ? command(proof.commit) : null),
    picture(proof));
}

function verdictOf(proof, report) {
  if (report.failed.length > 0) {
    return ['failed', `Not verified: ${report.failed.length} of ${report.checks.length} checks failed`, 'What the proof says differs from what your browser recomputed. The failed checks below show both.'];
  }
  if (!report.final && proof.play) {
    return ['pending', 'The seed is still in use', 'The play is paid. Its seed is revealed when the player takes another one (/fair in the private chat); then every check can be made. Until then the commitment below and its place in the published chain are fixed.'];
  }
  if (!report.final) {
    return ['pending', proof.status === 'open' ? 'This round is still open' : 'This round is being settled', `Its draw is fixed already, by the commitment below. The seed is revealed when the round is over${proof.status === 'open' ? `: betting or claiming ends at ${when(proof.closes_at)} at the latest` : ''}. Keep the commitment and compare.`];
  }
  const all = `Your browser recomputed all ${report.checks.length} checks.`;
  if (proof.status === 'voided') return ['ok', 'Verified: every stake went back', `${all} The round was voided before a draw${proof.void_reason ? ` (${proof.void_reason.replaceAll('_', ' ')})` : ''}.`];
  return ['ok', 'Verified: drawn and paid as committed', all];
}

function checksCard(report) {
  return h('section', { class: 'card' }, h('h2', {}, 'Checks, recomputed here'), h('ul', { class: 'checks' }, report.checks.map(checkRow)));
}

const SPOKEN = { ok: 'passed', failed: 'failed', pending: 'waiting', skipped: 'not checked' };

const whyOf = ({ status, detail }) => (detail ? h('div', { class: 'why' }, status === 'ok' ? detail : `${SPOKEN[status]}: ${detail}`) : null);

function checkRow(check) {
  return h('li', { class: check.status, 'data-testid': 'check', 'data-name': check.name, 'data-status': check.status }, markOf(check.status),
    h('div', { class: 'what' }, h('div', {}, h('span', { class: 'hidden' }, `${SPOKEN[check.status]}: `), check.title, ' ', h('code', { class: 'name' }, check.name)),
      whyOf(check),
      check.expected === undefined ? null : h('dl', { class: 'diff' }, h('dt', {}, 'recomputed'), h('dd', {}, check.expected), h('dt', {}, 'published'), h('dd', {}, check.got))));
}

function moneyCard(proof) {
  const bets = proof.bets ?? [];
  const paid = new Map((proof.payouts ?? []).map((p) => [p.seq, p.amount]));
  const over = proof.payouts !== undefined || proof.settlement_hash !== undefined;
  const parts = [h('h2', {}, 'Bets and payouts')];
  if (proof.game === 'redpacket' && proof.outcome) parts.push(shareBars(proof), h('p', { class: 'note dim' }, 'Shares in the order in which they were taken. The opener’s bet below is the packet.'));
  if (bets.length === 0) return h('section', { class: 'card' }, parts, h('p', { class: 'dim' }, 'No bets yet.'));
  const body = h('tbody', {}, bets.slice(0, ROWS).map((bet) => betRow(proof, bet, paid.get(bet.seq), over)));
  const more = bets.length > ROWS && h('button', {
    type: 'button', onclick: (event) => {
      body.append(...bets.slice(ROWS).map((bet) => betRow(proof, bet, paid.get(bet.seq), over)));
      event.target.remove();
    },
  }, `Show all ${amount(bets.length)} bets`);
  const sum = (list) => amount(list.reduce((total, value) => total + value, 0));
  const foot = h('tfoot', {}, h('tr', {}, h('td', { colspan: 3 }, `${amount(bets.length)} ${bets.length === 1 ? 'bet' : 'bets'}`), h('td', { class: 'num' }, sum(bets.map((b) => b.stake))),
    h('td', { class: 'num' }, over ? sum([...paid.values()]) : '')));
  const table = h('table', {}, h('caption', {}, `In ${proof.asset}. ${houseLine(proof)}`),
    h('thead', {}, h('tr', {}, ['#', 'Player', 'Choice'].map((name) => h('th', { scope: 'col' }, name)), ['Stake', 'Payout'].map((name) => h('th', { scope: 'col', class: 'num' }, name)))), body, foot);
  return h('section', { class: 'card' }, parts, h('div', { class: 'scroll' }, table), more || null);
}

function houseLine(proof) {
  if (proof.status !== 'settled') return '';
  if (proof.house > 0) return `The house kept ${amount(proof.house)}.`;
  return proof.house < 0 ? `The house paid ${amount(-proof.house)}.` : 'The house kept nothing.';
}

function betRow(proof, bet, payout, over) {
  return h('tr', { class: payout > 0 && proof.status === 'settled' && proof.game !== 'redpacket' ? 'won' : '' }, h('td', { class: 'dim' }, bet.seq), h('td', { class: 'player mono', title: bet.player }, bet.player),
    h('td', {}, catalogue[proof.game]?.choice(String(bet.choice)) ?? bet.choice), h('td', { class: 'num' }, amount(bet.stake)), h('td', { class: 'num' }, over ? amount(payout ?? 0) : '…'));
}

function provesCard(proof, report) {
  const drawn = { dice: 'the three dice', duel: 'the coin', redpacket: 'the split into shares' }[proof.game] ?? 'the outcome';
  const acting = catalogue[proof.game]?.acting;
  return h('section', { class: 'card' }, h('h2', {}, 'What does this prove?'),
    h('ol', { class: 'proves' },
      h('li', {}, h('b', {}, 'Fixed before. '), `The server chose a secret seed and published its fingerprint, the commitment, ${acting ? 'as the packet opened' : 'before the first bet'}. It could not swap the seed afterwards.`),
      acting
        ? h('li', {}, h('b', {}, 'The same for whoever taps. '), 'The shares and their order come from the server’s seed and the opener’s. They were fixed before anybody could claim; who takes one decides nothing about its size.')
        : h('li', {}, h('b', {}, 'Not chosen by one side. '), 'The seed of every bet is mixed in after the commitment. If you set a seed of your own, nobody could know the outcome before you bet.'),
      proof.status === 'voided'
        ? h('li', {}, h('b', {}, 'Nothing was decided. '), 'The round ended before a draw. The seed is revealed all the same, and every stake went back in full.')
        : h('li', {}, h('b', {}, 'Nothing left to decide. '), `Both together give ${drawn} by a public formula, and the published rules give every payout.${report.ok ? ' Your browser just did the same sums and got the same numbers.' : ''}`)),
    h('p', { class: 'note dim' }, 'One thing is yours to check: that the commitment here is the one that was shown in the chat when the round opened.'));
}

function numbersCard(proof) {
  const rows = [['Commitment: SHA-256 of the server’s seed', proof.commit], ['Server’s seed, revealed at the end', proof.server_seed], ['Players’ seeds, hashed together', proof.client_seed],
    ['Rules: SHA-256 of the configuration', proof.config_hash], ['Settlement: SHA-256 of outcome and payouts', proof.settlement_hash]];
  return h('section', { class: 'card' }, h('h2', {}, 'The numbers'), rows.map(([label, value]) => h('div', { class: 'value' }, h('span', {}, label),
    value ? h('div', {}, h('code', {}, value), copyButton(value)) : h('div', { class: 'dim' }, label.startsWith('Server’s seed') ? 'secret until the round is over' : 'none yet'))));
}

const command = (text) => h('div', { class: 'command' }, h('code', {}, text.split(' ').flatMap((word) => [h('span', {}, word), ' '])), copyButton(text));

function ownCard(proof, source, kind = 'round') {
  const id = proof[kind];
  const text = JSON.stringify(proof, null, 2);
  const link = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  return h('section', { class: 'card' }, h('h2', {}, 'Check it without this page'),
    h('p', { class: 'dim' }, 'On the command line, with the program from its source:'),
    source.origin ? command(`fairground verify ${kind} ${id} --api ${source.origin}`) : command(`fairground verify ${kind} ${id}.json`),
    h('div', { class: 'row' }, h('a', { class: 'button', href: link, download: `${id}.json` }, 'Download proof'), copyButton(text, 'Copy proof'),
      source.origin ? h('a', { href: 'offline.html', download: 'fairground-verify.html' }, 'Save this verifier as one file') : null),
    h('details', {}, h('summary', {}, 'The proof'), h('pre', { 'data-testid': 'proof-json', tabindex: 0 }, text)));
}
