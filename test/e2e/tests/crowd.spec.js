// Fifty people tap one button at the same instant.

import { expect, test } from '@playwright/test';
import { openChat, picture } from '../support/chat.js';
import { audit, finished, roundOf, world } from '../support/stack.js';

test('a crowd of 50 on one button: everybody is answered, every accepted bet is booked once', async ({ page }) => {
  const { people, groups } = await world();
  const [pane] = await openChat(page, [people['Player 7'], groups['Night owls']]);
  await pane.say('/dice');
  await expect(pane.message('Place your bets')).toContainText('opened by Player 7');
  const round = roundOf(await pane.message('Place your bets').innerText());
  await pane.node.getByTestId('crowd').click();
  const answer = page.waitForResponse((r) => r.url().endsWith('/sim/crowd'));
  await pane.button(round, /^Odd/).click();
  const crowd = await (await answer).json();
  expect(crowd.answered).toBe(50);
  await expect(page.getByTestId('crowd-result')).toContainText('50 of 50');
  await page.screenshot({ path: picture('chat-crowd') });
  await page.keyboard.press('Escape');

  const accepted = crowd.taps.filter((t) => t.toast.includes('accepted'));
  expect(accepted, JSON.stringify(crowd.taps.map((t) => t.toast))).toHaveLength(50);
  await expect(pane.message(round)).toContainText('Bets 50 · players 50', { timeout: 15_000 });
  const proof = await finished(round);
  expect(proof.bets).toHaveLength(accepted.length);
  expect(new Set(proof.bets.map((b) => b.player)).size).toBe(accepted.length);
  await expect(pane.message(' paid ')).toContainText(round, { timeout: 30_000 });
  const report = audit();
  expect(report.ok, JSON.stringify(report)).toBe(true);
  test.info().annotations.push({ type: 'tap to toast', description: `p50 ${crowd.p50_ms} ms, p95 ${crowd.p95_ms} ms` });
});
