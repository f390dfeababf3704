// Money in and out in the local Telegram: a player and two reviewers side by side.

import { expect, test } from '@playwright/test';
import { code, payouts } from '../support/cashier.js';
import { onlyLocal, openChat, picture } from '../support/chat.js';
import { addresses, audit, sim, world } from '../support/stack.js';

test.describe.configure({ mode: 'serial' });

const pin = '161803';
let withdrawal = '';

// answer writes what the bot has just asked for.
async function answer(pane, question, text) {
  await expect(pane.message(question)).toBeVisible();
  await pane.say(text);
}

// press presses a button under the newest message with the text.
const press = (pane, text, label) => pane.button(text, label).click();

// desk opens the player's private chat and the desk as both reviewers see it.
async function desk(page) {
  const { people, groups, bot } = await world();
  return openChat(page, [people['Player 3'], bot], [people['Player 7'], groups['Review desk']], [people['Player 8'], groups['Review desk']]);
}

test('top-ups: the sandbox pay page and Stars', async ({ page, context }) => {
  const closed = onlyLocal(page);
  const { people, bot } = await world();
  const [pane] = await openChat(page, [people['Player 3'], bot]);
  await pane.node.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(pane.message('Hello Player 3')).toBeVisible();
  await page.screenshot({ path: picture('cashier-start') });
  await pane.say('/topup');
  await press(pane, 'Which group', 'Coffee corner');
  await expect(pane.button('How do you want', 'Sandbox · SBX')).toBeVisible();
  await page.screenshot({ path: picture('cashier-topup-ways') });
  await press(pane, 'How do you want', 'Sandbox · SBX');
  await answer(pane, 'How much', '20.50');
  await expect(pane.message('Top-up of 20.50 SBX')).toContainText('Waiting for your payment');
  const opened = context.waitForEvent('page');
  await pane.message('Top-up of 20.50 SBX').getByTestId('message-button').or(pane.message('Top-up of 20.50 SBX').getByRole('link')).first().click();
  const shop = await opened;
  await expect(shop.locator('.sum')).toHaveText('20.50 SBX');
  await shop.screenshot({ path: picture('cashier-pay-page') });
  await shop.getByRole('button', { name: 'Pay', exact: true }).click();
  await expect(shop.locator('.state')).toContainText('confirmed');
  await shop.close();
  await expect(pane.message('Top-up of 20.50 SBX')).toContainText('Credited');

  await pane.say('/topup');
  await press(pane, 'Which group', 'Coffee corner');
  await press(pane, 'How do you want', '100 Stars for 1,100 points');
  await pane.node.getByTestId('message-button').filter({ hasText: /Pay/ }).last().click();
  await expect(pane.toast('Paid')).toBeVisible();
  await expect(pane.message('1,100 points')).toContainText('Credited');
  await pane.say('/wallet');
  await expect(pane.message('Your wallet')).toContainText('20.50 SBX');
  await page.screenshot({ path: picture('cashier-wallet') });
  closed();
});

