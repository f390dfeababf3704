// The quiz, as games/quiz: questions from a bank that the config commits to, answered against the clock, banked by the players.

import { fromHex, sha256 } from '../fairness.js';
import { WINDOW, between, integers } from './check.js';

const quizLetters = 'abcd';
const quizParams = (config) => ({ entry: config.entry, mode: config.mode, questions: config.questions, seconds: config.seconds });

// quizText refuses what no question of a bank can hold: lines are what a hash is made of.
function quizText(field, text, most) {
  const length = typeof text === 'string' ? [...text].length : 0;
  if (length < 1 || length > most || /^\p{White_Space}|\p{White_Space}$/u.test(text)) throw new Error(`${field}: 1 to ${most} characters without spaces around`);
  if (/\p{Cc}/u.test(text)) throw new Error(`${field}: one line without control characters`);
}

function quizQuestion(q) {
  const known = ['answer', 'index', 'options', 'path', 'question', 'salt'];
  for (const field of Object.keys(q)) if (!known.includes(field)) throw new Error(`${field}: no such field`);
  if (!/^[0-9a-f]{32}$/.test(q.salt)) throw new Error('salt: 32 lower-case hex digits');
  quizText('question', q.question, 300);
  if (!Array.isArray(q.options) || q.options.length < 2 || q.options.length > quizLetters.length) throw new Error('options: 2 to 4 of them');
  q.options.forEach((option, i) => quizText(`options.${quizLetters[i]}`, option, 100));
  if (new Set(q.options).size !== q.options.length) throw new Error('options: each another one');
  const place = typeof q.answer === 'string' && q.answer.length === 1 ? quizLetters.indexOf(q.answer) : -1;
  if (place < 0 || place >= q.options.length) throw new Error('answer: the letter of an option');
}

function quizNode(left, right) {
  const head = new TextEncoder().encode('fairground.node.v1\n');
  return sha256(Uint8Array.from([...head, ...fromHex(left), ...fromHex(right)]));
}

// quizClimb is the hash of a bank of a size that has the question, by the path from its leaf to the root.
async function quizClimb(q, size) {
  let index = q.index;
  let at = await sha256(`${['fairground.question.v1', index, q.salt, q.answer, q.question, ...q.options].join('\n')}\n`);
  const steps = [...q.path];
  for (let n = size; n > 1; n = Math.ceil(n / 2)) {
    if ((index ^ 1) < n) {
      const sibling = steps.shift();
      if (!/^[0-9a-f]{64}$/.test(sibling)) throw new Error('the path is not of hashes, or too short');
      at = index % 2 === 0 ? await quizNode(at, sibling) : await quizNode(sibling, at);
    }
    index = Math.floor(index / 2);
  }
  if (steps.length > 0) throw new Error('the path is too long');
  return sha256(`fairground.bank.v1\n${size}\n${at}\n`);
}

function quizCheckAct(config, act) {
  if (!Number.isSafeInteger(act.slot) || act.slot < 0 || act.slot >= config.questions) throw new Error(`slot: 0 to ${config.questions - 1}`);
  if (typeof act.choice !== 'string' || act.choice.length !== 1 || !quizLetters.includes(act.choice)) throw new Error('choice: one of a, b, c, d');
  const from = act.slot * config.seconds * 1000;
  return { from, to: from + config.seconds * 1000 };
}

// quizTally counts who knew what: of each question the right answers, the first one first, and each bet's right answers and time.
function quizTally(config, outcome, bets, acts) {
  const right = outcome.content.questions.map(() => []);
  const scores = new Map(bets.map((bet) => [bet.seq, { right: 0, time: 0 }]));
  const made = new Set();
  for (const act of acts) {
    const { from, to } = quizCheckAct(config, act);
    const at = act.at_ms ?? 0;
    const place = `${act.seq}:${act.slot}`;
    if (at < from || at >= to || made.has(place) || !scores.has(act.seq)) throw new Error(`bet ${act.seq} can't answer question ${act.slot} at ${at} ms`);
    made.add(place);
    if (act.choice !== outcome.content.questions[act.slot].answer) continue;
    right[act.slot].push({ seq: act.seq, at });
    const score = scores.get(act.seq);
    score.right += 1;
    score.time += at - from;
  }
  for (const row of right) row.sort((a, b) => a.at - b.at || a.seq - b.seq);
  return { right, scores };
}

