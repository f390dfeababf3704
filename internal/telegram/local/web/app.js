// The page: panes in the address, chat list, log, connection.

import { el } from './ui.js';
import { post, get } from './api.js';
import { connect, listen } from './live.js';
import { world, watch, load, isCrowd } from './world.js';
import { Pane } from './pane.js';
import { startLog, showLog } from './log.js';
import { startList, setActive } from './list.js';

const most = 4;
const $ = (id) => document.getElementById(id);
let panes = [];
let active = null;

const host = {
  close(pane) {
    panes = panes.filter((p) => p !== pane);
    pane.node.remove();
    if (active === pane) host.focus(panes[0] ?? null);
    host.changed();
  },
  focus(pane) {
    if (active === pane) return;
    active = pane;
    for (const p of panes) p.node.classList.toggle('active', p === pane);
    setActive(pane);
  },
  changed() {
    const hash = `#panes=${panes.map((p) => `${p.user}:${p.chat}`).join(',')}`;
    if (hash !== location.hash) history.replaceState(null, '', hash);
    for (const p of panes) p.close.hidden = panes.length === 1;
    $('add-pane').disabled = panes.length >= most || !world.users.length;
    $('panes').dataset.count = panes.length;
    if (active) setActive(active);
  },
};

function fromAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1)).get('panes');
  if (!wanted) return [];
  return wanted.split(',').map((p) => p.split(':').map(Number)).filter(([u, c]) => u && c).slice(0, most);
}

// busiest is the group with a bot that most people are in, or else any chat: a desk for a few is not where a newcomer starts.
function busiest() {
  const groups = world.chats.filter((c) => c.type === 'supergroup' && c.bots.length);
  return (groups.reduce((best, c) => (best && best.members >= c.members ? best : c), null) ?? world.chats[0] ?? world.bots[0])?.id;
}

// byDefault is the first two people in the busiest group, or with the first bot.
function byDefault() {
  const people = world.users.filter((u) => !isCrowd(u));
  const chat = busiest();
  return chat ? people.slice(0, 2).map((u) => [u.id, chat]) : [];
}

function open(list) {
  for (const p of panes) p.node.remove();
  panes = list.map(([user, chat]) => new Pane(user, chat, host));
  active = null;
  $('panes').replaceChildren(...panes.map((p) => p.node));
  if (!panes.length) $('panes').append(welcome());
  host.changed();
  host.focus(panes[0] ?? null);
}

function welcome() {
  return el('div', { class: 'welcome' }, el('h2', {}, 'Nobody is here yet'),
    el('p', {}, 'People, chats and bots appear as soon as a program makes them:'),
    el('pre', {}, `curl -d '{"first_name":"Ann"}' ${location.origin}/sim/users\ncurl -d '{"title":"Harbour","owner":<id of Ann>}' ${location.origin}/sim/chats\ncurl -d '{"username":"my_bot"}' ${location.origin}/sim/bots`));
}

function addPane() {
  const people = world.users.filter((u) => !isCrowd(u));
  const fresh = people.find((u) => !panes.some((p) => p.user === u.id)) ?? people[0];
  const pane = new Pane(fresh.id, active?.chat ?? busiest(), host);
  panes.push(pane);
  $('panes').append(pane.node);
  host.changed();
  host.focus(pane);
}

function wire() {
  $('add-pane').onclick = addPane;
  $('toggle-log').onclick = () => {
    const now = $('log').hidden;
    showLog(now);
    $('toggle-log').setAttribute('aria-expanded', String(now));
  };
  $('toggle-list').onclick = () => {
    const now = document.body.classList.toggle('list-open');
    $('toggle-list').setAttribute('aria-expanded', String(now));
  };
  $('theme').onclick = () => {
    const dark = document.documentElement.dataset.theme === 'dark'
      || (!document.documentElement.dataset.theme && matchMedia('(prefers-color-scheme: dark)').matches);
    document.documentElement.dataset.theme = dark ? 'light' : 'dark';
    localStorage.setItem('theme', document.documentElement.dataset.theme);
  };
  $('limits').onchange = (e) => post('limits', { on: e.target.checked }).catch(() => { e.target.checked = !e.target.checked; });
  addEventListener('hashchange', () => open(fromAddress()));
  listen((event) => {
    if (event.type === 'offline' || event.type === 'online') online(event.type === 'online');
    for (const p of panes) p.on(event);
  });
  watch(() => {
    $('limits').checked = world.limits;
    if (!panes.length) open(fromAddress().length ? fromAddress() : byDefault());
    else for (const p of panes) p.fillSelects();
  });
}

function online(yes) {
  $('offline').hidden = yes;
  $('status').textContent = yes ? 'Live' : 'Offline';
  $('status').className = yes ? 'status live' : 'status';
}

async function start() {
  const theme = localStorage.getItem('theme') ?? new URLSearchParams(location.search).get('theme');
  if (theme) document.documentElement.dataset.theme = theme;
  wire();
  startList($('list'));
  connect();
  for (;;) {
    try {
      await get('state');
      await load();
      break;
    } catch {
      online(false);
      await new Promise((again) => setTimeout(again, 1000));
    }
  }
  await startLog($('log'), $('warnings'));
  if (new URLSearchParams(location.search).has('log')) $('toggle-log').click();
}

start();
