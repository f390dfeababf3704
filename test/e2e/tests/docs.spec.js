// The API's reference is served by the product and asks nobody else.

import { expect, test } from '@playwright/test';
import { onlyLocal, picture } from '../support/chat.js';
import { addresses } from '../support/stack.js';

test('/docs shows the reference without an outside request', async ({ page }) => {
  const closed = onlyLocal(page);
  const wrong = [];
  page.on('console', (m) => m.type() === 'error' && wrong.push(m.text()));
  await page.goto(`${addresses().api.url}/docs`);
  await expect(page.getByText('Fairground API').first()).toBeVisible();
  const bet = page.getByText('/v1/rounds/{round}/bets').first();
  await expect(bet).toBeVisible();
  await bet.click();
  await expect(page.getByText('Idempotency-Key').last()).toBeVisible();
  await page.screenshot({ path: picture('docs') });
  expect(wrong).toEqual([]);
  closed();
});
