// Code generated from games/raffle/verify.js. DO NOT EDIT.

// The raffle, as games/raffle: a key that is drawn and the list of tickets decide who shares the pot.

import { Stream, fromHex, sha256 } from '../fairness.js';
import { WINDOW, between, integers, part } from './check.js';

const MAX_POT = 10_000_000_000_000;

const shares = (config) => config.prizes.flatMap((prize) => Array.from({ length: prize.stock }, () => prize.share_bp));

// listed numbers the tickets in the order of the bets.
function listed(config, bets) {
  let sold = 0;
  return [...bets].sort((a, b) => a.seq - b.seq).map(({ seq, player, stake }) => {
    const count = stake / config.price;
    const first = sold + 1;
    sold += count;
    return { seq, player, first, count, won: [], out: false };
  });
}

const listText = (entries) => `fairground.tickets.v1\n${entries.map((e) => `${e.seq}:${e.player}:${e.first}-${e.first + e.count - 1}\n`).join('')}`;

const left = (entry) => (entry.out ? 0 : entry.count - entry.won.length);
const sum = (numbers) => numbers.reduce((total, n) => total + n, 0);

// take takes the n-th ticket that is left, counted from 0.
function take(entries, n) {
  for (const entry of entries) {
    if (n >= left(entry)) {
      n -= left(entry);
      continue;
    }
    let at = 0;
    for (; at < entry.won.length && entry.won[at] <= n; at += 1) n += 1;
    entry.won.splice(at, 0, n);
    return { seq: entry.seq, ticket: entry.first + n, player: entry.player };
  }
  throw new Error('a ticket beyond the last');
}

async function run(config, outcome, bets) {
  const entries = listed(config, bets);
  const hash = await sha256(listText(entries));
  const tickets = sum(entries.map((e) => e.count));
  const pot = sum(bets.map((bet) => bet.stake));
  const stock = shares(config);
  let places = config.prizes_per_run + (config.one_more_per_tickets > 0 ? Math.floor(tickets / config.one_more_per_tickets) : 0);
  places = Math.min(places, stock.length, tickets);
  if (config.one_prize_each) places = Math.min(places, new Set(bets.map((bet) => bet.player)).size);
  const words = new Stream(fromHex(outcome.data.key), hash, 0);
  const winners = [];
  const shared = Math.min(pot, MAX_POT);
  for (let place = 0; place < places; place += 1) {
    const won = take(entries, await words.intn(sum(entries.map(left))));
    winners.push({ ...won, prize: place + 1, amount: part(shared, stock[place], 10000) });
    if (config.one_prize_each) for (const entry of entries) if (entry.player === won.player) entry.out = true;
  }
  if (config.rest === 'first' && winners.length > 0) winners[0].amount += shared - sum(winners.map((w) => w.amount));
  return { entries, hash, tickets, pot, winners };
}

export const raffle = {
  title: 'Raffle',
  bank: 'pool',
  acting: false,
  choice: (name) => (name === 'ticket' ? 'Ticket' : name),

  parse(config) {
    integers('config', config, {
      window_seconds: WINDOW, price: [1, 1_000_000], max_tickets: [1, 1000], max_purchases: [1, 1000], min_tickets: [1, 1_000_000],
      prizes_per_run: [1, 2000], one_more_per_tickets: [0, 1_000_000],
    }, ['prizes', 'one_prize_each', 'rest']);
    if (!Array.isArray(config.prizes)) throw new Error('prizes: a list');
    between('prizes', config.prizes.length, 1, 20);
    config.prizes.forEach((prize, i) => integers(`prizes.${i}`, prize, { share_bp: [1, 10000], stock: [1, 100] }));
    if (typeof config.one_prize_each !== 'boolean') throw new Error('one_prize_each: true or false');
    if (!['house', 'first'].includes(config.rest)) throw new Error('rest: one of house, first');
    const stock = shares(config);
    if (sum(stock) > 10000) throw new Error('prizes: no more than 100 % of the pot can be given away');
    between('prizes_per_run', config.prizes_per_run, 1, stock.length);
    return config;
  },

  open(config, params) {
    integers('params', params, {});
    return { params: {}, seats: 0, betsEach: config.max_purchases, slots: 0, minPot: config.min_tickets * config.price };
  },

  checkBet(config, _open, bet) {
    if (bet.choice !== 'ticket') throw new Error('choice: ticket');
    between('stake', bet.stake, config.price, config.price * config.max_tickets);
    if (bet.stake % config.price !== 0) throw new Error(`stake: ${config.price} for each ticket`);
  },

  async draw(_config, _open, words) {
    let key = '';
    for (let i = 0; i < 8; i += 1) key += (await words.uint32()).toString(16).padStart(8, '0');
    return { data: { key } };
  },

  async settle(config, _open, outcome, bets) {
    const { entries, winners } = await run(config, outcome, bets);
    return entries
      .map(({ seq }) => ({ seq, amount: sum(winners.filter((w) => w.seq === seq).map((w) => w.amount)) }))
      .filter((payout) => payout.amount > 0);
  },

  async report(config, _open, outcome, bets) {
    const { hash, tickets, pot, winners } = await run(config, outcome, bets);
    return { hash, tickets, pot, winners: winners.map(({ prize, ticket, player, amount }) => ({ prize, ticket, player, amount })) };
  },
};
