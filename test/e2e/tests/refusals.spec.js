// Whatever is not possible gets its own clear answer, and no balance moves.

import { expect, test } from '@playwright/test';
import { openChat, picture } from '../support/chat.js';
import { ask, audit, login, placeBet, purse, roundOf, finished, sim, world } from '../support/stack.js';

test('each refusal says what is wrong and moves nothing', async ({ page }) => {
  const { people, groups, bot } = await world();
  const chat = groups['Coffee corner'];
  const user = people['Player 8'];
  const before = await purse(user, bot, 'Coffee corner');
  const [pane] = await openChat(page, [user, chat]);
  const answers = new Map();
  const note = (name, text, wanted) => {
    expect(text, name).toContain(wanted);
    expect([...answers.values()], `${name} has an answer of its own`).not.toContain(text);
    answers.set(name, text);
  };
  const inPane = async (name, command, wanted) => {
    await pane.say(command);
    await expect(pane.message(wanted), name).toBeVisible();
    note(name, await pane.message(wanted).locator('.text').innerText(), wanted);
  };

  await inPane('wrong stake', '/dice big 7', 'That stake is not possible');
  await inPane('overdraft', '/dice big 5000', 'Not enough points');
  await inPane('unknown command', '/fly', "I don't know /fly");
  await inPane('wrong choice', '/dice moon 50', 'That choice does not exist');

  // A refused bet opened nothing: the round is opened on its own.
  const said = await sim('send', { user, chat, text: '/dice' });
  const card = await sim('wait', { chat, after: said.message_id, contains: 'Commitment', from_bot: true, timeout_ms: 20_000 });
  const round = roundOf(card.text);
  const message = card.message_id;

  // What no button offers comes by the /sim API.
  const forge = async (data, who = user) => (await sim('forge', { user: who, chat, message_id: message, data })).toast;
  note('forged callback', await forge('b:r_aaaaaaaaaaaaaaaa:0'), 'This button does nothing here');
  note('65 bytes', await forge(`b:${round}:${'0'.repeat(65 - round.length - 3)}`), 'more than Telegram allows');
  const stranger = await sim('users', { first_name: 'Stranger', username: 'stranger' });
  note('non-member', await forge(`b:${round}:0`, stranger.id), 'Only members of this group');

  // The key of one bet cannot pay for another.
  const token = await login(user, bot);
  const key = `e2e-${round}`;
  const first = await placeBet(round, token, key, { choice: 'even', stake: 10 });
  expect(first.status).toBe(201);
  const again = await placeBet(round, token, key, { choice: 'even', stake: 10 });
  expect(again.status).toBe(201);
  expect(again.body).toEqual(first.body);
  const other = await placeBet(round, token, key, { choice: 'odd', stake: 20 });
  expect(other.body.code).toBe('ledger.key_reused');
  expect(other.status).toBeGreaterThanOrEqual(400);

  const proof = await finished(round);
  expect(proof.bets).toHaveLength(1);
  note('closed round', await forge(`b:${round}:0`), 'The round is closed');
  const paid = proof.payouts?.find((p) => p.seq === 1)?.amount ?? 0;
  expect(await purse(user, bot, 'Coffee corner')).toBe(before - 10 + paid);
  await page.screenshot({ path: picture('chat-refusals') });
  expect((await ask(stranger.id, bot, '/balance', 'no group')).text).toContain('You play in no group yet');
  expect(audit().ok).toBe(true);
});
