// The chat page: two panes side by side, each as one person.

import { expect } from '@playwright/test';
import { addresses } from './stack.js';

// openChat opens the page with a pane for each [user, chat].
export async function openChat(page, ...panes) {
  await page.goto(`${addresses().chat.url}/#panes=${panes.map((p) => p.join(':')).join(',')}`);
  await expect(page.locator('#status')).toHaveText('Live');
  await expect(page.getByTestId('pane')).toHaveCount(panes.length);
  return panes.map((_, i) => new Pane(page.getByTestId('pane').nth(i)));
}

export class Pane {
  constructor(node) { this.node = node; }

  async say(text) {
    await this.node.getByTestId('composer').fill(text);
    await this.node.getByTestId('send').click();
  }

  // message is the newest one with the text in itself, not in what it quotes.
  message(text) { return this.node.getByTestId('message').filter({ has: this.node.page().locator('.text', { hasText: text }) }).last(); }

  // button is a button under the newest message with the text.
  button(text, label) { return this.message(text).getByTestId('message-button').filter({ hasText: label }).first(); }

  // verify follows the way to the verify page under a round's result: a button, or a link where the address is local.
  async verify(round) {
    const result = this.message(' paid ');
    await expect(result).toContainText(round);
    await result.getByTestId('message-button').or(result.getByRole('link')).filter({ hasText: 'Verify' }).first().click();
  }

  toast(text) { return this.node.getByTestId('toast').filter({ hasText: text }).last(); }

  // tap taps a button and expects the toast.
  async tap(text, label, toast) {
    await this.button(text, label).click();
    await expect(this.toast(toast)).toBeVisible();
    return this.toast(toast).innerText();
  }
}

// onlyLocal fails the test when the page asks any other host; call the result at the end.
export function onlyLocal(page) {
  const outside = [];
  page.context().on('request', (request) => {
    const url = new URL(request.url());
    if (/^(https?|wss?):$/.test(url.protocol) && url.hostname !== '127.0.0.1') outside.push(request.url());
  });
  return () => expect(outside, 'requests that left the machine').toEqual([]);
}

export const picture = (name) => `results/${name}.png`;
