// Where a seed and public randomness come from, and the pot that stakes feed.

import { canonical } from './canonical.js';
import { Stream, fromHex, serverSeed, sha256 } from './fairness.js';
import { compare, compareJSON, until } from './report.js';

// checkChain checks that a commitment stands where the proof says in the chain whose hash it gives.
export async function checkChain({ proof, chain }) {
  until(chain, 'the published list of the chain is not at hand');
  const { id, index, hash } = proof.chain;
  compare(id, chain.id);
  for (const commit of chain.commits) if (!/^[0-9a-f]{64}$/.test(commit)) throw new Error('a commitment of the chain is not 64 hex digits');
  compare(await sha256(['fairground.chain.v1', chain.id, ...chain.commits, ''].join('\n')), hash);
  if (!(index in chain.commits)) throw new Error(`chain ${id} has no seed ${index}`);
  compare(chain.commits[index], proof.commit);
}

// checkBeacon checks that the public randomness is that of the network that was fixed, and came after the window. The network's
// signature is on a curve that browsers can't compute with: the command line checks that.
export async function checkBeacon({ proof, final }) {
  const b = proof.beacon;
  const head = new DataView(new ArrayBuffer(12));
  head.setUint32(0, b.period);
  head.setBigInt64(4, BigInt(b.genesis_time));
  const name = b.network === 'default' ? [] : new TextEncoder().encode(b.network);
  const parts = [new Uint8Array(head.buffer), fromHex(b.public_key), fromHex(b.genesis_seed), name];
  compare(await sha256(Uint8Array.from(parts.flatMap((part) => [...part]))), b.chain);
  if (b.genesis_time + (b.round - 1) * b.period <= Math.floor(Date.parse(proof.closes_at) / 1000)) {
    throw new Error(`round ${b.round} of the network was known before betting ended`);
  }
  if (proof.status === 'voided' && !b.signature) return undefined;
  until(b.signature, final ? 'the randomness is missing' : undefined);
  return 'This page can’t check the network’s signature; fairground verify does.';
}

// mixed is the players' part of a draw with the proof's public randomness in it.
export async function mixed(proof, client) {
  if (!proof.beacon) return client;
  return sha256(`fairground.beacon.v1\n${client}\n${await sha256(fromHex(proof.beacon.signature))}\n`);
}

const JACKPOT_NONCE = 1;
const SCALE = 10000n;

// checkJackpot feeds and draws the pot again.
export async function checkJackpot({ proof, final }) {
  const pot = proof.jackpot;
  await checkRules(pot);
  if (proof.status === 'voided') {
    if (pot.drawn || pot.hit || pot.amount) throw new Error('the pot of a voided round is not drawn');
    return;
  }
  until(final);
  const bets = proof.bets.map(({ seq, stake }) => ({ seq, stake: BigInt(stake) }));
  await redraw(pot, bets, new Stream(serverSeed(proof.server_seed), proof.client_seed, JACKPOT_NONCE));
}

// checkPlayJackpot does so for a play, which is one bet: its pot has a stream of its own beside that of its game.
export async function checkPlayJackpot({ proof }) {
  await checkRules(proof.jackpot);
  const words = new Stream(serverSeed(proof.server_seed), `${proof.client_seed}:pot`, proof.nonce);
  await redraw(proof.jackpot, [{ seq: 1, stake: BigInt(proof.stake) }], words);
}

async function checkRules(pot) {
  compare(await sha256(canonical(pot.config)), pot.config_hash);
}

async function redraw(pot, bets, words) {
  const sum = bets.reduce((all, { stake }) => all + stake, 0n);
  if (bets.some(({ stake }) => stake < 0n) || sum >= 2n ** 63n) throw new Error('the stakes are more than there can be');
  const carry = BigInt(pot.carry_before);
  if (carry < 0n || carry >= SCALE || pot.pot_before < 0) throw new Error('the pot before is none that can be');
  const contribution = (carry + sum * BigInt(pot.config.contribution_bp)) / SCALE;
  const want = {
    id: pot.id, config_version: pot.config_version, config: pot.config, config_hash: pot.config_hash, drawn: true,
    carry_before: pot.carry_before, pot_before: pot.pot_before, contribution: Number(contribution), hit: false, amount: 0,
  };
  const won = await winner(words, BigInt(pot.config.chance), bets, sum);
  if (won) Object.assign(want, { hit: true, winner: won.seq, amount: Number(BigInt(pot.pot_before) + contribution) });
  compareJSON(want, pot);
}

// winner is the winning bet, if there is one: the stakes lie one after the other, and a number falls on one or on none.
async function winner(words, chance, bets, sum) {
  if (sum <= 0n || chance < 1n) return undefined;
  let at = await words.int64n(chance > sum ? chance : sum);
  for (const bet of bets) {
    if (at < bet.stake) return bet;
    at -= bet.stake;
  }
  return undefined;
}