test('a withdrawal: requested, reviewed by two, paid; the cards follow', async ({ page }) => {
  const closed = onlyLocal(page);
  const [player, one, two] = await desk(page);
  const { people, bot } = await world();
  await sim('send', { user: people['Player 8'], chat: bot, text: '/start' }); // the bot writes to nobody before
  await player.say('/pin');
  await answer(player, 'Send your new PIN', pin);
  await expect(player.message('Your PIN is set')).toBeVisible();
  await expect(player.node.getByText(pin)).toHaveCount(0);

  await player.say('/withdraw');
  await press(player, 'go?', 'Add an address');
  await press(player, 'Through whom', 'Sandbox · SBX');
  await answer(player, 'What do you call', 'Savings');
  await answer(player, 'Send the destination', 'DE89370400440532013000');
  await expect(player.message('Is that right?')).toContainText('DE89370400440532013000');
  await player.say(pin);
  await expect(player.message('Added: Savings')).toBeVisible();
  await page.screenshot({ path: picture('cashier-address') });
  // A new address waits a few seconds here, a day elsewhere.
  await expect(async () => {
    await player.say('/withdraw');
    await player.button('go?', 'Savings').click({ timeout: 2_000 });
  }).toPass();
  await answer(player, 'You have 20.50 SBX', '12.30');
  await answer(player, 'Taking out 12.30 SBX', pin);

  const mine = player.message('Withdrawal of 12.30 SBX from');
  await expect(mine).toContainText('Somebody looks at it now');
  await expect(mine).toContainText('🔵 First review');
  for (const pane of [one, two]) await expect(pane.message('12.30 SBX')).toContainText('First review');
  withdrawal = (await mine.innerText()).match(/w_[a-z2-7]{16}/)[0];
  await page.screenshot({ path: picture('cashier-initial') });

  await one.tap(withdrawal, 'Claim', 'Yours for now');
  await expect(two.message(withdrawal)).toContainText('Claimed by: Reviewer 1');
  await two.tap(withdrawal, 'Approve', 'Somebody else has claimed it');
  await one.tap(withdrawal, 'Approve', 'Approved');
  await expect(mine).toContainText('A second person looks at it now');
  await expect(mine).toContainText('🔵 Second review');
  await expect(two.message(withdrawal)).toContainText('First review: Reviewer 1');
  await one.button(withdrawal, 'Approve').click();
  await expect(one.toast('Your role does not allow this').or(one.toast('Another person'))).toBeVisible();
  await page.screenshot({ path: picture('cashier-secondary') });

  await two.tap(withdrawal, 'Approve', 'I asked for your code');
  const asked = await sim('wait', { user: people['Player 8'], chat: bot, from_bot: true, contains: withdrawal, after: 0, timeout_ms: 20_000 });
  expect(asked.text).toContain('Approve');
  await sim('send', { user: people['Player 8'], chat: bot, text: await code('reviewer2') });
  for (const pane of [one, two]) {
    await expect(pane.message(withdrawal)).toContainText('Paid', { timeout: 30_000 });
    await expect(pane.message(withdrawal).getByTestId('message-button')).toHaveCount(0);
    await expect(pane.message(withdrawal)).toContainText('Second review: Reviewer 2');
  }
  await expect(mine).toContainText('✅ Paid out');
  await expect(player.message('was paid to')).toContainText('12.30 SBX');
  await expect(mine.getByTestId('message-button')).toHaveCount(0);
  await page.screenshot({ path: picture('cashier-paid') });
  await expect(one.node.getByText(/review: o_/), 'operators by their names').toHaveCount(0);
  expect(await payouts(withdrawal)).toHaveLength(1);
  const report = audit();
  expect(report.ok, JSON.stringify(report)).toBe(true);
  closed();
});

test('a rejected withdrawal says why and gives the money back', async ({ page }) => {
  const [player, one] = await desk(page);
  await player.say('/withdraw');
  await press(player, 'go?', 'Savings');
  await answer(player, 'You have 8.20 SBX', '5');
  await answer(player, 'Taking out 5.00 SBX', pin);
  await expect(one.message('5.00 SBX')).toContainText('First review');
  await press(one, '5.00 SBX', 'Reject');
  await expect(one.button('5.00 SBX', 'Risk check')).toBeVisible();
  await page.screenshot({ path: picture('cashier-reasons') });
  await one.tap('5.00 SBX', 'Risk check', 'Rejected');
  await expect(player.message('Withdrawal of 5.00 SBX from')).toContainText('Reason: Risk check');
  await expect(player.message('was rejected')).toContainText('The money is back in your balance. Reason: Risk check');
  await page.screenshot({ path: picture('cashier-rejected') });
  await player.say('/wallet');
  await expect(player.message('Your wallet')).toContainText('8.20 SBX');
});

test('the Temporal UI shows the run with its named timers', async ({ page }) => {
  await page.goto(`${addresses().temporal_ui.url}/namespaces/default/workflows/${encodeURIComponent(`withdrawal:${withdrawal}`)}`);
  await expect(page.getByText('Completed', { exact: true }).first()).toBeVisible({ timeout: 30_000 });
  for (const name of ['initial review SLA', 'secondary review SLA']) await expect(page.getByText(name).first()).toBeVisible({ timeout: 30_000 });
  await page.screenshot({ path: picture('temporal-withdrawal') });
});
