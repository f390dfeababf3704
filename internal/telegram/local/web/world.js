// What the server knows: people, bots and groups, loaded again whenever it says so.

import { get } from './api.js';
import { listen } from './live.js';

export const world = { users: [], bots: [], chats: [], limits: true, loaded: false };
const watchers = new Set();

export function watch(fn) {
  watchers.add(fn);
  return () => watchers.delete(fn);
}

export async function load() {
  const state = await get('state');
  Object.assign(world, state, { loaded: true });
  for (const fn of [...watchers]) fn(world);
}

export const userByID = (id) => world.users.find((u) => u.id === id);
export const botByID = (id) => world.bots.find((b) => b.id === id);
export const isCrowd = (user) => /^crowd_\d+$/.test(user.username ?? '');

// roomKey names a person's chat in events, as the server does.
export const roomKey = (user, chat) => (chat < 0 ? String(chat) : `${chat}:${user}`);

let pending = null;
listen((event) => {
  if (event.type !== 'chats' && event.type !== 'resync') return;
  pending ??= setTimeout(() => { pending = null; load().catch(() => {}); }, 80);
});
