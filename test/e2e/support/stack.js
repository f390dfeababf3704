// The running stack: its addresses, the /sim API of its Telegram, its public API, its audit.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const data = () => process.env.FAIRGROUND_E2E_DATA;

export const addresses = () => JSON.parse(readFileSync(join(data(), 'addresses.json'), 'utf8'));

async function json(response) {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${text}`);
  return JSON.parse(text);
}

// sim calls the /sim API: a body makes it a POST.
export async function sim(route, body) {
  const url = `${addresses().chat.url}/sim/${route}`;
  return json(await fetch(url, body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }));
}

// api reads the public API.
export const api = async (path) => json(await fetch(addresses().api.url + path));

// world names the seeded people and groups.
export async function world() {
  const state = await sim('state');
  const people = Object.fromEntries(state.users.map((u) => [u.first_name, u.id]));
  const groups = Object.fromEntries(state.chats.map((c) => [c.title, c.id]));
  return { people, groups, bot: state.bots[0].id };
}

// audit runs `fairground audit --json`, which fails when the ledger does not add up.
export function audit() {
  const { postgres } = addresses();
  const env = { ...process.env, DATABASE_URL: postgres.url, DATABASE_APP_URL: postgres.app_url };
  return JSON.parse(execFileSync(process.env.FAIRGROUND_E2E_BIN, ['audit', '--json'], { env, encoding: 'utf8' }));
}

// ask writes a text as a person and returns the bot's next message with the wanted text.
export async function ask(user, chat, text, contains) {
  const said = await sim('send', { user, chat, text });
  return sim('wait', { user, chat, after: said.message_id, from_bot: true, contains, timeout_ms: 30_000 });
}

// purse is what the bot says, in private, that a person has in a group.
export async function purse(user, bot, group) {
  const told = await ask(user, bot, '/balance', group);
  return Number(told.text.match(new RegExp(`${group}: ([\\d,]+)`))[1].replaceAll(',', ''));
}

// login gets a bearer token with a code from the bot.
export async function login(user, bot) {
  const told = await ask(user, bot, '/login', 'sign-in code');
  const body = JSON.stringify({ code: told.text.match(/sign-in code: (\S+)/)[1] });
  const url = `${addresses().api.url}/v1/auth/login-code`;
  return (await json(await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }))).token;
}

// placeBet bets over HTTP and returns the status and the body.
export async function placeBet(round, token, key, bet) {
  const response = await fetch(`${addresses().api.url}/v1/rounds/${round}/bets`, {
    method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'idempotency-key': key }, body: JSON.stringify(bet),
  });
  return { status: response.status, body: await response.json() };
}

// roundOf is the id of the round that a message of the bot shows.
export const roundOf = (text) => text.match(/r_[a-z2-7]{16}/)[0];

// finished waits until a round is settled or voided and returns its proof.
export async function finished(round, patience = 60_000) {
  for (const began = Date.now(); ; ) {
    const { status } = await api(`/v1/rounds/${round}`);
    if (status === 'settled' || status === 'voided') return api(`/v1/rounds/${round}/proof`);
    if (Date.now() - began > patience) throw new Error(`round ${round} is still ${status}`);
    await new Promise((again) => { setTimeout(again, 250); });
  }
}
