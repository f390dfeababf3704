// Parity, as games/parity: a ten-sided die, bets on odd or even, banked by the house.

import { STAKE, WINDOW, between, integers, part } from './check.js';

export const parity = {
  title: 'Parity',
  bank: 'house',
  acting: false,
  choice: (name) => ({ odd: 'Odd', even: 'Even' })[name] ?? name,

  parse(config) {
    integers('config', config, { window_seconds: WINDOW, max_stake: STAKE, pays: [100, 200] });
    return config;
  },

  open(_config, params) {
    integers('params', params, {});
    return { params: {}, seats: 0, betsEach: 0, slots: 0 };
  },

  checkBet(config, _open, bet) {
    if (bet.choice !== 'odd' && bet.choice !== 'even') throw new Error('choice: odd or even');
    between('stake', bet.stake, 1, config.max_stake);
  },

  async draw(_config, _open, words) {
    const face = (await words.intn(10)) + 1;
    return { data: { face, wins: [face % 2 === 1 ? 'odd' : 'even'] } };
  },

  settle(config, _open, outcome, bets) {
    return bets
      .filter((bet) => bet.choice === outcome.data.wins[0])
      .map((bet) => ({ seq: bet.seq, amount: part(bet.stake, config.pays, 100) }))
      .filter((payout) => payout.amount > 0);
  },
};
