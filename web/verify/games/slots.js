// Code generated from games/slots/verify.js. DO NOT EDIT.

// The slot machine, as games/slots: reels with fixed strips, lines, a wild and a scatter that gives free spins. Whether a config
// returns more than it takes is not gone through here: the server refuses it, and a proof does not build on it.

import { STAKE, between, integers, part } from './check.js';

const signs = {
  cherry: '🍒', lemon: '🍋', orange: '🍊', grape: '🍇', melon: '🍉', bell: '🔔', clover: '🍀', star: '⭐', diamond: '💎', crown: '👑',
  seven: '7️⃣', wild: '🃏', gift: '🎁',
};
const ROWS = [0, 1, 2];

const known = (field, symbol, empty = false) => {
  if (!(empty && symbol === '') && !Object.hasOwn(signs, symbol)) throw new Error(`${field}: one of ${Object.keys(signs).join(', ')}`);
};

// numbers checks a list of integers of some length.
function numbers(field, list, length, low, high) {
  if (!Array.isArray(list) || list.length !== length) throw new Error(`${field}: a list of ${length}`);
  list.forEach((n, i) => between(`${field}.${i}`, n, low, high));
}

const shows = (strip, stop, row) => strip[(stop + row) % strip.length];

// line is what a line of symbols pays: the run from the left, or the wilds that it begins with.
function line(config, symbols) {
  let run = '';
  let length = 0;
  let wilds = 0;
  for (const symbol of symbols) {
    if (config.wild !== '' && symbol === config.wild) {
      if (run === '') wilds += 1;
    } else if ((config.scatter !== '' && symbol === config.scatter) || (run !== '' && symbol !== run)) {
      break;
    } else {
      run = symbol;
    }
    length += 1;
  }
  const pays = (symbol, n) => (n > 0 ? config.pays[symbol]?.[n - 1] ?? 0 : 0);
  return Math.max(run === '' ? 0 : pays(run, length), pays(config.wild, wilds));
}

// spin is what stopped reels pay, in hundredths of a line's stake, and how many of them show the scatter.
function spin(config, stops) {
  let amount = 0;
  for (const path of config.lines) amount += line(config, path.map((row, reel) => shows(config.strips[reel], stops[reel], row)));
  const scatters = config.scatter === '' ? 0
    : stops.filter((stop, reel) => ROWS.some((row) => shows(config.strips[reel], stop, row) === config.scatter)).length;
  if (scatters > 0) amount += config.scatter_pays[scatters - 1] * config.lines.length;
  return { amount, scatters };
}

export const slots = {
  title: 'Slots',
  bank: 'house',
  acting: false,
  choice: (name) => (name === 'spin' ? 'Spin' : name),

  parse(config) {
    integers('config', config, { min_stake: STAKE, max_stake: STAKE, max_win: [100, 1_000_000] }, ['strips', 'lines', 'pays', 'wild', 'scatter', 'scatter_pays', 'free_spins']);
    if (config.max_stake < config.min_stake) throw new Error(`max_stake: at least min_stake, ${config.min_stake}`);
    const reels = config.strips?.length;
    between('strips', reels, 3, 5);
    config.strips.forEach((strip, i) => {
      between(`strips.${i}`, strip.length, 3, 64);
      strip.forEach((symbol) => known(`strips.${i}`, symbol));
    });
    between('lines', config.lines?.length, 1, 20);
    config.lines.forEach((path, i) => numbers(`lines.${i}`, path, reels, 0, 2));
    for (const [symbol, pays] of Object.entries(config.pays)) {
      known('pays', symbol);
      numbers(`pays.${symbol}`, pays, reels, 0, 1_000_000);
    }
    known('wild', config.wild, true);
    known('scatter', config.scatter, true);
    if (config.scatter !== '' && (config.scatter === config.wild || Object.hasOwn(config.pays, config.scatter))) throw new Error('scatter: a symbol of its own');
    numbers('scatter_pays', config.scatter_pays, reels, 0, 1_000_000);
    integers('free_spins', config.free_spins, { multiplier: [1, 10], most: [0, 50] }, ['given', 'retrigger']);
    numbers('free_spins.given', config.free_spins.given, reels, 0, 50);
    if (typeof config.free_spins.retrigger !== 'boolean') throw new Error('free_spins.retrigger: true or false');
    return config;
  },

  open(_config, params) {
    integers('params', params, {});
    return { params: {}, seats: 0, betsEach: 0, slots: 0 };
  },

  checkBet(config, _open, bet) {
    if (bet.choice !== 'spin') throw new Error('choice: spin');
    between('stake', bet.stake, config.min_stake, config.max_stake);
  },

  async draw(config, _open, words) {
    const { given: gives, multiplier, most, retrigger } = config.free_spins;
    const top = config.max_win * config.lines.length;
    const spins = [];
    let total = 0;
    let given = 0;
    for (let played = 0; played <= given; played += 1) {
      const stops = [];
      for (const strip of config.strips) stops.push(await words.intn(strip.length));
      const { amount, scatters } = spin(config, stops);
      const paid = Math.min(played > 0 ? amount * multiplier : amount, top);
      if ((played === 0 || retrigger) && scatters > 0) given = Math.min(most, given + gives[scatters - 1]);
      total += paid;
      spins.push({ stops, scatters, amount: paid });
    }
    const hundredths = Math.floor(total / config.lines.length);
    return {
      data: {
        rows: ROWS.map((row) => spins[0].stops.map((stop, reel) => signs[shows(config.strips[reel], stop, row)]).join('')),
        spins, free: spins.length - 1, amount: total,
        times: `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`,
      },
    };
  },

  settle(config, _open, outcome, bets) {
    return bets
      .map((bet) => ({ seq: bet.seq, amount: part(bet.stake, outcome.data.amount, 100 * config.lines.length) }))
      .filter((payout) => payout.amount > 0);
  },
};
