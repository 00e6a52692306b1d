// A thousand wrong passwords: limited, while everybody else is served as before.

import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { describe, test } from 'node:test';

import { useProduct } from './product.mjs';
import { PASSWORD } from './steps.mjs';

const GUESSES = 1_000;
const AT_ONCE = 20;
/** Answers that are measured before and during the guesses. */
const SAMPLES = 150;
/** Medians of one run on a shared machine: three rounds, one of which has to be calm. */
const ROUNDS = 6;

/** A client at an address of its own, with a cookie and the token of its forms. */
class Client {
  #agent;
  #cookie = '';

  constructor(product, localAddress) {
    this.product = product;
    this.#agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE, localAddress });
  }

  async ask(method, path, { headers = {}, form } = {}) {
    const body = form && new URLSearchParams(form).toString();
    const sent = { cookie: this.#cookie, ...headers };
    if (form) Object.assign(sent, { 'content-type': 'application/x-www-form-urlencoded', origin: this.product.url });
    const { port } = new URL(this.product.url);
    return new Promise((done, failed) => {
      const options = { host: '127.0.0.1', port, method, path, agent: this.#agent, headers: sent };
      const asking = request(options, (answer) => {
        const [cookie] = answer.headers['set-cookie'] ?? [];
        if (cookie) this.#cookie = cookie.split(';')[0];
        let text = '';
        answer.setEncoding('utf8').on('data', (more) => (text += more));
        answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
      });
      asking.on('error', failed);
      asking.end(body);
    });
  }

  async token() {
    const { text } = await this.ask('GET', '/sign-in');
    return /name="csrf" value="([^"]+)"/.exec(text)[1];
  }

  signIn(csrf, email, password) {
    return this.ask('POST', '/sign-in', { form: { csrf, email, password } });
  }

  close() {
    this.#agent.destroy();
  }
}

/** Median time of an answer of the API, milliseconds. */
async function median(client) {
  const headers = { authorization: 'Bearer mb_test_harbor' };
  const times = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const start = performance.now();
    const { status } = await client.ask('GET', '/v1/wallet', { headers });
    assert.equal(status, 200);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[SAMPLES / 2];
}

/** Sends the guesses; how many were answered with which status. */
async function guess(guesser, csrf) {
  const statuses = {};
  let left = GUESSES;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const { status, headers } = await guesser.signIn(csrf, 'owner@harbor.test', `guess number ${left}`);
      if (status === 429) assert.match(headers['retry-after'], /^\d+$/);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return statuses;
}

describe('guessing passwords', () => {
  const product = useProduct();

  test('a thousand guesses are limited, and nobody else notices', { timeout: 300_000 }, async (t) => {
    const [guesser, engine] = ['127.0.0.2', '127.0.0.3'].map((at) => new Client(product(), at));
    try {
      const ratios = [];
      for (let round = 0; round < ROUNDS && !ratios.some((ratio) => ratio <= 1.5); round += 1) {
        const csrf = await guesser.token();
        await median(engine);
        const calm = await median(engine);
        const [statuses, busy] = await Promise.all([guess(guesser, csrf), median(engine)]);
        const counted = statuses[429] ?? 0;
        assert.ok(counted >= GUESSES - 30, `${counted} of ${GUESSES} were limited: ${JSON.stringify(statuses)}`);
        assert.equal(Object.keys(statuses).every((status) => ['422', '429', '401', '303', '200'].includes(status)), true);
        ratios.push(busy / calm);
        t.diagnostic(`statuses ${JSON.stringify(statuses)}; /v1/wallet ${calm.toFixed(2)} → ${busy.toFixed(2)} ms`);
        const other = new Client(product(), '127.0.0.4');
        const answer = await other.signIn(await other.token(), 'owner@northwind.test', PASSWORD);
        other.close();
        assert.deepEqual([answer.status, answer.headers.location], [303, '/billing'], 'another user signs in');
      }
      assert.ok(ratios.some((ratio) => ratio <= 1.5), `other answers took ${ratios.map((it) => it.toFixed(2))} times as long`);
    } finally {
      for (const client of [guesser, engine]) client.close();
    }
  });
});
