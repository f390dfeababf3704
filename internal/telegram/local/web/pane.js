// One pane: a chat as one person sees it.

import { el, avatar, fullName, dayOf, dialog } from './ui.js';
import { get, post } from './api.js';
import { world, userByID, isCrowd, roomKey } from './world.js';
import { renderMessage, pressKey, preview } from './message.js';
import { Composer } from './composer.js';
import { runCrowd, crowdSize } from './crowd.js';
import { openApp } from './webapp.js';

let serial = 0;

export class Pane {
  constructor(user, chat, host) {
    this.id = `pane${++serial}`;
    Object.assign(this, { user, chat, host, info: null, chats: [], messages: [], pressed: new Set(), armed: false });
    this.handlers = { command: (text) => this.say(text), link: (href) => this.follow(href) };
    this.build();
    this.load();
  }

  get room() { return roomKey(this.user, this.chat); }

  build() {
    this.userSelect = el('select', { testid: 'pane-user', 'aria-label': 'Person', onchange: (e) => this.show(Number(e.target.value), this.chat) });
    this.chatSelect = el('select', { testid: 'pane-chat', 'aria-label': 'Chat', onchange: (e) => this.show(this.user, Number(e.target.value)) });
    this.face = el('span');
    this.subtitle = el('span', { class: 'subtitle' });
    this.crowd = el('button', {
      testid: 'crowd', class: 'crowd', 'aria-pressed': 'false', title: `${crowdSize} people tap the button you choose next`,
      onclick: () => this.arm(!this.armed),
    }, `Crowd of ${crowdSize}`);
    this.close = el('button', { class: 'icon', testid: 'close-pane', 'aria-label': 'Close this pane', onclick: () => this.host.close(this) }, '×');
    this.pin = el('button', { class: 'pin', hidden: true });
    this.banner = el('div', { class: 'banner', role: 'status', hidden: true }, `Choose a button: ${crowdSize} people will tap it. `,
      el('button', { onclick: () => this.arm(false) }, 'Cancel'));
    this.list = el('ol', { class: 'messages', role: 'log', 'aria-label': 'Messages', tabindex: '0' });
    this.stuck = true;
    this.list.addEventListener('scroll', () => { this.stuck = this.atEnd(); this.down.hidden = this.stuck; });
    new ResizeObserver(() => { if (this.stuck) this.toEnd(); }).observe(this.list);
    this.down = el('button', { class: 'down', 'aria-label': 'To the newest message', hidden: true, onclick: () => this.toEnd(true) }, '↓');
    this.toasts = el('div', { class: 'toasts-here', 'aria-live': 'assertive' });
    this.composer = new Composer(this);
    this.gate = el('div', { class: 'gate', hidden: true });
    this.node = el('article', {
      class: 'pane', testid: 'pane', 'aria-label': 'Pane', onfocusin: () => this.host.focus(this), onpointerdown: () => this.host.focus(this),
      onkeydown: (e) => { if (e.key === 'Escape') this.arm(false); },
    },
    el('header', {}, this.face,
      el('div', { class: 'who' },
        this.chatSelect, el('div', { class: 'pickers' }, el('label', { class: 'as' }, 'as ', this.userSelect), this.subtitle)),
      this.crowd, this.close),
    this.pin, this.banner,
    el('div', { class: 'stage' }, this.list, this.down, this.toasts), this.composer.node, this.gate);
  }

  show(user, chat) {
    Object.assign(this, { user, chat, messages: [], info: null });
    this.pressed.clear();
    this.arm(false);
    this.composer.setReply(null);
    this.host.changed();
    this.load();
  }

  async load() {
    const { user, chat } = this;
    this.waiting = []; // events that come while loading are taken afterwards, or they would be lost
    try {
      const [chats, messages] = await Promise.allSettled([get('chats', { user }), get('messages', { user, chat })]);
      if (user !== this.user || chat !== this.chat) return;
      this.setChats(chats.value ?? []);
      if (chats.reason ?? messages.reason) throw chats.reason ?? messages.reason;
      this.messages = messages.value;
      this.render();
      const waiting = this.waiting;
      this.waiting = null;
      for (const event of waiting) this.on(event);
      this.composer.loadCommands();
    } catch (error) {
      this.list.replaceChildren(el('li', { class: 'empty', role: 'alert' }, el('b', {}, 'This chat cannot be shown'), error.message));
      this.composer.node.hidden = true;
    }
  }

  async refresh() {
    const chats = await get('chats', { user: this.user }).catch(() => null);
    if (chats) this.setChats(chats);
    this.composer.loadCommands();
  }

  setChats(chats) {
    this.chats = chats;
    this.info = chats.find((c) => c.id === this.chat) ?? null;
    this.fillSelects();
    this.renderHead();
  }

