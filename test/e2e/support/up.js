// Starts `fairground up` for the whole run, and stops it again. A process that outlives it fails the run.

import { spawn } from 'node:child_process';
import { chmodSync, createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { familyOf, survivors } from './processes.js';

const root = resolve(import.meta.dirname, '../../..');
const results = resolve(import.meta.dirname, '../results');

export default async function up() {
  const program = process.env.FAIRGROUND_BIN || join(root, 'bin', 'fairground');
  if (!existsSync(program)) throw new Error(`${program} is not built: run go tool task build`);
  mkdirSync(results, { recursive: true });
  const dir = mkdtempSync(join(tmpdir(), 'fairground-e2e-'));
  chmodSync(dir, 0o755); // PostgreSQL's own user passes through
  const data = join(dir, 'data');
  const child = spawn(program, ['up', '--headless', '--attached', '--data', data, '--port-base', String(await freeBase())], {
    cwd: root, env: withoutServices(process.env), stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(results, 'up.log'));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise((done) => { child.once('exit', (code, signal) => done({ code, signal })); });
  const stop = async () => {
    const family = familyOf(child.pid);
    child.kill('SIGINT');
    const how = await Promise.race([ended, sleep(60_000, null, { ref: false })]);
    if (!how) child.kill('SIGKILL');
    const left = survivors(family);
    rmSync(dir, { recursive: true, force: true });
    if (!how) throw new Error('fairground up did not stop within a minute');
    if (how.code !== 0) throw new Error(`fairground up ended with ${JSON.stringify(how)}; see test/e2e/results/up.log`);
    if (left.length > 0) throw new Error(`processes outlived fairground up: ${left.map((p) => p.pid).join(', ')}`);
  };
  try {
    await ready(join(data, 'addresses.json'), ended);
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  process.env.FAIRGROUND_E2E_DATA = data;
  process.env.FAIRGROUND_E2E_BIN = program;
  return stop;
}

// ready waits for addresses.json; a first start may have to build Temporal.
async function ready(addresses, ended) {
  let over = false;
  ended.then(() => { over = true; });
  for (const began = Date.now(); Date.now() - began < 10 * 60_000;) {
    if (over) throw new Error(`fairground up ended before it was ready:\n${readFileSync(join(results, 'up.log'), 'utf8')}`);
    if (existsSync(addresses)) return;
    await sleep(200);
  }
  throw new Error('fairground up is not ready after ten minutes; see test/e2e/results/up.log');
}

// withoutServices hides the caller's services: this stack has its own.
function withoutServices(env) {
  const own = ['DATABASE_URL', 'DATABASE_APP_URL', 'REDIS_URL', 'TEMPORAL_ADDRESS', 'FAIRGROUND_SECRET', 'TELEGRAM_BOT_TOKEN'];
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.includes(name)));
}

// freeBase finds ten free ports in a row, below those the system hands to outgoing connections: one of those may be
// taken again before the stack comes to it.
async function freeBase() {
  for (let tries = 0; tries < 50; tries++) {
    const base = 10_000 + 10 * Math.floor(Math.random() * 2_000);
    const ports = await Promise.all(Array.from({ length: 10 }, (_, i) => free(base + i)));
    if (ports.every(Boolean)) return base;
  }
  throw new Error('no ten free ports in a row');
}

const free = (port) => new Promise((done) => {
  const server = createServer();
  server.once('error', () => done(0));
  server.listen(port, '127.0.0.1', () => {
    const got = server.address().port;
    server.close(() => done(got));
  });
});
