// Checks every proof in a folder and compares with the checks that the Go code made: node every.mjs FOLDER

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { PLAY_FORMAT } from '../verify/play.js';
import { verify, verifyPlay } from '../verify/verify.js';

const folder = process.argv[2];
const files = readdirSync(folder);
assert.ok(files.length > 0, 'no proofs');
for (const file of files) {
  const { proof, checks } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const report = proof.format === PLAY_FORMAT ? await verifyPlay(proof) : await verify(proof);
  assert.deepEqual(report.checks.map((c) => [c.name, c.status]), checks.map((c) => [c.name, c.status]), `${file}: ${JSON.stringify(report.checks)}`);
  assert.ok(report.ok, file);
  if (proof.format !== PLAY_FORMAT || !proof.jackpot) continue;
  const { hit, winner, amount, ...pot } = proof.jackpot;
  const other = hit ? { ...pot, hit: false, amount: 0 } : { ...pot, hit: true, winner: 1, amount: pot.pot_before + pot.contribution };
  assert.deepEqual((await verifyPlay({ ...proof, jackpot: other })).failed, ['jackpot'], `${file} with winner ${winner} of ${amount} forged`);
}
