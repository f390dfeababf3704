// The text field of a pane, with command suggestions.

import { el, fullName } from './ui.js';
import { get } from './api.js';
import { preview } from './message.js';

export class Composer {
  constructor(pane) {
    this.pane = pane;
    this.commands = [];
    this.chosen = -1;
    this.reply = null;
    const listID = `${pane.id}-commands`;
    this.suggestions = el('ul', { class: 'suggestions', role: 'listbox', id: listID, 'aria-label': 'Commands', hidden: true });
    this.quote = el('div', { class: 'replying', hidden: true });
    this.input = el('textarea', {
      testid: 'composer', rows: '1', placeholder: 'Message', 'aria-label': 'Message', role: 'combobox', dir: 'auto',
      'aria-controls': listID, 'aria-expanded': 'false', 'aria-autocomplete': 'list', autocomplete: 'off',
      oninput: () => { this.chosen = -1; this.suggest(); this.grow(); },
      onkeydown: (e) => this.key(e),
      onblur: () => setTimeout(() => { this.suggestions.hidden = true; }, 150),
    });
    this.button = el('button', { testid: 'send', class: 'send', type: 'submit', 'aria-label': 'Send' }, '➤');
    this.node = el('form', { class: 'composer', onsubmit: (e) => { e.preventDefault(); this.submit(); } },
      this.suggestions, this.quote, el('div', { class: 'line' }, this.input, this.button));
  }

  async loadCommands() {
    const { user, chat } = this.pane;
    this.commands = user && chat ? await get('commands', { user, chat }).catch(() => []) : [];
  }

  grow() {
    this.input.style.height = 'auto';
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
  }

  matches() {
    const typed = this.input.value.match(/^\/([a-z0-9_]*)$/i);
    return typed ? this.commands.filter((c) => c.command.startsWith(typed[1].toLowerCase())).slice(0, 8) : [];
  }

  suggest() {
    const found = this.matches();
    this.suggestions.replaceChildren(...found.map((c, i) => el('li', {
      role: 'option', 'aria-selected': String(i === this.chosen), class: i === this.chosen ? 'chosen' : '',
      onpointerdown: (e) => { e.preventDefault(); this.input.value = `/${c.command}`; this.submit(); },
    }, el('b', {}, `/${c.command}`), el('span', { dir: 'auto' }, c.description))));
    this.suggestions.hidden = found.length === 0;
    this.input.setAttribute('aria-expanded', String(found.length > 0));
  }

  key(e) {
    const found = this.matches();
    if (found.length && (e.key === 'ArrowDown' || e.key === 'ArrowUp')) {
      e.preventDefault();
      this.chosen = (this.chosen + (e.key === 'ArrowDown' ? 1 : found.length) + (this.chosen < 0 && e.key === 'ArrowUp' ? 0 : 0)) % found.length;
      this.suggest();
    } else if (found.length && e.key === 'Tab' && !e.shiftKey) {
      e.preventDefault();
      this.input.value = `/${found[Math.max(0, this.chosen)].command} `;
      this.suggest();
    } else if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      if (this.chosen >= 0 && found[this.chosen]) this.input.value = `/${found[this.chosen].command}`;
      this.submit();
    } else if (e.key === 'Escape') {
      this.suggestions.hidden = true;
      this.setReply(null);
    }
  }

  setReply(message) {
    this.reply = message;
    this.quote.hidden = !message;
    if (!message) return;
    this.quote.replaceChildren(
      el('div', {}, el('b', {}, `Reply to ${fullName(message.from)}`), el('span', { dir: 'auto' }, preview(message))),
      el('button', { type: 'button', 'aria-label': 'Cancel the reply', onclick: () => this.setReply(null) }, '×'));
    this.input.focus();
  }

  async submit() {
    const text = this.input.value.trim();
    if (!text) return;
    const reply = this.reply?.message_id;
    this.input.value = '';
    this.chosen = -1;
    this.suggest();
    this.grow();
    this.setReply(null);
    if (!await this.pane.say(text, reply)) this.input.value = text;
  }
}
