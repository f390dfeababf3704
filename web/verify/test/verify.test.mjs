// Runs the page's modules against the known answers and the proofs that the Go code is tested on.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { NotCanonical, canonical } from '../canonical.js';
import { Stream, clientSeed, fromHex, serverSeed, sha256 } from '../fairness.js';
import { readProof, verify } from '../verify.js';

const root = new URL('../../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const proof = (name) => JSON.parse(read(`games/testdata/proofs/${name}.json`));

for (const v of JSON.parse(read('fairness/testdata/vectors.json'))) {
  test(`known answers: ${v.name}`, async () => {
    const seed = serverSeed(v.server_seed);
    assert.equal(await sha256(seed), v.commit);
    assert.equal(await clientSeed(v.round, v.entries), v.client_seed);
    const words = new Stream(seed, v.client_seed, v.nonce);
    for (const word of v.first_words) assert.equal(await words.uint32(), word);
    const draw = new Stream(seed, v.client_seed, v.nonce);
    for (const { bits, n, value, words: used } of v.draws) {
      const got = bits === 32 ? await draw.intn(Number(n)) : await draw.int64n(BigInt(n));
      assert.equal(String(got), value);
      assert.equal(draw.words, used);
    }
  });
}

for (const file of readdirSync(new URL('games/testdata/proofs/', root))) {
  test(`proof: ${file}`, async () => {
    const report = await verify(readProof(read(`games/testdata/proofs/${file}`)));
    assert.deepEqual(report.failed, [], JSON.stringify(report.checks));
    assert.equal(report.ok, report.final, JSON.stringify(report.checks));
  });
}

for (const f of JSON.parse(read('games/testdata/forgeries.json'))) {
  test(`forgery: ${f.proof} ${f.path}=${JSON.stringify(f.value)}`, async () => {
    const forged = proof(f.proof);
    const keys = f.path.split('.');
    const last = keys.pop();
    const place = keys.reduce((at, key) => at[key], forged);
    if (f.value === null) delete place[last];
    else place[last] = f.value;
    const report = await verify(forged);
    assert.deepEqual(report.failed, f.failed, JSON.stringify(report.checks));
    assert.equal(report.ok, false);
  });
}

test('canonical JSON', () => {
  assert.equal(canonical({ b: 1, a: [true, null, -0], '\ufb33': 1, '\u{1f600}': 2 }), '{"a":[true,null,0],"b":1,"\u{1f600}":2,"\ufb33":1}');
  assert.equal(canonical('<&\u2028é\u0007\n"\\/'), '"<&\u2028é\\u0007\\n\\"\\\\/"');
  for (const bad of [1.5, 2 ** 53, NaN, undefined]) assert.throws(() => canonical(bad), NotCanonical);
});

test('bad input is refused', () => {
  for (const bad of ['', '{', 'null', '[]', '{}']) assert.throws(() => readProof(bad));
  for (const bad of ['0', 'zz', 'AA']) assert.throws(() => fromHex(bad));
});
