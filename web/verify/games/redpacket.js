// Code generated from games/redpacket/verify.js. DO NOT EDIT.

// The red packet, as games/redpacket: a total is split into shares when it opens.

import { STAKE, WINDOW, between, integers, part } from './check.js';

// splitRandom cuts a total at n-1 distinct points; a point that was cut before is drawn again.
async function splitRandom(total, n, words) {
  const cuts = new Set();
  while (cuts.size < n - 1) cuts.add(Number(await words.int64n(BigInt(total - 1))) + 1);
  const ends = [...cuts].sort((a, b) => a - b);
  ends.push(total);
  return ends.map((end, i) => end - (i === 0 ? 0 : ends[i - 1]));
}

const splitEqual = (total, n) => Array.from({ length: n }, (_, i) => Math.floor(total / n) + (i < total % n ? 1 : 0));

export const redpacket = {
  title: 'Red packet',
  bank: 'pool',
  acting: true,
  choice: (name) => (name === 'fund' ? 'Fund' : name),

  parse(config) {
    integers('config', config, {
      window_seconds: WINDOW, min_total: STAKE, max_total: STAKE, default_total: STAKE, max_shares: [1, 200], default_shares: [1, 200], loss_bp: [1, 50000],
    });
    if (config.max_total < config.min_total) throw new Error(`max_total: at least min_total, ${config.min_total}`);
    between('default_total', config.default_total, config.min_total, config.max_total);
    between('default_shares', config.default_shares, 1, Math.min(config.max_shares, config.default_total));
    return config;
  },

  open(config, params) {
    integers('params', params, { total: [config.min_total, config.max_total], shares: [1, Math.min(config.max_shares, params?.total)] }, ['mode', 'mine']);
    if (!['random', 'equal', 'mine'].includes(params.mode)) throw new Error('mode: one of random, equal, mine');
    if (params.mode === 'mine') between('mine', params.mine, 0, 9);
    else if ('mine' in params) throw new Error('mine: only with mode mine');
    return { params: { ...params }, seats: 0, betsEach: 0, slots: params.shares, first: { choice: 'fund', stake: params.total } };
  },

  checkBet(_config, open, bet) {
    if (bet.choice !== 'fund' || bet.seq !== 1) throw new Error('choice: a packet takes no bets, its shares are claimed');
    if (bet.stake !== open.params.total) throw new Error(`stake: ${open.params.total}, the packet's total`);
  },

  async draw(config, open, words) {
    const { mode, total, shares, mine } = open.params;
    const amounts = mode === 'equal' ? splitEqual(total, shares) : await splitRandom(total, shares, words);
    const loss = mode === 'mine' ? part(total, config.loss_bp, 10000) : 0;
    const mined = (amount) => mode === 'mine' && amount % 10 === mine;
    const slots = amounts.map((amount) => (mined(amount) && loss > 0 ? { amount, loss } : { amount }));
    return { data: { mode, mines: amounts.filter(mined).length }, slots };
  },

  settle(_config, open, outcome, bets, acts) {
    if (bets.length !== 1) throw new Error(`a packet has the opener's bet alone, not ${bets.length}`);
    const rest = acts.reduce((left, act) => left - outcome.slots[act.slot].amount, open.params.total);
    if (rest < 0) throw new Error(`more was taken than the ${open.params.total} in the packet`);
    return rest === 0 ? [] : [{ seq: bets[0].seq, amount: rest }];
  },
};
