// The /sim API. Errors carry the field that is wrong.

export class SimError extends Error {
  constructor(status, body) {
    super(body?.error?.message ?? `The server answered ${status}`);
    this.status = status;
    this.field = body?.error?.field;
  }
}

async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const data = await response.json().catch(() => null);
  if (!response.ok) throw new SimError(response.status, data);
  return data;
}

export const get = (path, query = {}) => call('GET', `/sim/${path}?${new URLSearchParams(query)}`);
export const post = (path, body) => call('POST', `/sim/${path}`, body);
export const clear = (path) => call('DELETE', `/sim/${path}`);
