// A Mini App in a frame, opened with valid initData.

import { el } from './ui.js';
import { post } from './api.js';

export async function openApp(user, bot, chat, url, start) {
  const data = await post('initdata', { user, bot, chat: chat || undefined, url: url || undefined, start_param: start || undefined });
  if (!data.url) throw new Error('The bot has no Mini App address');
  const frame = el('iframe', { src: data.url, title: 'Mini App', allow: 'clipboard-write' });
  const box = el('dialog', { class: 'app', 'aria-label': 'Mini App' },
    el('header', {}, el('span', {}, new URL(data.url).host),
      el('a', { href: data.url, target: '_blank', rel: 'noopener' }, 'Open in a tab'),
      el('button', { class: 'icon', 'aria-label': 'Close the Mini App', onclick: () => box.close() }, '×')), frame);
  box.addEventListener('close', () => box.remove());
  document.body.append(box);
  box.showModal();
}
