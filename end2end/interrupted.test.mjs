// `kill -9` of the server while something is on its way out: a charge of a saved card, an event. Whatever the other side
// has made of it by then, afterwards it has happened once and nothing is lost. Call Central, whose card is on file.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';

import { inBrowser } from './browser.mjs';
import { useProduct } from './product.mjs';
import { assertReconciled, control, engine, eventually, money, openBilling } from './steps.mjs';

const KEY = 'mb_test_central';
const OWNER = 'owner@central.test';
/** Milli-cents. */
const DOLLAR = 100_000;
/** Stripe's time limit for an answer is 20 seconds, and several looks come every 20 seconds. */
const LONGEST_MS = 90_000;

/** Hears events and takes them, or leaves them without an answer. */
class Receiver {
  answers = true;
  heard = [];
  #server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => (body += text));
    request.on('end', () => {
      this.heard.push({ id: request.headers['webhook-id'], call: JSON.parse(body).data.call });
      if (this.answers) response.end();
    });
  });

  async start() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}/events`;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('kill -9 of the server in the middle', () => {
  const product = useProduct({ host: '127.0.0.1' });
  const receiver = new Receiver();
  before(() => receiver.start());
  after(() => receiver.stop());

  for (const [kind, what] of [
    ['hang', 'Stripe has charged and does not answer'],
    ['drop_after', 'Stripe has charged and its answer is lost'],
  ]) {
    test(`of an auto-recharge, ${what}: one charge, credited once`, async () => {
      const [charged] = await money(product());
      await setRecharge(product(), { enabled: true, threshold_usd: 31, topup_usd: 40, monthly_cap_usd: 400 });
      await disturb(product(), kind);
      await spendDownTo(product(), 30, kind);
      await eventually(async () => assert.deepEqual(await money(product()), [charged + 4_000, 0]), LONGEST_MS);
      assert.equal(await balance(product()), 30 * DOLLAR, 'nothing is said before it is posted');
      await product().kill();

      await product().start();
      await eventually(async () => assert.equal(await balance(product()), 70 * DOLLAR), LONGEST_MS);
      await assertAgreed(product(), charged + 4_000);
    });
  }

  inBrowser('of a delivery: the event arrives all the same, in order', { product, js: false }, async ({ page, product }) => {
    await openBilling(page, product, OWNER);
    await page.goto(`${product.url}/settings?tab=api`);
    await page.getByLabel('Address').fill(receiver.url);
    await page.getByRole('checkbox', { name: /^call\.settled/ }).check();
    await page.getByRole('button', { name: 'Add endpoint' }).click();
    await page.getByText(/^whsec_/).waitFor();

    receiver.answers = false;
    for (const id of ['e1', 'e2', 'e3']) await call(product, id);
    await eventually(() => assert.equal(receiver.heard.length, 1));
    await product.kill();
    const [cut] = receiver.heard;

    receiver.answers = true;
    await product.start();
    // The turn of the process that is gone lasts half a minute; what is newer waits for that.
    await call(product, 'e4');
    await eventually(() => assert.equal(receiver.heard.length, 5), LONGEST_MS);
    assert.deepEqual(receiver.heard.map((it) => it.call), ['e1', 'e1', 'e2', 'e3', 'e4']);
    const [first, again, ...others] = receiver.heard.map((it) => it.id);
    assert.deepEqual([first, again], [cut.id, cut.id], 'the same event has the same id');
    assert.equal(new Set([first, ...others]).size, 4);
    await eventually(async () => assert.equal(await waiting(product), 0));
  });

  test('of an auto-recharge that was switched off while it waits: no charge after it', async () => {
    const [charged] = await money(product());
    await disturb(product(), 'drop_before');
    await spendDownTo(product(), 30, 'off');
    await eventually(async () => assert.equal((await topups(product(), 'pending')).length, 1), LONGEST_MS);
    await setRecharge(product(), { enabled: false });
    await product().kill();

    // After a quarter of an hour it is known that nothing was made of the request.
    product().clockOffset = '+2h';
    await product().start();
    await eventually(async () => assert.deepEqual(await topups(product(), 'failed'), [4_000]), LONGEST_MS);
    assert.equal(await balance(product()), 30 * DOLLAR);
    await assertAgreed(product(), charged);
  });

  test('and 400 days later: a rented number has paid each month once', async () => {
    const [charged] = await money(product());
    assert.equal((await engine(product(), KEY, 'numbers', { id: 'n1', number: '+13125550100' })).status, 201);
    await product().stop();
    product().clockOffset = '+400d';
    for (const start of ['the first', 'after a kill']) {
      await product().start();
      await eventually(async () => assert.equal((await read(product(), 'numbers/n1')).unpaid_months, 0), LONGEST_MS);
      const paid = (await read(product(), 'wallet/transactions?type=number&limit=100')).data;
      assert.deepEqual(paid.map((it) => it.amount_milli_cents), Array(14).fill(-2 * DOLLAR), start);
      if (start === 'the first') await product().kill();
    }
    assert.equal(await balance(product()), (30 - 14 * 2) * DOLLAR);
    await assertAgreed(product(), charged);
  });
});

async function read(product, path) {
  return (await fetch(`${product.url}/v1/${path}`, { headers: { authorization: `Bearer ${KEY}` } })).json();
}

const balance = async (product) => (await read(product, 'wallet')).balance_milli_cents;

async function setRecharge(product, body) {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  const options = { method: 'PUT', headers, body: JSON.stringify(body) };
  assert.equal((await fetch(`${product.url}/v1/wallet/auto_recharge`, options)).status, 200);
}

/** Every charge goes wrong like this from now on, and no event tells of it. */
async function disturb(product, kind) {
  await control(product, 'webhooks', { enabled: false });
  await control(product, 'faults', { kind, path_prefix: '/v1/payment_intents', method: 'POST', times: 1_000 });
}

/** Sends messages, a cent each, until so many dollars are left. */
async function spendDownTo(product, dollars, id) {
  const count = ((await balance(product)) - dollars * DOLLAR) / 1_000;
  assert.equal((await engine(product, KEY, 'messages', { id, count })).status, 201);
}

async function call(product, id) {
  assert.equal((await engine(product, KEY, 'calls', { id, direction: 'inbound' })).status, 201);
  const end = { outcome: 'answered', duration_seconds: 1, billed_duration_seconds: 0 };
  assert.equal((await engine(product, KEY, `calls/${id}/complete`, end)).status, 200);
}

async function rows(product, query) {
  const database = await product.database();
  const found = await query(database);
  await database.end();
  return found;
}

/** Cents of each automatic charge that stands so. */
async function topups(product, status) {
  const found = await rows(product, (sql) => sql`select amount_mc / 1000 as cents from topups where status = ${status}`);
  return found.map((row) => Number(row.cents));
}

/** Deliveries that are not taken yet. */
async function waiting(product) {
  const [row] = await rows(product, (sql) => sql`select count(*)::int as n from event_deliveries where delivered_at is null`);
  return row.n;
}

/** Stripe has taken so many cents, and the ledger was credited with them, to the cent. */
async function assertAgreed(product, cents) {
  assert.deepEqual(await money(product), [cents, 0]);
  // The charge is marked a moment after its credit is posted.
  await eventually(async () => {
    const credited = await topups(product, 'succeeded');
    assert.equal(credited.reduce((sum, one) => sum + one, 0), cents);
  });
  await assertReconciled(product);
}
