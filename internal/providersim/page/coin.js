'use strict';

const texts = {
  en: {
    title: 'Heads or tails', balance: 'Balance', stake: 'Stake', heads: 'Heads', tails: 'Tails',
    small: 'A demonstration by an outside provider. A right guess pays 1.96 times the stake.',
    won: 'It fell on {fell}: you win {won}.', lost: 'It fell on {fell}: nothing this time.',
    paying: 'It fell on {fell}. Your win is being paid.', taken_back: 'The bet got no answer and is being taken back.',
    refused: 'The bet was refused: {code}.', away: 'The wallet does not answer. Try again.', session: 'This session is over: open the game again from the chat.',
  },
  zh: {
    title: '正面还是反面', balance: '余额', stake: '下注', heads: '正面', tails: '反面',
    small: '外部供应商的演示。猜对可得下注的 1.96 倍。',
    won: '结果是{fell}：赢得 {won}。', lost: '结果是{fell}：这次没有中。',
    paying: '结果是{fell}。奖金正在支付。', taken_back: '下注没有得到答复，正在退回。',
    refused: '下注被拒绝：{code}。', away: '钱包没有答复，请再试一次。', session: '会话已结束：请从聊天中重新打开游戏。',
  },
};

const query = new URLSearchParams(location.search);
const token = query.get('token') ?? '';
const language = (query.get('lang') ?? '').startsWith('zh') ? 'zh' : 'en';
const say = (key, facts = {}) => texts[language][key].replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? '');
const $ = (id) => document.getElementById(id);
let scale = 0;

function show(balance) {
  if (balance !== undefined) $('balance').textContent = (balance / 10 ** scale).toFixed(scale);
}

async function post(path, body) {
  const response = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  return response.json();
}

async function begin() {
  document.documentElement.lang = language;
  document.title = say('title');
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = say(element.dataset.text);
  const who = await post('/api/session', { token });
  if (who.code !== 'OK') {
    $('told').textContent = say(who.code === 'TEMPORARY_ERROR' ? 'away' : 'session');
    return;
  }
  scale = who.scale ?? 0;
  $('asset').textContent = who.asset;
  show(who.balance);
}

$('game').addEventListener('submit', async (event) => {
  event.preventDefault();
  const buttons = document.querySelectorAll('button');
  for (const button of buttons) button.disabled = true;
  try {
    const out = await post('/api/play', { token, side: event.submitter.value, stake: Number($('stake').value) });
    const key = out.state ?? 'away';
    if (out.fell) $('coin').className = out.fell;
    $('told').textContent = say(key, { fell: out.fell ? say(out.fell) : '', won: (out.won / 10 ** scale).toFixed(scale), code: out.code });
    show(out.balance);
  } catch {
    $('told').textContent = say('away');
  } finally {
    for (const button of buttons) button.disabled = false;
  }
});

begin().catch(() => { $('told').textContent = say('away'); });
