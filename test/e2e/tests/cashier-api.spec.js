// Money in and out by the API alone.

import { expect, test } from '@playwright/test';
import {
  address, decide, decideRefused, operator, payInvoice, payouts, player, stage, stepUp, timers, until,
} from '../support/cashier.js';
import { processor } from '../support/processor.js';
import { addresses, audit, sim, world } from '../support/stack.js';

test.describe.configure({ mode: 'serial' });

const pin = '271828';
let ann;
let first;
let second;
let owner;
let bank;

test.beforeAll(async () => {
  const { people, bot } = await world();
  ann = await player(people['Player 1'], bot, 'Coffee corner');
  first = await operator('reviewer1');
  second = await operator('reviewer2');
  owner = await operator('owner');
});

test('top-ups: the sandbox credits money, Stars buy points', async () => {
  const before = await ann.purse('sbx');
  const intent = await ann.intend(ann.gateway('Sandbox'), 'sbx', 12_50);
  expect(intent).toMatchObject({ status: 'pending', amount: { amount: 12_50, asset: 'sbx', scale: 2 } });
  const page = await (await fetch(intent.url)).text();
  expect(page).toContain('12.50 SBX');
  const paid = await fetch(intent.url, { method: 'POST', body: new URLSearchParams({ act: 'pay' }) });
  expect(paid.status).toBe(200);
  await until(() => ann.deposit(intent.deposit), (d) => d.status === 'credited', 'the credit');
  expect((await ann.purse('sbx')).spendable).toBe(before.spendable + 12_50);

  const points = (await ann.purse('points')).spendable;
  const { stars } = await ann.get('/v1/me/gateways');
  const offer = stars.find((s) => s.stars === 100);
  const bought = await ann.intend(ann.gateway('Telegram Stars'), 'xtr', offer.stars);
  expect(bought.credit).toMatchObject({ amount: offer.points.amount, asset: 'points' });
  const link = new URL(bought.url);
  expect(link.hostname).toBe('t.me');
  const { bot } = await world();
  const said = await sim('send', { user: ann.user, chat: bot, text: `/start ${link.searchParams.get('start')}` });
  expect(await payInvoice(ann.user, bot, said.message_id)).toMatchObject({ paid: true });
  await until(() => ann.deposit(bought.deposit), (d) => d.status === 'credited', 'the points');
  expect((await ann.purse('points')).spendable).toBe(points + offer.points.amount);
});

test('callbacks: forged and stale ones are refused, a replayed one credits nothing more', async () => {
  const shop = await processor();
  try {
    const account = await owner.post('/v1/operator/gateways', {
      kind: 'webhook', title: 'Processor', assets: ['sbx'], values: { base_url: shop.url, secret: shop.secret }, reason: 'A processor of its own',
    });
    const hook = addresses().api.url + account.hook;
    const intent = await ann.intend(account.gateway, 'sbx', 7_00);
    const before = (await ann.purse('sbx')).spendable;
    const body = shop.paid(intent.deposit);

    expect(await shop.tell(hook, body, { key: 'another secret of thirty letters' })).toMatchObject({ status: 401, code: 'hooks.forged' });
    expect(await shop.tell(hook, body, { at: Date.now() - 6 * 60_000 })).toMatchObject({ status: 400, code: 'hooks.stale' });
    const taken = await shop.tell(hook, body);
    expect(taken.status).toBe(204);
    expect(await shop.tell(hook, body.replace('700', '900'), { headers: taken.headers })).toMatchObject({ status: 401, code: 'hooks.forged' });
    await until(() => ann.deposit(intent.deposit), (d) => d.status === 'credited', 'the credit');
    expect((await shop.tell(hook, body, { headers: taken.headers })).status).toBe(204); // the same bytes once more
    expect((await shop.tell(hook, body)).status).toBe(204); // the same event, signed anew
    expect((await shop.tell(hook, body.replace('evt_', 'evt_again_'))).status).toBe(204); // the same payment as another event

    // A second, honest payment passes through the same inbox after them.
    const next = await ann.intend(account.gateway, 'sbx', 1_00);
    expect((await shop.tell(hook, shop.paid(next.deposit))).status).toBe(204);
    await until(() => ann.deposit(next.deposit), (d) => d.status === 'credited', 'the second credit');
    expect((await ann.purse('sbx')).spendable).toBe(before + 8_00);
    await owner.put(`/v1/operator/gateways/${account.gateway}`, { enabled: false, reason: 'The test is over' });
  } finally {
    shop.close();
  }
});

