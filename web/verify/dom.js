// Building elements. Text is always text: a proof may say anything.

const SVG = 'http://www.w3.org/2000/svg';

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const h = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
export const s = (tag, attributes, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

const numbers = new Intl.NumberFormat('en');
export const amount = (value) => (typeof value === 'number' ? numbers.format(value) : String(value ?? ''));

export function when(text) {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? String(text ?? '') : time.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

// copyButton copies a text and says so.
export function copyButton(text, label = 'Copy') {
  const button = h('button', { class: 'copy', type: 'button', onclick: () => copy(text, button, label) }, label);
  return button;
}

async function copy(text, button, label) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Select and copy';
  }
  setTimeout(() => { button.textContent = label; }, 1500);
}
