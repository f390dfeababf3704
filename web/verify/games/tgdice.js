// Code generated from games/tgdice/verify.js. DO NOT EDIT.

// Bets on Telegram's dice, as games/tgdice. The value is Telegram's: only what follows from it can be checked.

import { EXPOSURE, STAKE, WINDOW, between, integers, part } from './check.js';

const tgdiceValues = { '🎲': 6, '🎯': 6, '🎳': 6, '🏀': 5, '⚽': 5, '🎰': 64 };
const tgdiceNames = { big: 'Big', small: 'Small', odd: 'Odd', even: 'Even' };

// tgdiceWins lists the choices that a value pays.
function tgdiceWins(value, most) {
  const half = Math.floor(most / 2);
  const won = [];
  if (value > most - half) won.push('big');
  else if (value <= half) won.push('small');
  return [...won, value % 2 === 1 ? 'odd' : 'even', `value.${value}`];
}

function tgdiceWays(most) {
  const ways = {};
  for (let value = 1; value <= most; value += 1) for (const choice of tgdiceWins(value, most)) ways[choice] = (ways[choice] ?? 0) + 1;
  return ways;
}

export const tgdice = {
  title: 'Telegram dice',
  bank: 'house',
  acting: false,
  external: true,
  choice: (name) => tgdiceNames[name] ?? name.replace('value.', 'Value '),
  caption: (proof) => (proof.outcome ? `Telegram threw ${proof.outcome.data.emoji} ${proof.outcome.data.value}: chosen by the chat, not provable` : ''),

  parse(config) {
    integers('config', config, { window_seconds: WINDOW, min_stake: STAKE, max_stake: STAKE, max_bets: [0, 1000], max_exposure: EXPOSURE }, ['emoji', 'pays']);
    if (config.max_stake < config.min_stake) throw new Error(`max_stake: at least min_stake, ${config.min_stake}`);
    if (!Object.hasOwn(tgdiceValues, config.emoji)) throw new Error(`emoji: one of ${Object.keys(tgdiceValues).join(' ')}`);
    const most = tgdiceValues[config.emoji];
    const ways = tgdiceWays(most);
    const offered = Object.keys(config.pays ?? {});
    if (offered.length === 0) throw new Error('pays: at least 1 of its fields');
    for (const choice of offered) if (!Object.hasOwn(ways, choice)) throw new Error(`pays.${choice}: leave it out: ${config.emoji} shows 1 to ${most}`);
    integers('pays', config.pays, Object.fromEntries(offered.map((choice) => [choice, [100, Math.floor((most * 100) / ways[choice])]])));
    return config;
  },

  open(config, params) {
    integers('params', params, {}, ['emoji']);
    if ((params.emoji ?? config.emoji) !== config.emoji) throw new Error(`emoji: ${config.emoji}, or leave it out`);
    return { params: { emoji: config.emoji }, seats: 0, betsEach: config.max_bets, slots: 0 };
  },

  checkBet(config, _open, bet) {
    if (!Object.hasOwn(config.pays, bet.choice)) throw new Error(`choice: one of ${Object.keys(config.pays).join(', ')}`);
    between('stake', bet.stake, config.min_stake, config.max_stake);
  },

  async draw() {
    throw new Error("Telegram's dice decide this game, no seed does");
  },

  take(config, _open, value) {
    const most = tgdiceValues[config.emoji];
    between('value', value, 1, most);
    return { data: { emoji: config.emoji, value, wins: tgdiceWins(value, most) } };
  },

  settle(config, _open, outcome, bets) {
    const won = tgdiceWins(outcome.data.value, tgdiceValues[config.emoji]);
    return bets
      .filter((bet) => won.includes(bet.choice))
      .map((bet) => ({ seq: bet.seq, amount: part(bet.stake, config.pays[bet.choice], 100) }))
      .filter((payout) => payout.amount > 0);
  },
};
