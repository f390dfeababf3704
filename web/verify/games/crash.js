// Code generated from games/crash/verify.js. DO NOT EDIT.

// Crash, as games/crash: a multiplier climbs until it crashes at a drawn point, banked by the house.

import { EXPOSURE, STAKE, WINDOW, between, integers, part } from './check.js';

const crashStep = 100; // ms
const crashUnit = 1_000_000n; // parts of a hundredth that the curve counts in
const crashWord = 2 ** 32;
const crashTargets = [120, 150, 200, 300, 500, 1000, 2000, 5000, 10000];
const crashShown = (hundredths) => `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;

// crashCurve is the multiplier's value at the beginning of each step until the cap is reached.
function crashCurve(config) {
  const values = [100n * crashUnit];
  const end = BigInt(config.max_multiplier) * crashUnit;
  for (let last = values[0]; last < end; values.push(last)) last += (last * BigInt(config.growth_ppm)) / crashUnit;
  return values;
}

// crashAt is the multiplier in hundredths t ms after the start.
function crashAt(curve, t) {
  const k = Math.floor(t / crashStep);
  if (k >= curve.length - 1) return Number(curve.at(-1) / crashUnit);
  return Number((curve[k] + ((curve[k + 1] - curve[k]) * BigInt(t % crashStep)) / BigInt(crashStep)) / crashUnit);
}

// crashReaches is the first millisecond at which the curve is at a multiplier or beyond it.
function crashReaches(curve, multiplier) {
  const k = curve.findIndex((value) => value / crashUnit >= BigInt(multiplier));
  if (k === 0) return 0;
  let t = (k - 1) * crashStep;
  while (crashAt(curve, t) < multiplier) t += 1;
  return t;
}

const crashLasts = (config, point) => Math.max(1, crashReaches(crashCurve(config), point));

// crashTarget is where a bet cashes out by itself, in hundredths.
function crashTarget(config, choice) {
  if (choice === 'manual') return config.max_multiplier;
  const target = /^auto\.([1-9][0-9]{0,6})$/.test(choice) ? Number(choice.slice(5)) : 0;
  if (target <= 100 || target > config.max_multiplier) throw new Error(`choice: manual, or auto.N to cash out at N hundredths, 101 to ${config.max_multiplier}`);
  return target;
}

function crashCheckAct(config, bet, act) {
  if (act.choice !== 'cash_out' || act.slot !== 0) throw new Error('choice: cash_out of slot 0');
  return { from: 1, to: Math.max(1, crashReaches(crashCurve(config), crashTarget(config, bet.choice))) };
}

export const crash = {
  title: 'Crash',
  bank: 'house',
  acting: false,
  live: true,
  choice: (name) => (name === 'manual' ? 'By hand' : `Auto ${crashShown(Number(name.slice(5)))}×`),
  caption: (proof) => (proof.outcome ? `Crashed at ${proof.outcome.data.shown}×` : ''),

  parse(config) {
    integers('config', config, {
      window_seconds: WINDOW, min_stake: STAKE, max_stake: STAKE, max_bets: [0, 1000], max_exposure: EXPOSURE,
      edge_bp: [0, 5000], max_multiplier: [200, 100000], growth_ppm: [2000, 50000],
    });
    if (config.max_stake < config.min_stake) throw new Error(`max_stake: at least min_stake, ${config.min_stake}`);
    return config;
  },

  open(config, params) {
    integers('params', params, {});
    return { params: {}, seats: 0, betsEach: config.max_bets, slots: 0 };
  },

  checkBet(config, _open, bet) {
    crashTarget(config, bet.choice);
    between('stake', bet.stake, config.min_stake, config.max_stake);
  },

  async draw(config, _open, words) {
    const edge = await words.intn(10000);
    const word = Number(await words.int64n(BigInt(crashWord)));
    const point = edge < config.edge_bp ? 100 : Math.min(Math.floor((100 * crashWord) / (crashWord - word)), config.max_multiplier);
    const offered = ['manual', ...crashTargets.filter((target) => target <= config.max_multiplier).map((target) => `auto.${target}`)];
    const wins = offered.filter((choice) => crashTarget(config, choice) <= point);
    return { data: { crash: point, shown: crashShown(point), wins }, live_ms: crashLasts(config, point) };
  },

  checkAct: (config, _open, bet, act) => crashCheckAct(config, bet, act),

  settle(config, _open, outcome, bets, acts) {
    const curve = crashCurve(config);
    const point = outcome.data.crash;
    const acted = new Map();
    for (const act of acts) {
      if (acted.has(act.seq)) throw new Error(`bet ${act.seq} cashed out twice`);
      acted.set(act.seq, act);
    }
    const multiplier = (bet) => {
      const act = acted.get(bet.seq);
      const target = crashTarget(config, bet.choice);
      if (!act) return target <= point ? target : 0;
      const { from, to } = crashCheckAct(config, bet, act);
      const at = act.at_ms ?? 0;
      if (at < from || at >= Math.min(to, crashLasts(config, point))) throw new Error(`bet ${bet.seq} cashed out at ${at} ms, outside its run`);
      return crashAt(curve, at);
    };
    return bets.map((bet) => ({ seq: bet.seq, amount: part(bet.stake, multiplier(bet), 100) })).filter((payout) => payout.amount > 0);
  },
};
