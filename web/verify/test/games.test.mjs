// Runs the browser's rules of the games on the rounds that the Go rules are tested on.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { canonical } from '../canonical.js';
import { Stream, serverSeed } from '../fairness.js';
import { catalogue } from '../games/index.js';

const root = new URL('../../../', import.meta.url);
const same = (got, want, what) => assert.equal(canonical(got), canonical(want), what);

for (const [name, game] of Object.entries(catalogue)) {
  const file = new URL(`games/${name}/testdata/vectors.json`, root);
  if (!existsSync(file)) continue;
  const vectors = JSON.parse(readFileSync(file, 'utf8'));
  test(`${name}: the rounds of the Go rules`, async () => {
    assert.ok(vectors.length > 0);
    for (const v of vectors) {
      const config = game.parse(v.config);
      const open = game.open(config, v.params);
      same(open.params, v.params, 'params');
      for (const bet of v.bets) await game.checkBet(config, open, bet);
      for (const round of v.rounds) {
        const outcome = await game.draw(config, open, new Stream(serverSeed(v.server_seed), round.client_seed, 0));
        same(outcome, round.outcome, 'outcome');
        same(await game.settle(config, open, outcome, v.bets, []), round.payouts, 'payouts');
        if (round.report) same(await game.report(config, open, outcome, v.bets, []), round.report, 'report');
      }
    }
  });
}
