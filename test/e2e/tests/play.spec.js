// Two people in two panes play each game to its end.

import { expect, test } from '@playwright/test';
import { onlyLocal, openChat, picture } from '../support/chat.js';
import { addresses, audit, finished, purse, roundOf, sim, world } from '../support/stack.js';

let diceRound = '';

test('dice: stake, tap, watch, win or lose, verify', async ({ page, context }) => {
  const closed = onlyLocal(page);
  const { people, groups, bot } = await world();
  const chat = groups['Coffee corner'];
  const [ann, ben] = [people['Player 1'], people['Player 2']];
  const before = [await purse(ann, bot, 'Coffee corner'), await purse(ben, bot, 'Coffee corner')];

  const [left, right] = await openChat(page, [ann, chat], [ben, chat]);
  await left.say('/dice');
  await expect(right.message('Commitment')).toContainText('opened by Player 1');
  await left.tap('Commitment', 'Stake 100', 'stake 100 now');
  expect(await left.tap('Commitment', /^Big/, 'accepted')).toContain('Big · 100 at 2.00');
  expect(await right.tap('Commitment', /^Small/, 'accepted')).toContain('Small · 50 at 2.00');
  for (const pane of [left, right]) {
    await expect(pane.message('Commitment')).toContainText('Bets 2 · players 2 · pot 150');
    await expect(pane.button('Commitment', /^Big.* · 1$/)).toBeVisible();
    await expect(pane.button('Commitment', /^Small.* · 1$/)).toBeVisible();
  }
  await page.screenshot({ path: picture('chat-dice-open') });
  diceRound = roundOf(await left.message('Commitment').innerText());

  const proof = await finished(diceRound);
  expect(proof.status).toBe('settled');
  for (const pane of [left, right]) await expect(pane.message(' paid ')).toContainText(diceRound, { timeout: 30_000 });
  await page.screenshot({ path: picture('chat-dice-result') });

  // The balances move by what the proof says.
  const change = (choice) => {
    const bet = proof.bets.find((b) => b.choice === choice);
    return (proof.payouts?.find((p) => p.seq === bet.seq)?.amount ?? 0) - bet.stake;
  };
  expect(await purse(ann, bot, 'Coffee corner')).toBe(before[0] + change('big'));
  expect(await purse(ben, bot, 'Coffee corner')).toBe(before[1] + change('small'));
  await left.say('/balance');
  await expect(left.message('Player 1:')).toContainText(`${(before[0] + change('big')).toLocaleString('en')} points`);

  // The Verify button opens the page that recomputes the round.
  const opened = context.waitForEvent('page');
  await left.verify(diceRound);
  const verify = await opened;
  expect(verify.url()).toContain(addresses().api.url);
  await expect(verify.getByTestId('verdict')).toHaveAttribute('data-verdict', 'ok');
  const checks = verify.getByTestId('check');
  expect(await checks.count()).toBeGreaterThan(5);
  for (const check of await checks.all()) await expect(check).toHaveAttribute('data-status', 'ok');
  await verify.screenshot({ path: picture('verify'), fullPage: true });

  // A group has twenty messages a minute, edits included: the live message may show its end a while after the result.
  for (const pane of [left, right]) {
    await expect(pane.message('Commitment')).toContainText('Finished.', { timeout: 60_000 });
    await expect(pane.message('Commitment').getByTestId('message-button')).toHaveCount(0);
  }
  expect(audit().ok).toBe(true);
  closed();
});

test('the Temporal UI shows the round, completed', async ({ page }) => {
  expect(diceRound).not.toBe('');
  await page.goto(`${addresses().temporal_ui.url}/namespaces/default/workflows?query=${encodeURIComponent(`WorkflowId="round:${diceRound}"`)}`);
  const link = page.getByRole('link', { name: `round:${diceRound}` }).first();
  await expect(link).toBeVisible({ timeout: 30_000 });
  await link.click();
  await expect(page.getByText('Completed', { exact: true }).first()).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(`round:${diceRound}`).first()).toBeVisible();
  await page.waitForLoadState('networkidle').catch(() => {});
  await page.screenshot({ path: picture('temporal') });
});

test('red packet: give, grab, grab, and the rest comes back in the books', async ({ page }) => {
  const { people, groups, bot } = await world();
  const chat = groups['Night owls'];
  const [ann, ben] = [people['Player 3'], people['Player 4']];
  const before = [await purse(ann, bot, 'Night owls'), await purse(ben, bot, 'Night owls')];
  const [left, right] = await openChat(page, [ann, chat], [ben, chat]);
  await left.say('/redpacket 100 2');
  await expect(left.message('Taken 0/2')).toContainText('Red packet');
  const round = roundOf(await left.message('Taken').innerText());
  const got = [];
  for (const pane of [right, left]) {
    const toast = await pane.tap(round, /^Grab/, 'You got');
    got.push(Number(toast.match(/You got ([\d,]+)/)[1].replaceAll(',', '')));
  }
  expect(got[0] + got[1]).toBe(100);
  const proof = await finished(round);
  expect(proof.acts).toHaveLength(2);
  for (const pane of [left, right]) {
    await expect(pane.message('The packet is over')).toContainText(`Player 4: ${got[0]}`, { timeout: 30_000 });
    await expect(pane.message('The packet is over')).toContainText(`Player 3: ${got[1]}`);
  }
  await page.screenshot({ path: picture('chat-redpacket') });
  expect(await purse(ann, bot, 'Night owls')).toBe(before[0] - 100 + got[1]);
  expect(await purse(ben, bot, 'Night owls')).toBe(before[1] + got[0]);
});

test('duel: heads against tails, the winner takes the pot', async ({ page }) => {
  const { people, groups, bot } = await world();
  const chat = groups['Night owls'];
  const [ann, ben] = [people['Player 5'], people['Player 6']];
  const before = [await purse(ann, bot, 'Night owls'), await purse(ben, bot, 'Night owls')];
  const [left, right] = await openChat(page, [ann, chat], [ben, chat]);
  await left.say('/duel 50');
  await expect(right.message('Seats 1/2')).toContainText('Heads for 50');
  const round = roundOf(await left.message('Seats 1/2').innerText());
  // The opener already sits on heads.
  await left.tap(round, /^Join/, 'already in this round');
  await right.tap(round, /^Join/, 'Tails · 50');
  const proof = await finished(round);
  expect(proof.status).toBe('settled');
  const headsWon = proof.outcome.data.side === 'heads';
  await expect(left.message(' paid ')).toContainText(headsWon ? 'Player 5: 100 for 50' : 'Player 6: 100 for 50', { timeout: 30_000 });
  await page.screenshot({ path: picture('chat-duel') });
  expect(await purse(ann, bot, 'Night owls')).toBe(before[0] + (headsWon ? 50 : -50));
  expect(await purse(ben, bot, 'Night owls')).toBe(before[1] + (headsWon ? -50 : 50));
  expect((await sim('state')).limits).toBe(true);
});
