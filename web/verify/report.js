// What a check may end with besides success.

import { canonical } from './canonical.js';

export class Pending extends Error {}

export class Mismatch extends Error {
  constructor(expected, got) {
    super('differs from what was recomputed');
    this.expected = expected;
    this.got = got;
  }
}

export const compare = (expected, got) => {
  if (expected !== got) throw new Mismatch(String(expected), String(got));
};
export const compareJSON = (expected, got) => compare(canonical(expected), canonical(got));

// until makes a check wait.
export function until(ready, why = 'the round is not over') {
  if (!ready) throw new Pending(why);
}
