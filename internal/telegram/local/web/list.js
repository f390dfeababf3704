// The chat list of the person in the active pane.

import { el, avatar, fullName, timeOf } from './ui.js';
import { get } from './api.js';
import { userByID } from './world.js';
import { preview } from './message.js';
import { listen } from './live.js';

let pane = null;
let node;
let pending = null;

export function startList(target) {
  node = target;
  listen((event) => {
    if (['message', 'edited', 'deleted', 'chats', 'resync'].includes(event.type)) pending ??= setTimeout(draw, 120);
  });
}

export function setActive(active) {
  pane = active;
  draw();
}

async function draw() {
  pending = null;
  if (!pane) { node.replaceChildren(); return; }
  const { user, chat } = pane;
  const chats = await get('chats', { user }).catch(() => null);
  if (!chats || pane.user !== user) return;
  const me = userByID(user);
  node.replaceChildren(
    el('div', { class: 'me' }, avatar(fullName(me), user, 'small'), el('b', { dir: 'auto' }, fullName(me)), el('span', {}, me?.username ? `@${me.username}` : '')),
    el('ul', {}, chats.map((c) => el('li', {}, el('button', {
      class: c.id === pane.chat ? 'chat here' : 'chat', testid: 'chat', 'aria-current': c.id === chat ? 'true' : undefined,
      onclick: () => { pane.show(pane.user, c.id); draw(); document.body.classList.remove('list-open'); },
    }, avatar(c.title, c.id),
    el('span', { class: 'lines' },
      el('span', { class: 'top' }, el('b', { dir: 'auto' }, c.title), el('time', {}, c.last ? timeOf(c.last.date) : '')),
      el('span', { class: 'last', dir: 'auto' }, c.last ? lastLine(c) : c.type === 'private' ? 'Press Start' : 'No messages')))))));
}

function lastLine(chat) {
  const text = preview(chat.last);
  return chat.type !== 'private' && chat.last.text ? `${chat.last.from?.first_name}: ${text}` : text;
}
