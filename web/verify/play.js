// Verifying an instant play from its proof alone, as games.VerifyPlay.

import { canonical } from './canonical.js';
import { serverSeed, sha256, validPlayerSeed } from './fairness.js';
import { catalogue } from './games/index.js';
import { checkDraw } from './outcome.js';
import { checkChain, checkPlayJackpot } from './pot.js';
import { compare, compareJSON, until } from './report.js';

export const PLAY_FORMAT = 'fairground.play.v1';

const betOf = (proof) => ({ seq: 1, player: proof.player, choice: proof.choice, stake: proof.stake, seed: proof.client_seed });

function checkPlayFormat({ proof, game }) {
  compare(PLAY_FORMAT, proof.format);
  compare(`pl_${proof.chain.id.replace(/^c_/, '')}_${proof.chain.index}_${proof.nonce}`, proof.play);
  if (!game) throw new Error(`“${proof.game}” is not a game known here`);
}

async function checkPlayConfig({ proof }) {
  compare(await sha256(canonical(proof.config)), proof.config_hash);
}

function checkPlayParams(run) {
  run.config = run.game.parse(run.proof.config);
  run.open = run.game.open(run.config, run.proof.params);
  compareJSON(run.open.params, run.proof.params);
}

function checkPlayBet(run) {
  if (!run.proof.player) throw new Error('the play has no player');
  if (!validPlayerSeed(run.proof.client_seed)) throw new Error('the play has no valid player seed');
  run.game.checkBet(run.config, run.open, betOf(run.proof));
}

async function checkPlayCommit({ proof }) {
  until(proof.server_seed, 'the player has not rotated the seed');
  compare(await sha256(serverSeed(proof.server_seed)), proof.commit);
}

async function checkPayout(run) {
  if (!run.proof.outcome) throw new Error('the outcome is missing');
  const payouts = await run.game.settle(run.config, run.open, run.proof.outcome, [betOf(run.proof)], []);
  compare(String(payouts.reduce((sum, p) => sum + BigInt(p.amount), 0n)), String(run.proof.payout));
}

// playPlan is the checks of a play's proof: name, title, how, and what each builds on.
export const playPlan = (proof) => [
  ['format', 'The proof is of a kind and a game known here', checkPlayFormat],
  ['config_hash', 'The published rules are the ones that were fixed', checkPlayConfig],
  ['params', 'The rules allow the play', checkPlayParams, 'format'],
  ['bets', 'The rules allow the bet', checkPlayBet, 'params'],
  ['chain', 'The commitment stands in the chain that was published before', checkChain],
  ['commit', 'The server’s seed is the one it committed to', checkPlayCommit],
  ['draw', 'The outcome follows from the seeds', checkDraw, 'params', 'commit'],
  ['payout', 'The payout follows from the outcome', checkPayout, 'bets'],
  ...(proof.jackpot ? [['jackpot', 'The pot was fed and drawn by its rules', checkPlayJackpot, 'bets', 'commit']] : []),
];

// playRun is what the checks work on.
export const playRun = (proof, chain) => ({ proof, game: catalogue[proof.game], final: Boolean(proof.server_seed), chain });
