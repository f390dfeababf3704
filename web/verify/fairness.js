// The fair draw: commit, players' seeds, random words. The same numbers as package fairness.

const encoder = new TextEncoder();

export const toHex = (bytes) => Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, '0')).join('');

export function fromHex(text) {
  if (typeof text !== 'string' || !/^([0-9a-f]{2})*$/.test(text)) throw new Error('not lower-case hex');
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function subtle() {
  const found = globalThis.crypto?.subtle;
  if (!found) throw new Error('This browser offers no cryptography here. Open the page over https, on localhost or from a saved file.');
  return found;
}

// sha256 is the hex SHA-256 of a text or of bytes.
export async function sha256(data) {
  return toHex(await subtle().digest('SHA-256', typeof data === 'string' ? encoder.encode(data) : data));
}

// serverSeed reads a revealed seed: 32 bytes in hex.
export function serverSeed(text) {
  if (typeof text !== 'string' || !/^[0-9a-f]{64}$/.test(text)) throw new Error('a server seed is 64 lower-case hex digits');
  return fromHex(text);
}

export const validPlayerSeed = (seed) => typeof seed === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(seed);

// clientSeedText is what is hashed into the client seed.
export function clientSeedText(round, entries) {
  const lines = [...entries].sort((a, b) => a.seq - b.seq).map((e) => `${e.seq}:${e.player}:${e.seed}\n`);
  return `fairground.seeds.v1\n${round}\n${lines.join('')}`;
}

export const clientSeed = (round, entries) => sha256(clientSeedText(round, entries));

// Stream is the endless row of random words of one draw: block i is
// HMAC-SHA256(server seed, "<client seed>:<nonce>:<i>") as eight big-endian 32-bit words.
export class Stream {
  constructor(server, client, nonce = 0) {
    this.server = server;
    this.prefix = `${client}:${nonce}:`;
    this.cursor = 0;
    this.block = [];
    this.words = 0;
  }

  async uint32() {
    if (this.block.length === 0) {
      this.key ??= await subtle().importKey('raw', this.server, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      const mac = new DataView(await subtle().sign('HMAC', this.key, encoder.encode(this.prefix + this.cursor)));
      this.cursor += 1;
      for (let i = 0; i < 32; i += 4) this.block.push(mac.getUint32(i));
    }
    this.words += 1;
    return this.block.shift();
  }

  // intn is uniform in [0, n): words from floor(2^32/n)*n on are skipped.
  async intn(n) {
    const limit = Math.floor(2 ** 32 / n) * n;
    for (;;) {
      const word = await this.uint32();
      if (word < limit) return word % n;
    }
  }

  // int64n is uniform in [0, n) for a BigInt n, from two words a try.
  async int64n(n) {
    const limit = (2n ** 64n / n) * n;
    for (;;) {
      const high = BigInt(await this.uint32());
      const value = (high << 32n) | BigInt(await this.uint32());
      if (value < limit) return value % n;
    }
  }
}
