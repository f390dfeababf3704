// One message: bubble, buttons, service notes.

import { el, avatar, fullName, timeOf, fullDate } from './ui.js';
import { formatted } from './format.js';
import { holdMenu } from './crowd.js';

export function renderMessage(message, pane) {
  const note = serviceNote(message);
  const props = { testid: 'message', 'data-message-id': message.message_id, id: `${pane.id}-m${message.message_id}` };
  if (note) return el('li', { class: 'service', ...props }, el('span', {}, note));
  const mine = message.from?.id === pane.user;
  const group = pane.chat < 0;
  return el('li', { class: `message ${mine ? 'mine' : 'theirs'}`, ...props, 'data-from': message.from?.id },
    group && !mine ? avatar(fullName(message.from), message.from?.id, 'small') : null,
    el('div', { class: 'stack' },
      el('div', { class: 'bubble' },
        group && !mine ? el('div', { class: `name tone${Math.abs(message.from?.id ?? 0) % 7}`, dir: 'auto' }, fullName(message.from),
          message.from?.is_bot ? el('span', { class: 'tag' }, 'bot') : null) : null,
        message.reply_to_message ? quote(message.reply_to_message, pane) : null,
        content(message, pane),
        el('span', { class: 'meta' },
          message.edit_date ? el('span', { class: 'edited' }, 'edited ') : null,
          el('time', { title: fullDate(message.date) }, timeOf(message.date))),
        el('button', { class: 'reply', title: 'Reply', 'aria-label': 'Reply to this message', onclick: () => pane.replyTo(message) }, '↩')),
      message.reply_markup ? keyboard(message, pane) : null));
}

function content(message, pane) {
  if (message.dice) {
    const { emoji, value } = message.dice;
    return el('div', { class: 'dice', 'aria-label': `${emoji} ${value}` }, emoji === '🎲' ? die(value) : el('span', { class: 'emoji' }, emoji), el('b', {}, String(value)));
  }
  if (message.invoice) {
    const i = message.invoice;
    return el('div', { class: 'text', dir: 'auto' }, el('strong', {}, i.title), el('br'), i.description, el('br'),
      i.currency === 'XTR' ? `⭐️ ${i.total_amount}` : `${i.total_amount} ${i.currency}`);
  }
  return el('div', { class: 'text', dir: 'auto' }, formatted(message, pane.handlers));
}

// die draws a die's face: many machines have no emoji font.
function die(value) {
  const spots = { 1: [4], 2: [0, 8], 3: [0, 4, 8], 4: [0, 2, 6, 8], 5: [0, 2, 4, 6, 8], 6: [0, 2, 3, 5, 6, 8] }[value] ?? [];
  return el('span', { class: 'die', 'aria-hidden': 'true' }, Array.from({ length: 9 }, (_, i) => el('i', { class: spots.includes(i) ? 'pip' : '' })));
}

function quote(original, pane) {
  return el('button', { class: 'quote', onclick: () => document.getElementById(`${pane.id}-m${original.message_id}`)?.scrollIntoView({ block: 'center', behavior: 'smooth' }) },
    el('b', {}, fullName(original.from)), el('span', { dir: 'auto' }, preview(original)));
}

function keyboard(message, pane) {
  return el('div', { class: 'keyboard' }, message.reply_markup.inline_keyboard.map((row) =>
    el('div', { class: 'row' }, row.map((button) => renderButton(message, button, pane)))));
}

function renderButton(message, button, pane) {
  const waits = pane.pressed.has(pressKey(message, button));
  const mark = button.url ? '↗' : button.web_app ? '▣' : button.copy_text ? '⧉' : '';
  const node = el('button', {
    testid: 'message-button', 'data-callback': button.callback_data, dir: 'auto',
    class: waits ? 'waits' : '', 'aria-busy': waits ? 'true' : undefined,
    onclick: () => pane.press(message, button),
  }, button.text, mark ? el('i', { 'aria-hidden': 'true' }, mark) : null);
  if (button.callback_data && pane.chat < 0) holdMenu(node, () => pane.crowdOn(message, button));
  return node;
}

export const pressKey = (message, button) => `${message.message_id}/${button.callback_data ?? button.text}`;

// preview is one line of a message for lists and quotes.
export function preview(message) {
  if (!message) return '';
  if (message.dice) return `${message.dice.emoji} ${message.dice.value}`;
  if (message.invoice) return `Invoice: ${message.invoice.title}`;
  return serviceNote(message) ?? (message.text ?? '').replace(/\s+/g, ' ');
}

export function serviceNote(message) {
  const who = fullName(message.from);
  if (message.new_chat_members) {
    const names = message.new_chat_members.map(fullName).join(', ');
    return message.new_chat_members[0].id === message.from?.id ? `${names} joined` : `${who} added ${names}`;
  }
  if (message.left_chat_member) {
    const name = fullName(message.left_chat_member);
    return message.left_chat_member.id === message.from?.id ? `${name} left` : `${who} removed ${name}`;
  }
  if (message.pinned_message) return `${who} pinned “${preview(message.pinned_message).slice(0, 40)}”`;
  if (message.successful_payment) return `${who} paid ⭐️ ${message.successful_payment.total_amount}`;
  if (message.refunded_payment) return `⭐️ ${message.refunded_payment.total_amount} refunded to ${who}`;
  if (message.migrate_to_chat_id) return 'This group became a supergroup';
  if (message.migrate_from_chat_id) return 'This supergroup was a group';
  if (message.forum_topic_created) return `Topic “${message.forum_topic_created.name}” opened`;
  return null;
}
