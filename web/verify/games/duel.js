// Code generated from games/duel/verify.js. DO NOT EDIT.

// The coin-flip duel, as games/duel: the opener's heads against a joiner's tails.

import { STAKE, WINDOW, between, integers, part } from './check.js';

const duelPrize = (config, pot) => pot - part(pot, config.rake_bp, 10000);

export const duel = {
  title: 'Coin-flip duel',
  bank: 'pool',
  acting: false,
  choice: (name) => ({ heads: 'Heads', tails: 'Tails' })[name] ?? name,

  parse(config) {
    integers('config', config, { window_seconds: WINDOW, min_stake: STAKE, max_stake: STAKE, default_stake: STAKE, rake_bp: [0, 2000] });
    if (config.max_stake < config.min_stake) throw new Error(`max_stake: at least min_stake, ${config.min_stake}`);
    between('default_stake', config.default_stake, config.min_stake, config.max_stake);
    return config;
  },

  open(config, params) {
    integers('params', params, { stake: [config.min_stake, config.max_stake] });
    return { params: { stake: params.stake }, seats: 2, betsEach: 1, slots: 0, first: { choice: 'heads', stake: params.stake } };
  },

  checkBet(_config, open, bet) {
    const side = bet.seq === 1 ? 'heads' : 'tails';
    if (bet.choice !== side) throw new Error(`choice: ${side}`);
    if (bet.stake !== open.params.stake) throw new Error(`stake: ${open.params.stake}, as the opener staked`);
  },

  async draw(_config, _open, words) {
    const side = (await words.intn(2)) === 0 ? 'heads' : 'tails';
    return { data: { side, wins: [side] } };
  },

  settle(config, _open, outcome, bets) {
    if (bets.length !== 2) throw new Error(`a duel is one bet on each side, not ${bets.length} bets`);
    const winner = bets.find((bet) => bet.choice === outcome.data.side);
    return [{ seq: winner.seq, amount: duelPrize(config, bets[0].stake + bets[1].stake) }];
  },
};
