// Code generated from games/wheel/verify.js. DO NOT EDIT.

// The wheel of fortune, as games/wheel: weighted segments, bets on their symbols, banked by the house.

import { EXPOSURE, STAKE, WINDOW, between, integers, part } from './check.js';

const signs = {
  red: '🔴', blue: '🔵', green: '🟢', yellow: '🟡', purple: '🟣', orange: '🟠', brown: '🟤', black: '⚫',
  white: '⚪', star: '⭐', moon: '🌙', sun: '🌞', clover: '🍀', diamond: '💎', crown: '👑', bell: '🔔',
};

const totalOf = (segments) => segments.reduce((total, segment) => total + segment.weight, 0);

function checkSegments(segments) {
  if (!Array.isArray(segments) || segments.length < 2 || segments.length > 16) throw new Error('segments: between 2 and 16 items');
  const seen = new Set();
  segments.forEach((segment, i) => {
    integers(`segments.${i}`, segment, { weight: [1, 100000], pays: [0, 500000] }, ['symbol']);
    if (!Object.hasOwn(signs, segment.symbol)) throw new Error(`segments.${i}.symbol: one of ${Object.keys(signs).join(', ')}`);
    if (seen.has(segment.symbol)) throw new Error(`segments.${i}.symbol: no symbol twice`);
    seen.add(segment.symbol);
  });
  const total = totalOf(segments);
  segments.forEach(({ weight, pays }, i) => {
    if (pays > 0) between(`segments.${i}.pays`, pays, 100, Math.floor((total * 100) / weight));
  });
  if (segments.every((segment) => segment.pays === 0)) throw new Error('segments: at least one that pays');
}

export const wheel = {
  title: 'Wheel of fortune',
  bank: 'house',
  acting: false,
  choice: (name) => (Object.hasOwn(signs, name) ? `${signs[name]} ${name[0].toUpperCase()}${name.slice(1)}` : name),

  parse(config) {
    integers('config', config, { window_seconds: WINDOW, min_stake: STAKE, max_stake: STAKE, max_bets: [0, 1000], max_exposure: EXPOSURE }, ['segments']);
    if (config.max_stake < config.min_stake) throw new Error(`max_stake: at least min_stake, ${config.min_stake}`);
    checkSegments(config.segments);
    return config;
  },

  open(config, params) {
    integers('params', params, {});
    return { params: {}, seats: 0, betsEach: config.max_bets, slots: 0 };
  },

  checkBet(config, _open, bet) {
    const offered = config.segments.filter((segment) => segment.pays > 0).map((segment) => segment.symbol);
    if (!offered.includes(bet.choice)) throw new Error(`choice: one of ${offered.join(', ')}`);
    between('stake', bet.stake, config.min_stake, config.max_stake);
  },

  async draw(config, _open, words) {
    let n = await words.intn(totalOf(config.segments));
    let at = 0;
    while (n >= config.segments[at].weight) {
      n -= config.segments[at].weight;
      at += 1;
    }
    const { symbol, pays } = config.segments[at];
    return { data: { segment: at, symbol, sign: signs[symbol], pays, wins: pays > 0 ? [symbol] : [] } };
  },

  settle(config, _open, outcome, bets) {
    const { symbol, pays } = config.segments[outcome.data.segment];
    return bets
      .filter((bet) => bet.choice === symbol)
      .map((bet) => ({ seq: bet.seq, amount: part(bet.stake, pays, 100) }))
      .filter((payout) => payout.amount > 0);
  },
};
