// The games that are played while something runs, or at once: crash and slots, by two people in two panes.

import { expect, test } from '@playwright/test';
import { onlyLocal, openChat, picture } from '../support/chat.js';
import { audit, finished, purse, roundOf, world } from '../support/stack.js';

test('crash: bet by hand and with a target, cash out while it climbs', async ({ page }) => {
  const closed = onlyLocal(page);
  const { people, groups, bot } = await world();
  const [ann, ben] = [people['Player 5'], people['Player 6']];
  const before = [await purse(ann, bot, 'Coffee corner'), await purse(ben, bot, 'Coffee corner')];
  const [left, right] = await openChat(page, [ann, groups['Coffee corner']], [ben, groups['Coffee corner']]);
  await left.say('/crash');
  await expect(right.message('how high will it climb')).toContainText('opened by Player 5');
  const round = roundOf(await left.message('how high will it climb').innerText());
  await left.tap(round, /^By hand/, 'By hand · 50 accepted');
  await right.tap(round, /^Auto 1\.20×/, 'Auto 1.20× · 50 accepted');

  // The betting card becomes the live card; a run may also be over at once.
  const cashOut = left.button(round, /Cash out/);
  await expect(cashOut.or(left.message('Crashed at'))).toBeVisible({ timeout: 40_000 });
  let locked = '';
  if (await cashOut.isVisible()) {
    await page.screenshot({ path: picture('chat-crash-live') });
    await cashOut.click();
    const toast = left.node.getByTestId('toast').filter({ hasText: /Cashed out at|Too late|does nothing/ }).last();
    await expect(toast).toBeVisible();
    locked = (await toast.innerText()).match(/Cashed out at (\d+\.\d\d)×/)?.[1] ?? '';
  }
  const proof = await finished(round, 90_000);
  expect(proof.status).toBe('settled');
  const change = (choice) => {
    const bet = proof.bets.find((b) => b.choice === choice);
    return ((proof.payouts ?? []).find((p) => p.seq === bet.seq)?.amount ?? 0) - bet.stake;
  };
  expect(change('auto.120')).toBe(proof.outcome.data.crash >= 120 ? 10 : -50);
  if (locked) {
    expect(proof.acts).toHaveLength(1);
    expect(change('manual')).toBe(Math.floor(50 * Number(locked) + 1e-6) - 50);
  } else {
    expect(change('manual')).toBe(-50);
  }
  for (const pane of [left, right]) {
    await expect(pane.message(' paid ')).toContainText(`Crashed at ${proof.outcome.data.shown}×`, { timeout: 30_000 });
    await expect(pane.message(' paid ')).toContainText(round);
  }
  await page.screenshot({ path: picture('chat-crash-result') });
  expect(await purse(ann, bot, 'Coffee corner')).toBe(before[0] + change('manual'));
  expect(await purse(ben, bot, 'Coffee corner')).toBe(before[1] + change('auto.120'));
  expect(audit().ok).toBe(true);
  closed();
});

test('slots: spin, spin again in the same message, everybody in one of their own', async ({ page }) => {
  const { people, groups, bot } = await world();
  const [ann, ben] = [people['Player 7'], people['Player 8']];
  const [left, right] = await openChat(page, [ann, groups['Night owls']], [ben, groups['Night owls']]);
  const balance = (text) => Number(text.match(/balance ([\d,]+)/i)[1].replaceAll(',', ''));
  await left.say('/slots 50');
  await expect(left.message('Staked 50 · paid')).toContainText('Slots · Player 7');
  expect(balance(await left.message('Staked 50 · paid').innerText())).toBe(await purse(ann, bot, 'Night owls'));
  const played = left.node.getByTestId('message').filter({ hasText: 'Staked 50 · paid' });
  const spins = await played.count();

  const first = balance(await left.tap('Staked 50 · paid', /^Spin again/, 'staked 50, paid'));
  expect(first).toBe(await purse(ann, bot, 'Night owls'));
  await expect(left.message('Staked 50 · paid')).toContainText(`balance ${first.toLocaleString('en')}`);
  await expect(played).toHaveCount(spins);

  await right.tap('Staked 50 · paid', /^Spin again/, 'staked 50, paid');
  await expect(left.message('Staked 50 · paid')).toContainText('Slots · Player 8');
  await expect(played).toHaveCount(spins + 1);
  await page.screenshot({ path: picture('chat-slots') });
  expect(await purse(ben, bot, 'Night owls')).toBe(balance(await left.message('Staked 50 · paid').innerText()));
});
