// The product under test: the real program in demo mode, with its own Postgres, sandbox and empty data folder.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import postgres from 'postgres';

import { copyFirstStart, keepFirstStart } from './first_start.mjs';

const target = fileURLToPath(new URL('../target/', import.meta.url));
const PROGRAM = process.env.MINUTEBANK_BIN ?? join(target, 'debug/minutebank');
const SERVE = [PROGRAM, 'serve'];
const SITE = process.env.LEPTOS_SITE_ROOT ?? join(target, 'site');

/** The first start makes a Postgres cluster and thirty days of history. */
const START_MS = 120_000;
/** The program gives requests 20 seconds and Postgres 30. */
const STOP_MS = 60_000;
const LINES_KEPT = 2_000;

/** What no log may hold: a panic, a secret, a customer's address, number or card. The welcome on standard output may. */
const UNSPEAKABLE = {
  panic: /panicked at/,
  password: /minutebank-demo/,
  'API key': /\bmb_(test|live)_\w/,
  'key of Stripe': /\b(sk|rk)_(test|live)_\w|\bwhsec_\w/,
  'e-mail address': /[\w.+-]+@[\w-]+\.test\b/,
  'phone number': /\+1\d{10}\b/,
  card: /\b4[0-9]{3}( ?[0-9]{4}){3}\b/,
  cookie: /minutebank=/,
};

export class Product {
  #process = null;
  #lines = [];
  #unspeakable = [];

  /** From the next start on, the clock of server and sandbox is so far ahead: `+20d`. */
  clockOffset = null;

  /** Finds ports and a data folder; nothing runs before `start`. `command` replaces the program, for tests of this file. */
  static async prepare({ host = 'localhost', command = SERVE } = {}) {
    const product = new Product();
    const [port, sandboxPort] = await freePorts(2);
    product.command = command;
    // Pages on `localhost` and Checkout on `127.0.0.1` are two sites, as the product and Stripe are.
    product.url = `http://${host}:${port}`;
    product.address = `127.0.0.1:${port}`;
    product.sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
    product.folder = await mkdtemp(join(tmpdir(), 'minutebank-end2end-'));
    // Postgres refuses to run as root, so the user that it runs as must get in.
    await chmod(product.folder, 0o755);
    return product;
  }

  /** Starts the program and waits until it answers; may be called again after `stop` or `kill`. */
  async start() {
    const isFirst = this.#process === null && this.command === SERVE && this.clockOffset === null;
    const copied = isFirst && (await copyFirstStart(PROGRAM, this.#data));
    await this.#run();
    if (isFirst && !copied) {
      await this.stop();
      await keepFirstStart(PROGRAM, this.#data);
      await this.#run();
    }
    return this;
  }

  async #run() {
    const [program, ...words] = this.command;
    const child = spawn(program, words, { env: this.#environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    child.on('error', (error) => this.#keep(`${program}: ${error.message}`));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => this.#keep(text));
    createInterface({ input: child.stderr }).on('line', (line) => this.#overhear(line));
    const deadline = Date.now() + START_MS;
    while (!(await isReady(this.address))) {
      if (hasEnded(child)) throw new Error(`the program ended during its start\n${this.log()}`);
      if (Date.now() > deadline) throw new Error(`the program is not ready after ${START_MS} ms\n${this.log()}`);
      await sleep(100);
    }
  }

  /** Ends the program as an operator would, and waits. The data stays. */
  async stop() {
    await this.#end('SIGTERM');
  }

  /** `kill -9`. The data stays. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Runs one of the program's commands on the same data, to its end: what it wrote, and its exit code. */
  async execute(...words) {
    const options = { env: this.#environment(), timeout: START_MS };
    return new Promise((done) => {
      const child = execFile(PROGRAM, words, options, (_, stdout, stderr) => done({ code: child.exitCode, stdout, stderr }));
    });
  }

  /** Starts one of the program's commands on the same data and leaves it running. */
  spawn(...words) {
    return spawn(PROGRAM, words, { env: this.#environment(), stdio: 'ignore' });
  }

  /** The embedded Postgres, as its superuser. To be ended by its caller. */
  async database() {
    const lines = await this.#postmaster();
    return postgres({ host: lines[4], port: Number(lines[3]), username: 'minutebank', database: 'minutebank', max: 1 });
  }

  /** The process ids of the product's parts. */
  async pids() {
    const answer = await fetch(`${this.sandboxUrl}/_sandbox/state`);
    return {
      server: this.#process.pid,
      postgres: Number((await this.#postmaster())[0]),
      sandbox: (await answer.json()).pid,
    };
  }

  /** Ends the program and removes its data. Fails where the log of all that time holds what no log may. */
  async remove() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    assert.deepEqual(this.#unspeakable, [], 'the log holds what it must not');
  }

  /** The last lines that the program wrote. */
  log() {
    return this.#lines.join('\n');
  }

  get #data() {
    return join(this.folder, 'data');
  }

  /** The lines of `postmaster.pid`: process id, folder, start, port, the socket's folder, … */
  async #postmaster() {
    return (await readFile(join(this.#data, 'postgres/cluster/postmaster.pid'), 'utf8')).split('\n');
  }

  #environment() {
    const ours = /^(DATABASE_URL|STRIPE_|SMTP_URL|MAIL_FROM|MINUTEBANK_(?!PG_BIN$))/;
    const inherited = Object.entries(process.env).filter(([name]) => !ours.test(name));
    return {
      ...Object.fromEntries(inherited),
      MINUTEBANK_DEMO: '1',
      MINUTEBANK_ADDR: this.address,
      MINUTEBANK_PUBLIC_URL: this.url,
      MINUTEBANK_DATA_DIR: this.#data,
      STRIPE_SANDBOX_ADDR: new URL(this.sandboxUrl).host,
      LEPTOS_SITE_ROOT: SITE,
      RUST_BACKTRACE: '1',
      ...(this.clockOffset && { MINUTEBANK_CLOCK_OFFSET: this.clockOffset }),
    };
  }

  #keep(text) {
    this.#lines.push(...text.trimEnd().split('\n'));
    this.#lines.splice(0, Math.max(0, this.#lines.length - LINES_KEPT));
  }

  #overhear(line) {
    for (const [what, pattern] of Object.entries(UNSPEAKABLE)) {
      if (pattern.test(line)) this.#unspeakable.push(`${what}: ${line}`);
    }
  }

  async #end(signal) {
    const child = this.#process;
    if (!child || hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const inTime = await Promise.race([ended.then(() => true), sleep(STOP_MS, false, { ref: false })]);
    if (inTime) return;
    child.kill('SIGKILL');
    await ended;
    throw new Error(`the program did not end within ${STOP_MS} ms of ${signal}\n${this.log()}`);
  }
}

/** A started product for the tests of the `describe` that this is called in; returns how to reach it in a test. */
export function useProduct(options) {
  const slot = {};
  before(async () => {
    slot.product = await Product.prepare(options);
    await slot.product.start();
  });
  after(() => slot.product?.remove());
  return () => slot.product;
}

const hasEnded = (child) => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;

async function isReady(address) {
  const answer = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.ok ?? false;
}

/** Different ports that were free a moment ago, held together so that no two are the same. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