  fillSelects() {
    const people = world.users.filter((u) => !isCrowd(u) || u.id === this.user);
    if (!people.some((u) => u.id === this.user)) people.push({ id: this.user, first_name: 'Unknown person' });
    this.userSelect.replaceChildren(...people.map((u) => el('option', { value: String(u.id), selected: u.id === this.user }, fullName(u))));
    const chats = this.chats.some((c) => c.id === this.chat) ? this.chats : [...this.chats, { id: this.chat, title: 'Chat not found' }];
    this.chatSelect.replaceChildren(...chats.map((c) => el('option', { value: String(c.id), selected: c.id === this.chat }, c.title)));
    this.node.dataset.user = this.user;
    this.node.dataset.chat = this.chat;
    this.node.setAttribute('aria-label', `${this.info?.title ?? 'Chat'} as ${fullName(userByID(this.user))}`);
  }

  renderHead() {
    const info = this.info;
    this.face.replaceChildren(avatar(info?.title ?? '?', this.chat));
    this.setSubtitle();
    this.crowd.hidden = this.chat > 0 || !info;
    this.pin.hidden = !info?.pinned;
    if (info?.pinned) {
      this.pin.replaceChildren(el('b', {}, 'Pinned'), el('span', { dir: 'auto' }, preview(info.pinned)));
      this.pin.onclick = () => document.getElementById(`${this.id}-m${info.pinned.message_id}`)?.scrollIntoView({ block: 'center', behavior: 'smooth' });
    }
    this.renderGate();
  }

  setSubtitle(text) {
    const info = this.info;
    const role = { creator: ' · owner', administrator: ' · administrator', restricted: ' · restricted' }[info?.status] ?? '';
    const quiet = !info ? '' : info.type === 'private' ? 'bot' : `${info.members} members${role}`;
    this.subtitle.textContent = text ?? quiet;
    this.subtitle.classList.toggle('busy', Boolean(text));
  }

  // renderGate replaces the text field where the person cannot write yet.
  renderGate() {
    const info = this.info;
    let gate = null;
    if (info?.type === 'private' && info.blocked) gate = ['Unblock', () => post('block', { user: this.user, bot: this.chat, blocked: false })];
    else if (info?.type === 'private' && !info.started) gate = ['Start', () => this.say('/start')];
    else if (info && this.chat < 0 && !['creator', 'administrator', 'member', 'restricted'].includes(info.status)) {
      gate = ['Join', () => post('join', { chat: this.chat, user: this.user })];
    }
    this.gate.hidden = !gate;
    this.composer.node.hidden = Boolean(gate);
    if (gate) this.gate.replaceChildren(el('button', { testid: 'gate', onclick: () => this.attempt(gate[1]) }, gate[0]));
  }

  render() {
    if (!this.messages.length) {
      this.list.replaceChildren(el('li', { class: 'empty' }, el('b', {}, 'No messages yet'),
        this.chat > 0 ? 'Press Start to talk to the bot.' : 'Write /start or /play to the bot.'));
      return;
    }
    const nodes = [];
    this.messages.forEach((m, i) => nodes.push(...this.nodesOf(m, this.messages[i - 1])));
    this.list.replaceChildren(...nodes);
    this.toEnd();
  }

  nodesOf(message, before) {
    const out = [];
    if (!before || dayOf(before.date) !== dayOf(message.date)) out.push(el('li', { class: 'day' }, el('span', {}, dayOf(message.date))));
    const node = renderMessage(message, this);
    if (before && before.from?.id === message.from?.id && message.date - before.date < 300 && before.text && out.length === 0) node.classList.add('follows');
    out.push(node);
    return out;
  }

  // on takes a live event.
  on(event) {
    if (event.type === 'chats') this.refresh();
    if (event.type === 'resync') this.load();
    if (event.room !== this.room) return;
    if (this.waiting) {
      this.waiting.push(event);
      return;
    }
    const message = event.message;
    const at = message ? this.messages.findIndex((m) => m.message_id === message.message_id) : -1;
    if (event.type === 'message' && at < 0) {
      const stay = this.atEnd() || message.from?.id === this.user;
      const before = this.messages.at(-1);
      this.messages.push(message);
      if (!before) this.list.replaceChildren();
      this.list.append(...this.nodesOf(message, before));
      if (stay) this.toEnd();
      if (message.pinned_message) this.refresh();
      this.setSubtitle();
    } else if (event.type === 'edited' && at >= 0) {
      this.messages[at] = message;
      this.redraw(message);
    } else if (event.type === 'deleted' && at >= 0) {
      this.messages.splice(at, 1);
      this.find(message)?.remove();
    } else if (event.type === 'action') {
      this.setSubtitle(`${event.from} is ${event.action === 'typing' ? 'typing' : 'busy'}…`);
      clearTimeout(this.busy);
      this.busy = setTimeout(() => this.setSubtitle(), 5000);
    }
  }

