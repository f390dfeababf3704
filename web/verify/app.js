// Finding a proof: by the id of a round or a play from this server, pasted, chosen or dropped.

import { h } from './dom.js';
import { dieFace, markOf } from './pictures.js';
import { PLAY_FORMAT } from './play.js';
import { isFinal, readProof, verify, verifyPlay } from './verify.js';
import { playView, roundView } from './view.js';

const REFRESH = 4000;
const LARGEST = 64 * 1024 * 1024;
const page = document.getElementById('page');
const lookup = document.getElementById('lookup');
const input = document.getElementById('round');
const offline = location.protocol === 'file:';
let asked = 0; // the newest request; older answers are dropped

const show = (...parts) => page.replaceChildren(...parts.flat());

function roundOf(text) {
  const trimmed = text.trim();
  const found = /[?&](?:round|play)=([^&#]+)/.exec(trimmed) ?? /\/(?:rounds|plays)\/([^/?#]+)/.exec(trimmed);
  return found ? decodeURIComponent(found[1]) : trimmed;
}

async function showText(text, source, turn) {
  let proof;
  try {
    proof = readProof(text);
  } catch (error) {
    failure('This is not a proof', error.message);
    return null;
  }
  const play = proof.format === PLAY_FORMAT;
  const id = play ? proof.play : proof.round;
  if (source.round && id !== source.round) {
    failure('This is another proof', `The server was asked for ${source.round} and sent ${id}.`);
    return null;
  }
  try {
    const chain = await fetchChain(proof, source);
    const report = play ? await verifyPlay(proof, chain) : await verify(proof, chain);
    if (turn !== asked) return null;
    document.title = `${report.ok ? '✓' : report.failed.length > 0 ? '✗' : '…'} ${id} · Fairground`;
    show(play ? playView(proof, report, source) : roundView(proof, report, source), source.round ? [] : pasteCard());
  } catch (error) {
    failure('The proof could not be checked', error.message);
    return null;
  }
  return proof;
}

async function showRound(round) {
  const turn = (asked += 1);
  input.value = round;
  if (!/^(r_[a-z0-9]{8,64}|pl_[a-z0-9]{8,64}_\d+_\d+)$/.test(round)) {
    failure('This is not the id of a round or a play', 'An id is r_ or pl_ followed by letters and digits, as in the Verify button’s link under a result.');
    return;
  }
  show(h('section', { class: 'card skeleton', role: 'status', 'data-testid': 'loading' }, h('p', { class: 'dim' }, `Asking for the proof of ${round} …`)));
  let before = '';
  for (;;) {
    const text = await fetchProof(round, turn);
    if (text === null || turn !== asked) return;
    if (text !== before) {
      const proof = await showText(text, { origin: location.origin, round }, turn);
      if (!proof || isFinal(proof)) return;
      before = text;
    }
    await new Promise((done) => { setTimeout(done, REFRESH); });
    while (document.hidden && turn === asked) await new Promise((done) => { setTimeout(done, REFRESH); });
    if (turn !== asked) return;
  }
}

async function fetchProof(round, turn) {
  try {
    const kind = round.startsWith('pl_') ? 'plays' : 'rounds';
    const answer = await fetch(new URL(`../v1/${kind}/${round}/proof`, location.href), { headers: { Accept: 'application/json' } });
    if (answer.ok) return await answer.text();
    if (turn !== asked) return null;
    if (answer.status === 404) failure('There is no such round here', `This server knows no round ${round}. Check the id, or paste the proof below.`);
    else failure('The server could not answer', `It said ${answer.status}. Try again in a moment.`, () => showRound(round));
  } catch {
    if (turn === asked) failure('The server could not be reached', 'Check your connection and try again.', () => showRound(round));
  }
  return null;
}

// fetchChain is the published list that the proof's seed stands in; without a server, or without an answer, there is none.
async function fetchChain(proof, source) {
  if (!source.origin || !/^c_[a-z0-9]{8,64}$/.test(proof.chain?.id ?? '')) return null;
  try {
    const answer = await fetch(new URL(`../v1/fairness/chains/${proof.chain.id}`, location.href), { headers: { Accept: 'application/json' } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function failure(title, text, again) {
  document.title = 'Verify a round · Fairground';
  show(h('section', { class: 'card verdict failed', role: 'alert', 'data-testid': 'problem' }, h('div', {}, h('h1', {}, markOf('failed'), title), h('p', {}, text)),
    again ? h('button', { type: 'button', onclick: again }, 'Try again') : null), pasteCard());
}

function pasteCard() {
  const area = h('textarea', { id: 'paste', placeholder: '{"format":"fairground.round.v1", …}', spellcheck: 'false', 'aria-label': 'A proof’s JSON', 'data-testid': 'paste' });
  const file = h('input', { type: 'file', accept: '.json,application/json', class: 'hidden', id: 'file', onchange: () => file.files[0] && showFile(file.files[0]) });
  const submit = (event) => {
    event.preventDefault();
    showText(area.value, {}, (asked += 1));
  };
  return h('section', { class: 'card' }, h('h2', {}, 'Check a proof that you have'), h('form', { onsubmit: submit }, area,
    h('div', { class: 'row note' }, h('button', { class: 'main' }, 'Check this proof'), file, h('label', { class: 'button', for: 'file' }, 'Choose a file'), h('span', { class: 'dim' }, 'or drop it anywhere'))));
}

async function showFile(file) {
  const turn = (asked += 1);
  if (file.size > LARGEST) failure('This is not a proof', 'The file is larger than any proof.');
  else await showText(await file.text(), {}, turn);
}

function welcome() {
  asked += 1;
  document.title = 'Verify a round · Fairground';
  show(h('section', { class: 'card empty' }, h('div', { class: 'dice', 'aria-hidden': 'true' }, [4, 2, 6].map(dieFace)), h('h1', {}, 'Was it fair? Do the sums yourself.'),
    h('p', { class: 'dim' }, 'Every round ends with a proof: the server’s seed, every player’s seed, the bets and the payouts. This page recomputes all of it in your browser. ',
      offline ? 'Paste or drop a proof.' : 'Enter the id of a round, or paste its proof.')), pasteCard());
}

function route() {
  const query = new URLSearchParams(location.search);
  const round = query.get('round') ?? query.get('play');
  if (round && !offline) showRound(roundOf(round));
  else welcome();
}

lookup.hidden = offline;
lookup.addEventListener('submit', (event) => {
  event.preventDefault();
  const round = roundOf(input.value);
  if (round === '') return input.focus();
  history.pushState(null, '', `?round=${encodeURIComponent(round)}`);
  return showRound(round);
});
document.querySelector('[data-home]').addEventListener('click', (event) => {
  event.preventDefault();
  if (!offline) history.pushState(null, '', location.pathname);
  input.value = '';
  welcome();
});
addEventListener('popstate', route);

const drop = document.getElementById('drop');
addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.hidden = false;
});
addEventListener('dragleave', (event) => { if (event.relatedTarget === null) drop.hidden = true; });
addEventListener('drop', (event) => {
  event.preventDefault();
  drop.hidden = true;
  if (event.dataTransfer.files[0]) showFile(event.dataTransfer.files[0]);
});
route();
