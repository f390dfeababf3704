// What the games share: strict reading of configs and parameters, and exact arithmetic.

const MAX = 1_000_000_000_000;
export const STAKE = [1, MAX];
export const WINDOW = [5, 3600];
export const EXPOSURE = [0, MAX * 1000];

// integers checks that an object has exactly the named integer fields, each in its range.
export function integers(what, object, fields, others = []) {
  if (object === null || typeof object !== 'object' || Array.isArray(object)) throw new Error(`${what}: one JSON object`);
  for (const [field, [low, high]] of Object.entries(fields)) between(field, object[field], low, high);
  for (const field of Object.keys(object)) {
    if (!(field in fields) && !others.includes(field)) throw new Error(`${field}: no such field`);
  }
}

export function between(field, value, low, high) {
  if (!Number.isSafeInteger(value) || value < low || value > high) throw new Error(`${field}: between ${low} and ${high}`);
}

// part is floor(amount x share / whole), exact for any amounts.
export const part = (amount, share, whole) => Number((BigInt(amount) * BigInt(share)) / BigInt(whole));
