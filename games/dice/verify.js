// Dice, as games/dice: three dice, bets on the sum, its parity or a triple, banked by the house.

import { EXPOSURE, STAKE, WINDOW, between, integers, part } from './check.js';

const THROWS = 216;
const sums = Array.from({ length: 14 }, (_, i) => `sum.${i + 4}`);
const diceChoices = ['big', 'small', 'odd', 'even', 'triple', ...sums];

// diceWins lists the choices that a throw pays.
export function diceWins([a, b, c]) {
  const sum = a + b + c;
  const won = a === b && b === c ? ['triple'] : [sum >= 11 ? 'big' : 'small', sum % 2 === 1 ? 'odd' : 'even'];
  if (sum >= 4 && sum <= 17) won.push(`sum.${sum}`);
  return won;
}

function diceWays() {
  const ways = Object.fromEntries(diceChoices.map((choice) => [choice, 0]));
  for (let n = 0; n < THROWS; n += 1) {
    for (const choice of diceWins([Math.floor(n / 36) + 1, (Math.floor(n / 6) % 6) + 1, (n % 6) + 1])) ways[choice] += 1;
  }
  return ways;
}

const diceNames = { big: 'Big', small: 'Small', odd: 'Odd', even: 'Even', triple: 'Any triple' };

export const dice = {
  title: 'Dice',
  bank: 'house',
  acting: false,
  choice: (name) => diceNames[name] ?? name.replace('sum.', 'Sum '),

  parse(config) {
    integers('config', config, { window_seconds: WINDOW, min_stake: STAKE, max_stake: STAKE, max_bets: [0, 1000], max_exposure: EXPOSURE }, ['pays']);
    if (config.max_stake < config.min_stake) throw new Error(`max_stake: at least min_stake, ${config.min_stake}`);
    const ways = diceWays();
    const offered = Object.fromEntries(Object.keys(config.pays ?? {}).map((c) => [c, [100, Math.min(7200, Math.floor((THROWS * 100) / (ways[c] ?? 1)))]]));
    integers('pays', config.pays, offered);
    for (const choice of Object.keys(offered)) if (!diceChoices.includes(choice)) throw new Error(`pays.${choice}: no such field`);
    if (Object.keys(offered).length === 0) throw new Error('pays: at least 1 of its fields');
    return config;
  },

  open(config, params) {
    integers('params', params, {});
    return { params: {}, seats: 0, betsEach: config.max_bets, slots: 0 };
  },

  checkBet(config, _open, bet) {
    if (!Object.hasOwn(config.pays, bet.choice)) throw new Error(`choice: one of ${Object.keys(config.pays).join(', ')}`);
    between('stake', bet.stake, config.min_stake, config.max_stake);
  },

  async draw(_config, _open, words) {
    const thrown = [];
    for (let i = 0; i < 3; i += 1) thrown.push((await words.intn(6)) + 1);
    const [a, b, c] = thrown;
    return { data: { dice: thrown, sum: a + b + c, triple: a === b && b === c, wins: diceWins(thrown) } };
  },

  settle(config, _open, outcome, bets) {
    const won = diceWins(outcome.data.dice);
    return bets
      .filter((bet) => won.includes(bet.choice))
      .map((bet) => ({ seq: bet.seq, amount: part(bet.stake, config.pays[bet.choice], 100) }))
      .filter((payout) => payout.amount > 0);
  },
};
