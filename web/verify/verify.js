// Verifying a round from its proof alone: the same checks, in the same order, as games.Verify.

import { NotCanonical, canonical } from './canonical.js';
import { clientSeed, serverSeed, sha256, validPlayerSeed } from './fairness.js';
import { catalogue } from './games/index.js';
import { checkActs, checkContent, checkDraw } from './outcome.js';
import { playPlan, playRun } from './play.js';
import { checkBeacon, checkChain, checkJackpot, mixed } from './pot.js';
import { Mismatch, Pending, compare, compareJSON, until } from './report.js';

export const FORMAT = 'fairground.round.v1';

const TITLES = {
  format: 'The proof is of a kind and a game known here',
  config_hash: 'The published rules are the ones that were fixed',
  params: 'The rules allow the round as it was opened',
  bets: 'The rules allow every bet',
  commit: 'The server’s seed is the one it committed to',
  chain: 'The commitment stands in the chain that was published before',
  beacon: 'The public randomness is its network’s own, and came after betting',
  client_seed: 'Every player’s seed went into the draw',
  draw: 'The outcome follows from the seeds',
  content: 'The content is what the draw chose from the bank that was fixed',
  acts: 'Every share was taken once, by one player',
  payouts: 'Every payout follows from the outcome',
  sums: 'Stakes, payouts and the house add up',
  hash: 'The settlement is the one that was sealed',
  jackpot: 'The pot was fed and drawn by its rules',
};

const VOIDED = { draw: 'Nothing was drawn', payouts: 'Every stake went back' };

export const isFinal = (proof) => proof.status === 'settled' || proof.status === 'voided';

// readProof checks that a text is the proof of a round.
export function readProof(text) {
  let proof;
  try {
    proof = JSON.parse(text);
  } catch {
    throw new Error('This is not JSON.');
  }
  if (proof === null || typeof proof !== 'object' || !proof.format) throw new Error('This is not the proof of a round: it has no format.');
  return proof;
}

// verify makes every check. One that builds on a failed one is skipped. chain is the published list that the seed stands in, if it
// is at hand.
export async function verify(published, chain = null) {
  const proof = { bets: [], acts: [], payouts: [], house: 0, ...published };
  const run = { proof, game: catalogue[proof.game], final: isFinal(proof), chain };
  const checks = [];
  for (const [name, make, ...needs] of plan(run)) checks.push(await check({ name, title: titleOf(name, run) }, () => make(run), checks, needs));
  return reportOf(proof.round, run, checks);
}

// verifyPlay makes every check of an instant play's proof.
export async function verifyPlay(proof, chain = null) {
  const run = playRun(proof, chain);
  const checks = [];
  for (const [name, title, make, ...needs] of playPlan(proof)) checks.push(await check({ name, title }, () => make(run), checks, needs));
  return reportOf(proof.play, run, checks);
}

// reportOf sums the checks up. The list of a chain need not be at hand.
const reportOf = (round, { proof, final }, checks) => ({
  round, game: proof.game, final, checks, failed: checks.filter((c) => c.status === 'failed').map((c) => c.name),
  ok: final && checks.every((c) => c.status === 'ok' || (c.name === 'chain' && c.status === 'pending')),
});

function plan({ proof, game }) {
  const rules = [['format', checkFormat], ['config_hash', checkConfig], ['params', checkParams, 'format'], ['bets', checkBets, 'params'], ['commit', checkCommit]];
  if (proof.chain) rules.push(['chain', checkChain]);
  if (proof.beacon) rules.push(['beacon', checkBeacon]);
  const end = [['sums', checkSums, 'payouts'], ['hash', checkHash, 'draw', 'payouts']];
  if (proof.jackpot) end.push(['jackpot', checkJackpot, 'bets', 'commit', 'client_seed']);
  if (proof.status === 'voided') return [...rules, ['draw', checkNoDraw], ['payouts', checkRefunds, 'draw'], ...end];
  const content = game?.checkContent ? [['content', checkContent, 'draw']] : [];
  const acts = game?.acting || game?.live || proof.acts.length > 0 ? [['acts', checkActs, 'bets', 'draw']] : [];
  return [
    ...rules, ['client_seed', checkClientSeed, 'format', 'beacon'], ['draw', checkDraw, 'params', 'commit', 'client_seed'], ...content, ...acts,
    ['payouts', checkPayouts, 'bets', 'draw', 'content', 'acts'], ...end,
  ];
}

function titleOf(name, { proof, game }) {
  if (proof.status === 'voided' && VOIDED[name]) return VOIDED[name];
  if (name === 'acts' && game?.live) return 'Every act was made in its time, and once';
  if (name === 'draw' && game?.take) return 'The outcome follows from what the chat’s dice showed';
  return TITLES[name];
}

