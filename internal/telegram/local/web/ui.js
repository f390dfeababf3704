// Small helpers to build elements. Text is always set as text, never as markup.

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'class') node.className = value;
    else if (name === 'testid') node.dataset.testid = value;
    else if (name === 'value') node.value = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return node;
}

// avatar is a coloured circle with initials.
export function avatar(name, id, size = '') {
  const initials = (name || '?').split(/\s+/).slice(0, 2).map((w) => [...w][0] ?? '').join('').toUpperCase();
  const last = name.match(/\d+$/);
  const short = last ? [...name][0].toUpperCase() + last[0].slice(-2) : initials;
  return el('span', { class: `avatar tint${Math.abs(Number(id)) % 7} ${size}`, 'aria-hidden': 'true' }, short);
}

export function fullName(user) {
  return user ? [user.first_name, user.last_name].filter(Boolean).join(' ') : 'Telegram';
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hour12: false });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long' });

export const timeOf = (seconds) => clock.format(new Date(seconds * 1000));
export const dayOf = (seconds) => day.format(new Date(seconds * 1000));
export const fullDate = (seconds) => new Date(seconds * 1000).toLocaleString();

// dialog opens a modal and returns it; Escape and its buttons close it.
export function dialog(title, body, actions, props = {}) {
  const box = el('dialog', { class: 'box', 'aria-label': title, ...props },
    el('h2', {}, title), body,
    el('div', { class: 'actions' }, actions.map(([text, act]) =>
      el('button', { class: 'primary', onclick: () => { box.close(); act?.(); } }, text))));
  box.addEventListener('close', () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}
