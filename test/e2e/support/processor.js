// A payment processor of the generic protocol (docs/gateways.md) that only takes deposits and can misbehave at will.

import { createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

// sign makes the headers of a callback.
function sign(secret, body, at) {
  const stamp = String(Math.floor(at / 1000));
  const nonce = randomBytes(16).toString('hex');
  const signature = createHmac('sha256', secret).update(`${stamp}.${nonce}.${body}`).digest('hex');
  return { 'content-type': 'application/json', 'x-fairground-timestamp': stamp, 'x-fairground-nonce': nonce, 'x-fairground-signature': signature };
}

// processor listens on a free port until close is called.
export async function processor() {
  const secret = randomBytes(16).toString('hex');
  const invoices = new Map();
  const payments = new Map();
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method === 'POST' && request.url === '/deposits') {
      const asked = JSON.parse(Buffer.concat(parts).toString());
      invoices.set(asked.intent, asked);
      return answer(200, { ref: `inv_${asked.intent}`, url: 'http://127.0.0.1/pay', expires_at: asked.expires_at });
    }
    const tx = request.url.match(/^\/deposits\/(\w+)$/)?.[1];
    return payments.has(tx) ? answer(200, payments.get(tx)) : answer(404, { code: 'deposit.not_found' });
  });
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });

  // paid makes the callback about the full payment of an intent.
  const paid = (intent) => {
    const { asset, amount, scale } = invoices.get(intent);
    const tx = `tx${randomBytes(6).toString('hex')}`;
    const deposit = { tx, ref: `inv_${intent}`, intent, asset, amount, scale, state: 'confirmed', confirmations: 1, needed: 1, at: new Date().toISOString() };
    payments.set(tx, deposit);
    return JSON.stringify({ events: [{ id: `evt_${tx}`, kind: 'deposit', deposit }] });
  };
  // tell sends a callback; the key and the moment of its signature are the caller's choice.
  const tell = async (hook, body, { key = secret, at = Date.now(), headers = sign(key, body, at) } = {}) => {
    const response = await fetch(hook, { method: 'POST', headers, body });
    const text = await response.text();
    return { status: response.status, code: text && JSON.parse(text).code, headers };
  };
  return { url: `http://127.0.0.1:${server.address().port}`, secret, paid, tell, close: () => server.close() };
}