  find(message) { return document.getElementById(`${this.id}-m${message.message_id}`); }

  redraw(message) {
    const old = this.find(message);
    if (!old) return;
    const stay = this.atEnd();
    const focused = [...old.querySelectorAll('[data-testid="message-button"]')].indexOf(document.activeElement);
    const fresh = renderMessage(message, this);
    if (old.classList.contains('follows')) fresh.classList.add('follows');
    old.replaceWith(fresh);
    if (focused >= 0) fresh.querySelectorAll('[data-testid="message-button"]')[focused]?.focus({ preventScroll: true });
    if (stay) this.toEnd();
  }

  atEnd() { return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 60; }
  toEnd(smooth) { this.stuck = true; this.list.scrollTo({ top: this.list.scrollHeight, behavior: smooth ? 'smooth' : 'instant' }); }
  replyTo(message) { this.composer.setReply(message); }

  arm(on) {
    this.armed = on;
    this.banner.hidden = !on;
    this.crowd.setAttribute('aria-pressed', String(on));
    this.node.classList.toggle('armed', on);
  }

  async attempt(act) {
    try {
      return (await act()) ?? true;
    } catch (error) {
      this.toast(error.message, true);
      return null;
    }
  }

  say(text, reply) { return this.attempt(() => post('send', { user: this.user, chat: this.chat, text, reply_to: reply })); }

  async press(message, button) {
    if (button.url) return this.follow(button.url) || window.open(button.url, '_blank', 'noopener');
    if (button.web_app) return this.attempt(() => openApp(this.user, this.chat, 0, button.web_app.url));
    if (button.copy_text) {
      await navigator.clipboard?.writeText(button.copy_text.text);
      return this.toast('Copied');
    }
    if (button.pay) return this.pay(message);
    if (this.armed) return this.crowdOn(message, button);
    return this.pressing(message, button, async () => {
      const got = await post('tap', { user: this.user, chat: this.chat, message_id: message.message_id, data: button.callback_data, timeout_ms: 15000 });
      if (!got.answered) this.toast('The bot did not answer in time', true);
      else if (got.url) this.follow(got.url) || window.open(got.url, '_blank', 'noopener');
      else if (got.alert) dialog(this.info?.title ?? 'Alert', el('p', { testid: 'toast', dir: 'auto' }, got.toast), [['OK']], { role: 'alertdialog' });
      else if (got.toast) this.toast(got.toast, false, got.latency_ms);
    });
  }

  crowdOn(message, button) {
    this.arm(false);
    return this.pressing(message, button, () => runCrowd(this.chat, message, button));
  }

  // pressing shows the button as waiting while something happens.
  async pressing(message, button, act) {
    const key = pressKey(message, button);
    if (this.pressed.has(key)) return;
    this.pressed.add(key);
    const current = () => this.messages.find((m) => m.message_id === message.message_id);
    this.redraw(current() ?? message);
    await this.attempt(act);
    this.pressed.delete(key);
    if (current()) this.redraw(current());
  }

  async pay(message) {
    const result = await this.attempt(() => post('pay', { user: this.user, chat: this.chat, message_id: message.message_id }));
    if (result) this.toast(result.paid ? 'Paid' : result.error || 'The payment was refused', !result.paid);
  }

  toast(text, bad, latency) {
    const node = el('div', { testid: 'toast', class: bad ? 'toast bad' : 'toast', role: 'status' }, el('span', { dir: 'auto' }, text),
      latency !== undefined ? el('small', {}, `${Math.round(latency)} ms`) : null);
    this.toasts.append(node);
    setTimeout(() => node.classList.add('gone'), 5000);
    setTimeout(() => node.remove(), 5400);
    while (this.toasts.children.length > 3) this.toasts.firstChild.remove();
  }

  // follow opens what a t.me link to one of our bots means, and says whether it was one.
  follow(href) {
    const link = href.match(/^https?:\/\/t\.me\/([A-Za-z0-9_]+)(?:\/[A-Za-z0-9_]+)?(?:\?(.*))?$/);
    const bot = link && world.bots.find((b) => b.username.toLowerCase() === link[1].toLowerCase());
    if (!bot) return false;
    const query = new URLSearchParams(link[2] ?? '');
    if (query.has('startapp')) {
      this.attempt(() => openApp(this.user, bot.id, this.chat < 0 ? this.chat : 0, '', query.get('startapp')));
      return true;
    }
    this.show(this.user, bot.id);
    if (query.has('start')) this.say(`/start ${query.get('start')}`.trim());
    return true;
  }
}