test('a withdrawal: two reviewers, one payout', async () => {
  await ann.put('/v1/me/safety/pin', { pin });
  bank = await address(ann, pin, 'DE02120300000000202051');
  const before = await ann.purse('sbx');
  const asked = await ann.ask(bank, 5_25, pin);
  const id = asked.withdrawal;
  expect(await ann.purse('sbx')).toEqual({ spendable: before.spendable - 5_25, held: before.held + 5_25 });
  expect(asked.destination).not.toContain('120300000000');

  await stage(first, id, 'initial_review');
  const list = await first.get('/v1/operator/withdrawals?tab=initial');
  expect(list.withdrawals.map((w) => w.withdrawal)).toContain(id);
  const claimed = await first.post(`/v1/operator/withdrawals/${id}/claim`);
  expect(claimed.claimed_by).toBe(first.id);
  expect(await decideRefused(second, id, 'approve')).toMatchObject({ status: 409, code: 'cashier.claimed' });
  const request = { version: claimed.version, verdict: 'approve' };
  const decided = await first.post(`/v1/operator/withdrawals/${id}/decisions`, request, `first-${id}`);
  const again = await first.post(`/v1/operator/withdrawals/${id}/decisions`, request, `first-${id}`);
  expect(again.decision).toBe(decided.decision);
  await stage(second, id, 'secondary_review');
  expect((await ann.withdrawal(id)).steps.map((s) => s.state)).toEqual(['done', 'done', 'current', 'ahead', 'ahead']);

  const refusal = await decideRefused(first, id, 'approve');
  expect(['operators.forbidden', 'cashier.same_person']).toContain(refusal.code);
  await stepUp(second, 'reviewer2');
  await decide(second, id, 'approve');
  const paid = await stage(second, id, 'paid');
  expect(paid).toMatchObject({ initial_by: first.id, secondary_by: second.id });
  expect(await payouts(id)).toMatchObject([{ amount: 5_25, scale: 2, asset: 'sbx', destination: 'DE02120300000000202051', state: 'paid' }]);
  expect(await ann.purse('sbx')).toEqual({ spendable: before.spendable - 5_25, held: before.held });
  expect((await ann.withdrawal(id)).steps.every((s) => s.state === 'done')).toBe(true);

  const { events, temporal_url: run } = await first.get(`/v1/operator/withdrawals/${id}/timeline`);
  const way = events.map((e) => e.status).filter((s, i, all) => s && s !== all[i - 1]);
  expect(way).toEqual(['requested', 'initial_review', 'secondary_review', 'approved', 'paying', 'paid']);
  expect(run).toContain(`withdrawal:${id}`);
  expect((await fetch(run)).status).toBe(200);
  expect(await timers(id)).toEqual(expect.arrayContaining(['initial review SLA', 'secondary review SLA']));
});

test('one person is never both reviewers, and a rejected or cancelled withdrawal gives the money back', async () => {
  const before = await ann.purse('sbx');
  const { withdrawal: id } = await ann.ask(bank, 2_00, pin);
  await stage(second, id, 'initial_review');
  await decide(second, id, 'approve');
  await stage(second, id, 'secondary_review');
  expect(await decideRefused(second, id, 'approve')).toMatchObject({ status: 403, code: 'cashier.same_person' });
  await decide(owner, id, 'reject', { reason_code: 'RISK_BLOCK', reason: 'The account is shared' });
  await stage(owner, id, 'rejected');
  expect(await ann.withdrawal(id)).toMatchObject({ status: 'rejected', reason_code: 'RISK_BLOCK' });
  expect(await ann.purse('sbx')).toEqual(before);

  const { withdrawal: regretted } = await ann.ask(bank, 3_00, pin);
  await stage(second, regretted, 'initial_review');
  expect((await ann.post(`${ann.group}/withdrawals/${regretted}/cancel`)).status).toBe('cancelled');
  expect(await ann.purse('sbx')).toEqual(before);
  expect((await decideRefused(first, regretted, 'approve')).code).toMatch(/^cashier\.(wrong_stage|stale|ended)$/);
  expect(await payouts(id)).toEqual([]);
  expect(await payouts(regretted)).toEqual([]);
  const report = audit();
  expect(report.ok, JSON.stringify(report)).toBe(true);
});
