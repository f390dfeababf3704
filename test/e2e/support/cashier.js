// The cashier from outside: the API of players and operators, the codes of authenticators, the sandbox gateway.

import { expect } from '@playwright/test';
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addresses, login, sim } from './stack.js';

const data = (name) => join(process.env.FAIRGROUND_E2E_DATA, name);

// call asks the API and returns the status and the body.
export async function call(token, method, path, body, key) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  if (key) headers['idempotency-key'] = key;
  const response = await fetch(addresses().api.url + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

// client is somebody's way to the API: what is not 2xx throws.
function client(token) {
  const ask = async (method, path, body, key) => {
    const got = await call(token, method, path, body, key);
    if (got.status >= 300) throw new Error(`${method} ${path}: ${got.status} ${JSON.stringify(got.body)}`);
    return got.body;
  };
  return {
    token,
    get: (path) => ask('GET', path),
    post: (path, body, key) => ask('POST', path, body, key),
    put: (path, body) => ask('PUT', path, body),
    refused: async (method, path, body, key) => {
      const got = await call(token, method, path, body, key);
      expect(got.status, JSON.stringify(got.body)).toBeGreaterThanOrEqual(400);
      return { status: got.status, code: got.body.code };
    },
  };
}

// Patience is for what goes through a workflow on a small machine.
const patience = 30_000;

// until asks again until the answer is as wanted, and returns it.
export async function until(ask, wanted, what) {
  let last;
  for (const began = Date.now(); Date.now() - began < patience; await sleep(100)) {
    last = await ask();
    if (wanted(last)) return last;
  }
  throw new Error(`waited in vain for ${what}: ${JSON.stringify(last)}`);
}

// totp is the code of a step of 30 seconds.
function totp(secret, step) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

export const member = (name) => JSON.parse(readFileSync(data('operators.json'), 'utf8')).operators.find((o) => o.email.startsWith(`${name}@`));

// code is the operator's next code. Each is good once, and only later ones after it; the seed may have used the present one.
export async function code(name) {
  const file = data('e2e-codes.json');
  const used = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const now = () => Math.floor(Date.now() / 30_000);
  const step = Math.max(now(), (used[name] ?? now()) + 1);
  while (step > now() + 1) await sleep(200);
  writeFileSync(file, JSON.stringify({ ...used, [name]: step }));
  return totp(member(name).totp, step);
}

// operator is a member of the staff, signed in once a run: each sign-in costs a code.
export async function operator(name) {
  const file = data('e2e-sessions.json');
  const open = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  if (!open[name]) {
    const { email, password } = member(name);
    const got = await call('', 'POST', '/v1/operator/auth/sign-in', { email, password, code: await code(name), transport: 'bearer' });
    expect(got.status, JSON.stringify(got.body)).toBe(200);
    open[name] = { token: got.body.token, id: got.body.operator.operator };
    writeFileSync(file, JSON.stringify(open));
  }
  return { ...client(open[name].token), id: open[name].id };
}

// stepUp gives the second factor once more, for what needs a fresh one.
export async function stepUp(who, name) {
  const me = await who.post('/v1/operator/auth/step-up', { code: await code(name) });
  expect(Date.parse(me.step_up_until)).toBeGreaterThan(Date.now());
}

const unique = () => randomBytes(8).toString('hex');

// player signs a person in and knows the group they play in.
export async function player(user, bot, title) {
  const me = client(await login(user, bot));
  const { groups } = await me.get('/v1/me/groups');
  const group = `/v1/groups/${groups.find((g) => g.title === title).group}`;
  const { gateways } = await me.get('/v1/me/gateways');
  const gateway = (name) => gateways.find((g) => g.title === name).gateway;
  const purse = async (asset) => {
    const found = (await me.get(`${group}/wallet`)).balances.find((b) => b.spendable.asset === asset);
    return { spendable: found?.spendable.amount ?? 0, held: found?.held.amount ?? 0 };
  };
  return {
    ...me, user, group, gateway, purse,
    withdrawal: (id) => me.get(`${group}/withdrawals/${id}`),
    deposit: (id) => me.get(`${group}/deposits/${id}`),
    intend: (account, asset, amount) => me.post(`${group}/deposits`, { gateway: account, asset, amount }, unique()),
    ask: (address, amount, pin) => me.post(`${group}/withdrawals`, { asset: 'sbx', amount, address, code: pin }, unique()),
  };
}

// fund tops a player up through the sandbox and waits for the credit.
export async function fund(who, amount) {
  const intent = await who.intend(who.gateway('Sandbox'), 'sbx', amount);
  await sandbox('pay', { intent: intent.deposit });
  await until(() => who.deposit(intent.deposit), (d) => d.status === 'credited', `the credit of ${intent.deposit}`);
  return intent;
}

// address adds a payout address and waits until it can be used.
export async function address(who, pin, destination) {
  const added = await who.post('/v1/me/addresses', { gateway: who.gateway('Sandbox'), asset: 'sbx', label: 'My account', destination, code: pin });
  await until(async () => Date.now(), (now) => now > Date.parse(added.usable_at), 'the address to be usable');
  return added.address;
}

// sandbox asks the gateway sandbox: a body makes it a POST.
export async function sandbox(route, body) {
  const url = `${addresses().gateway.url}/sim/${route}`;
  const response = await fetch(url, body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}

// payouts are those that the sandbox made under a withdrawal's key.
export const payouts = async (id) => (await sandbox('payouts')).payouts.filter((p) => p.key === id);

const path = (id) => `/v1/operator/withdrawals/${id}`;

// stage waits until an operator sees a withdrawal at a stage.
export const stage = (who, id, status) => until(() => who.get(path(id)), (w) => w.status === status, `${id} to be ${status}`);

// decide decides on a withdrawal at its present stage.
export async function decide(who, id, verdict, more = {}) {
  const { version } = await who.get(path(id));
  return who.post(`${path(id)}/decisions`, { version, verdict, ...more }, unique());
}

// decideRefused expects a refusal of a decision.
export async function decideRefused(who, id, verdict, more = {}) {
  const { version } = await who.get(path(id));
  return who.refused('POST', `${path(id)}/decisions`, { version, verdict, ...more }, unique());
}

// timers are the names of the timers in a withdrawal's run, by the HTTP API of Temporal, which its page hands on.
export async function timers(id) {
  const url = `${addresses().temporal_ui.url}/api/v1/namespaces/default/workflows/${encodeURIComponent(`withdrawal:${id}`)}/history`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  const { history } = await response.json();
  return history.events.filter((e) => e.eventType === 'EVENT_TYPE_TIMER_STARTED')
    .map((e) => JSON.parse(Buffer.from(e.userMetadata.summary.data, 'base64').toString()));
}

// payInvoice pays an invoice in Stars that the bot has sent after a message.
export async function payInvoice(user, chat, after) {
  const invoice = await until(async () => (await sim(`messages?chat=${chat}&user=${user}&after=${after}`)).find((m) => m.invoice), Boolean, 'an invoice');
  return sim('pay', { user, chat, message_id: invoice.message_id });
}