async function check(label, make, made, needs) {
  const result = { ...label, status: 'ok' };
  const blocker = made.find((c) => c.status !== 'ok' && needs.includes(c.name));
  if (blocker?.status === 'pending') return { ...result, status: 'pending', detail: blocker.detail };
  if (blocker) return { ...result, status: 'skipped', detail: `it builds on ${blocker.name}` };
  try {
    const note = await make();
    return note ? { ...result, detail: note } : result;
  } catch (error) {
    if (error instanceof Pending) return { ...result, status: 'pending', detail: error.message };
    return { ...result, status: 'failed', detail: error.message, expected: error.expected, got: error.got };
  }
}

const untilOver = (run) => until(run.final);

function checkFormat({ proof, game }) {
  compare(FORMAT, proof.format);
  if (!['open', 'closed', 'drawn', 'settled', 'voided'].includes(proof.status)) throw new Error(`“${proof.status}” is not a status of a round`);
  if (!game) throw new Error(`“${proof.game}” is not a game known here`);
}

async function checkConfig({ proof }) {
  compare(await sha256(canonical(proof.config)), proof.config_hash);
}

function checkParams(run) {
  run.config = run.game.parse(run.proof.config);
  run.open = run.game.open(run.config, run.proof.params);
  compareJSON(run.open.params, run.proof.params);
}

function checkBets(run) {
  const { proof, open, config, game } = run;
  if (proof.bets.length === 0) untilOver(run);
  const each = new Map();
  proof.bets.forEach((bet, i) => {
    each.set(bet.player, (each.get(bet.player) ?? 0) + 1);
    if (bet.seq !== i + 1) throw new Error(`bet ${bet.seq} stands at place ${i + 1}`);
    if (!bet.player) throw new Error(`bet ${bet.seq} has no player`);
    const hidden = bet.seed === '' && proof.status === 'open';
    if (!validPlayerSeed(bet.seed) && !hidden) throw new Error(`bet ${bet.seq} has no valid player seed`);
    if (open.betsEach > 0 && each.get(bet.player) > open.betsEach) throw new Error(`bet ${bet.seq} is one too many of its player`);
    game.checkBet(config, open, bet);
  });
  if (open.seats > 0 && proof.bets.length > open.seats) throw new Error(`${proof.bets.length} bets for ${open.seats} seats`);
  const [first] = proof.bets;
  if (open.first && (first?.choice !== open.first.choice || first?.stake !== open.first.stake)) throw new Error('the first bet is not the opener’s');
}

async function checkCommit(run) {
  if (!run.proof.server_seed) untilOver(run);
  compare(await sha256(serverSeed(run.proof.server_seed)), run.proof.commit);
}

async function checkClientSeed(run) {
  const { proof, game } = run;
  if (!proof.client_seed) untilOver(run);
  const fed = game.acting ? Math.min(1, proof.bets.length) : proof.bets.length;
  compare(`draw_bets ${fed}`, `draw_bets ${proof.draw_bets}`);
  compare(await mixed(proof, await clientSeed(proof.round, proof.bets.slice(0, fed))), proof.client_seed);
}

function checkNoDraw({ proof }) {
  if (proof.outcome || proof.acts.length > 0 || proof.external) throw new Error('a voided round has no outcome');
}

async function checkPayouts(run) {
  untilOver(run);
  const { proof, game } = run;
  compareJSON(await game.settle(run.config, run.open, proof.outcome, proof.bets, proof.acts), proof.payouts);
}

function checkRefunds({ proof }) {
  compareJSON(proof.bets.map((bet) => ({ seq: bet.seq, amount: bet.stake })), proof.payouts);
}

const big = (amount) => {
  if (!Number.isSafeInteger(amount)) throw new NotCanonical(`${amount} is not an integer of at most 2^53-1`);
  return BigInt(amount);
};
const total = (amounts) => amounts.reduce((sum, amount) => sum + big(amount), 0n);

function checkSums(run) {
  untilOver(run);
  const { proof, game } = run;
  const staked = total(proof.bets.map((bet) => bet.stake));
  const shares = game?.acting ? proof.acts.map((act) => proof.outcome.slots[act.slot].amount) : [];
  const left = total([proof.house, ...proof.payouts.map((p) => p.amount), ...shares]);
  if (proof.house < 0 && game?.bank === 'pool') throw new Error('the house paid into a game in which players pay each other');
  if (staked !== left) throw new Mismatch(`${staked} staked`, `${left} paid out and kept`);
}

async function checkHash(run) {
  untilOver(run);
  const { proof } = run;
  const sealed = { outcome: proof.outcome ?? { data: null }, payouts: proof.payouts, round: proof.round };
  compare(await sha256(canonical(sealed)), proof.settlement_hash);
}
