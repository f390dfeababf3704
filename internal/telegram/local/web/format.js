// Text with entities becomes elements. Offsets count UTF-16 units, as JavaScript does.

import { el } from './ui.js';

const tags = {
  bold: 'strong', italic: 'em', underline: 'u', strikethrough: 's', code: 'code', pre: 'pre',
  blockquote: 'blockquote', expandable_blockquote: 'blockquote',
};

export function formatted(message, handlers) {
  const entities = [...(message.entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return slice(message.text, 0, message.text.length, entities, handlers);
}

function slice(text, from, to, entities, handlers) {
  const out = [];
  let at = from;
  for (let i = 0; i < entities.length; i++) {
    const e = entities[i];
    if (e.offset < at) continue;
    if (e.offset > at) out.push(text.slice(at, e.offset));
    const end = Math.min(to, e.offset + e.length);
    const inner = entities.slice(i + 1).filter((x) => x.offset >= e.offset && x.offset + x.length <= end);
    out.push(wrap(e, text.slice(e.offset, end), slice(text, e.offset, end, inner, handlers), handlers));
    at = end;
  }
  if (at < to) out.push(text.slice(at, to));
  return out;
}

function wrap(entity, plain, children, handlers) {
  switch (entity.type) {
    case 'text_link':
      return link(entity.url, children, handlers);
    case 'url':
      return link(plain, children, handlers);
    case 'bot_command':
      return el('button', { class: 'inline-command', type: 'button', onclick: () => handlers.command(plain) }, plain);
    case 'spoiler':
      return el('span', { class: 'spoiler', tabindex: '0', onclick: (e) => e.currentTarget.classList.add('shown') }, children);
    case 'mention':
    case 'hashtag':
      return el('span', { class: 'mention' }, children);
    default:
      return el(tags[entity.type] ?? 'span', {}, children);
  }
}

export function link(href, children, handlers) {
  const safe = /^(https?|tg):/i.test(href) ? href : '#';
  return el('a', {
    href: safe, target: '_blank', rel: 'noopener noreferrer',
    onclick: (e) => { if (handlers.link(href)) e.preventDefault(); },
  }, children);
}
