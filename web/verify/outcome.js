// The outcome of a round: drawn, taken from outside or chosen from a bank, and what players did with it.

import { Stream, serverSeed } from './fairness.js';
import { compare, compareJSON, until } from './report.js';

export async function checkDraw(run) {
  const { proof, game } = run;
  const seed = serverSeed(proof.server_seed);
  if (!proof.outcome) {
    until(run.final);
    throw new Error('the outcome is missing');
  }
  if (Boolean(proof.external) !== Boolean(game.take)) throw new Error('the value that decides the round is missing, or is not one that may');
  if (proof.external) {
    compare('telegram', proof.external.source);
    compareJSON(await game.take(run.config, run.open, proof.external.value), proof.outcome);
    return;
  }
  const drawn = await game.draw(run.config, run.open, new Stream(seed, proof.client_seed, proof.nonce ?? 0));
  if (game.checkContent && proof.outcome.content !== undefined) drawn.content = proof.outcome.content; // a check of its own
  compareJSON(drawn, proof.outcome);
}

export async function checkContent(run) {
  await run.game.checkContent(run.config, run.open, run.proof.outcome);
}

export function checkActs(run) {
  if (run.game?.live) checkLiveActs(run);
  else if (run.game?.acting) checkShares(run.proof);
  else throw new Error('nothing can be taken in this game');
}

function checkShares(proof) {
  if (proof.acts.length > 0 && !proof.outcome) throw new Error('shares were taken and none are published');
  const slots = new Set();
  const players = new Set();
  for (const { slot, player } of proof.acts) {
    if (!proof.outcome.slots?.[slot]) throw new Error(`there is no share ${slot}`);
    if (slots.has(slot)) throw new Error(`share ${slot} was taken twice`);
    if (!player || players.has(player)) throw new Error(`share ${slot} has no player or one who took another`);
    slots.add(slot);
    players.add(player);
  }
}

// Acts without a number in the proof have a zero there.
const whole = (act) => ({ slot: 0, seq: 0, at_ms: 0, choice: '', ...act });
const order = (a, b) => a.at_ms - b.at_ms || a.seq - b.seq || a.slot - b.slot;

// checkLiveActs checks that every act was made by its bet's player, in its window, before the run was over, and once for a slot.
function checkLiveActs(run) {
  const { proof, game } = run;
  until(proof.outcome);
  const end = proof.outcome.live_ms;
  if (!(end >= 1)) throw new Error('nothing can be done in this round');
  const made = new Set();
  proof.acts.map(whole).forEach((act, i, all) => {
    const bet = proof.bets[act.seq - 1];
    if (!bet || bet.player !== act.player) throw new Error(`act ${i + 1} names no bet of its player`);
    const place = `${act.seq}/${act.slot}`;
    if (made.has(place)) throw new Error(`bet ${act.seq} acted twice on slot ${act.slot}`);
    if (i > 0 && order(all[i - 1], act) >= 0) throw new Error(`act ${i + 1} is out of order`);
    made.add(place);
    const { from, to } = game.checkAct(run.config, run.open, bet, act);
    if (act.at_ms < from || act.at_ms >= Math.min(to, end)) throw new Error(`bet ${act.seq} acted at ${act.at_ms} ms, which was not its time`);
  });
}
