// A withdrawal whose workflow somebody terminates is found by the scheduled audit, and an operator brings it to its end.

import { expect, test } from '@playwright/test';
import { address, decide, fund, operator, payouts, player, stage, until } from '../support/cashier.js';
import { picture } from '../support/chat.js';
import { addresses, audit, world } from '../support/stack.js';

const pin = '141421';

const run = (id) => `namespaces/default/workflows/${encodeURIComponent(`withdrawal:${id}`)}`;

// terminate ends a withdrawal's run in the Temporal UI.
async function terminate(page, id) {
  await page.goto(`${addresses().temporal_ui.url}/${run(id)}`);
  await page.getByRole('button', { name: 'More Actions' }).click();
  await page.getByRole('menuitem', { name: 'Terminate' }).click();
  const sure = page.getByRole('dialog');
  await sure.getByRole('textbox').fill('By mistake');
  await sure.getByRole('button', { name: 'Terminate' }).click();
  await expect(page.getByText('Terminated', { exact: true }).first()).toBeVisible();
}

// terminateQuietly does it as the page does, without the clicks.
async function terminateQuietly(page, id) {
  const [csrf] = (await page.context().cookies()).filter((c) => c.name === '_csrf');
  const url = `${addresses().temporal_ui.url}/api/v1/${run(id)}/terminate`;
  const got = await page.request.post(url, { data: { reason: 'By mistake' }, headers: { 'x-csrf-token': csrf.value } });
  expect(got.status(), await got.text()).toBe(200);
}

test('terminated withdrawals become incidents, and are paid or given back', async ({ page }) => {
  const { people, bot } = await world();
  const ben = await player(people['Player 5'], bot, 'Night owls');
  const [owner, second] = [await operator('owner'), await operator('reviewer2')];
  await ben.put('/v1/me/safety/pin', { pin });
  await fund(ben, 20_00);
  const bank = await address(ben, pin, 'DE75512108001245126199');
  const before = await ben.purse('sbx');
  const { withdrawal: meant } = await ben.ask(bank, 4_00, pin);
  const { withdrawal: unwanted } = await ben.ask(bank, 6_00, pin);
  await stage(owner, meant, 'initial_review');
  await decide(owner, meant, 'approve');
  await stage(owner, meant, 'secondary_review');
  await stage(owner, unwanted, 'initial_review');

  await terminate(page, meant);
  await page.screenshot({ path: picture('temporal-terminated') });
  await terminateQuietly(page, unwanted);

  // The money stays held; nobody works on it until the audit finds it.
  expect((await owner.post('/v1/operator/audit')).ok).toBe(true);
  const open = await until(async () => (await owner.get('/v1/operator/incidents?status=open&kind=withdrawal.no_workflow')).incidents,
    (all) => [meant, unwanted].every((id) => all.some((i) => i.detail.withdrawal === id)), 'the incidents');
  const incident = (id) => open.find((i) => i.detail.withdrawal === id);
  expect(incident(meant)).toMatchObject({ stops_payouts: false, detail: { status: 'secondary_review', workflow: 'Terminated' } });
  expect((await ben.purse('sbx')).held).toBe(before.held + 10_00);

  // One goes on where it stood: the first review counts. The other one is rejected.
  await owner.post(`/v1/operator/withdrawals/${meant}/resume`);
  await decide(second, meant, 'approve');
  await stage(owner, meant, 'paid');
  await decide(owner, unwanted, 'reject', { reason_code: 'OTHER', reason: 'Ask again, please' });
  await owner.post(`/v1/operator/withdrawals/${unwanted}/resume`);
  await stage(owner, unwanted, 'rejected');
  expect(await payouts(meant)).toHaveLength(1);
  expect(await payouts(unwanted)).toEqual([]);
  expect(await ben.purse('sbx')).toEqual({ spendable: before.spendable - 4_00, held: before.held });
  for (const id of [meant, unwanted]) await owner.post(`/v1/operator/incidents/${incident(id).incident}/resolve`, { note: 'Brought to its end' });
  expect((await owner.get('/v1/operator/incidents?status=open')).incidents).toEqual([]);
  const report = audit();
  expect(report.ok, JSON.stringify(report)).toBe(true);
  expect(report.checks.map((c) => c.name)).toContain('W2');
});