function quizWinners(config, { right, scores }) {
  if (config.mode === 'first') return right.filter((row) => row.length > 0).map((row) => row[0].seq);
  const all = [...scores].sort(([a], [b]) => a - b);
  if (config.mode === 'all_correct') return all.filter(([, score]) => score.right === right.length).map(([seq]) => seq);
  const most = Math.max(0, ...all.map(([, score]) => score.right));
  const best = all.filter(([, score]) => most > 0 && score.right === most);
  const least = Math.min(...best.map(([, score]) => score.time));
  return best.filter(([, score]) => score.time === least).map(([seq]) => seq);
}

export const quiz = {
  title: 'Quiz',
  bank: 'pool',
  acting: false,
  live: true,
  choice: (name) => ({ enter: 'Take part' })[name] ?? name.toUpperCase(),
  caption: (proof) => (proof.outcome?.content?.questions ?? []).map((q, i) => `${i + 1}. ${q.question} ${q.options[quizLetters.indexOf(q.answer)]}`).join(' · '),

  parse(config) {
    integers('config', config, {
      window_seconds: WINDOW, entry: [1, 100_000_000_000], min_players: [1, 1000], bank_size: [1, 10000], questions: [1, 30], seconds: [5, 120],
    }, ['bank', 'bank_hash', 'mode']);
    if (!/^[a-z0-9][a-z0-9_-]{2,31}$/.test(config.bank)) throw new Error('bank: 3 to 32 lower-case letters, digits, - and _');
    if (!/^[0-9a-f]{64}$/.test(config.bank_hash)) throw new Error('bank_hash: 64 lower-case hex digits');
    if (!['first', 'fastest', 'all_correct'].includes(config.mode)) throw new Error('mode: one of first, fastest, all_correct');
    between('questions', config.questions, 1, config.bank_size);
    return config;
  },

  open(config, params) {
    const want = quizParams(config);
    for (const field of Object.keys(params)) if (params[field] !== want[field]) throw new Error('params: those of the config');
    return { params: want, seats: 0, betsEach: 1, slots: 0 };
  },

  checkBet(config, _open, bet) {
    if (bet.choice !== 'enter') throw new Error('choice: enter');
    if (bet.stake !== config.entry) throw new Error(`stake: ${config.entry}, the entry`);
  },

  async draw(config, _open, words) {
    const moved = new Map();
    const at = (place) => moved.get(place) ?? place;
    const questions = [];
    for (let i = 0; i < config.questions; i += 1) {
      const j = i + Number(await words.int64n(BigInt(config.bank_size - i)));
      questions.push(at(j));
      moved.set(j, at(i));
    }
    return { data: { questions }, live_ms: config.questions * config.seconds * 1000 };
  },

  async checkContent(config, _open, outcome) {
    const asked = outcome.content?.questions;
    if (!Array.isArray(asked) || asked.length !== config.questions || Object.keys(outcome.content).length !== 1) throw new Error('the content is not the questions of the round');
    for (const [i, q] of asked.entries()) {
      if (q.index !== outcome.data.questions[i]) throw new Error(`question ${i} is number ${q.index} of the bank, not ${outcome.data.questions[i]} that was drawn`);
      quizQuestion(q);
      if ((await quizClimb(q, config.bank_size)) !== config.bank_hash) throw new Error(`question ${i} is not of the bank that the config commits to`);
    }
  },

  checkAct: (config, _open, _bet, act) => quizCheckAct(config, act),

  settle(config, _open, outcome, bets, acts) {
    const pot = bets.reduce((sum, bet) => sum + BigInt(bet.stake), 0n);
    const winners = quizWinners(config, quizTally(config, outcome, bets, acts));
    const shares = new Map();
    winners.forEach((seq, i) => {
      const part = pot / BigInt(winners.length) + (BigInt(i) < pot % BigInt(winners.length) ? 1n : 0n);
      shares.set(seq, (shares.get(seq) ?? 0n) + part);
    });
    return [...bets]
      .sort((a, b) => a.seq - b.seq)
      .map((bet) => ({ seq: bet.seq, amount: winners.length === 0 ? bet.stake : Number(shares.get(bet.seq) ?? 0n) }))
      .filter((payout) => payout.amount > 0);
  },
};
