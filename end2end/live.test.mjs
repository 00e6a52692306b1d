// Billing follows the wallet: what the call engine settles is on every open page within a moment.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { inBrowser } from './browser.mjs';
import { useProduct } from './product.mjs';
import { atPath, engine, eventually, mainText, openBilling, pillText, signOut } from './steps.mjs';

const KEY = 'mb_test_harbor';
/** From the engine's answer to the figure on the page, on a busy machine; nothing else brings it there. */
const MOMENT_MS = 5_000;
/** Long enough for what does not come. */
const QUIET_MS = 1_500;
/** From SIGTERM to the end of the server and its Postgres. */
const ENDED_MS = 5_000;

/** As when somebody changes to another tab, or back. */
async function show(page, visible) {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, !visible);
}

describe('live', () => {
  const product = useProduct();

  const settle = async (product, id, seconds) => {
    const placed = await engine(product, KEY, 'calls', { id, direction: 'outbound' });
    assert.equal(placed.status, 201);
    const end = { outcome: 'answered', duration_seconds: seconds, billed_duration_seconds: seconds };
    assert.equal((await engine(product, KEY, `calls/${id}/complete`, end)).status, 200);
  };

  const isLive = (page) => page.getByText(/^Live, \d+:\d\d:\d\d E[SD]T$/).waitFor();

  inBrowser('a settled call is on two open pages at once', { product }, async ({ page, product }) => {
    await openBilling(page, product);
    const other = await page.context().newPage();
    await other.goto(`${product.url}/billing`);
    await Promise.all([isLive(page), isLive(other)]);
    await page.getByText('Show as table').click();
    const link = page.getByRole('link', { name: 'Download CSV' });
    await link.focus();
    assert.match(await mainText(page), /18 min available/);

    await settle(product, 'live_1', 125);
    const answered = Date.now();
    await Promise.all([page, other].map((page) => page.getByText('85 of 100 plan minutes are used').waitFor()));
    assert.ok(Date.now() - answered < MOMENT_MS, `the pages changed after ${Date.now() - answered} ms`);
    assert.match(await pillText(page), /^15 min/);
    await page.getByRole('row', { name: /2 min 05 s/ }).last().waitFor();
    assert.ok(await page.getByText('Show as chart').isVisible(), 'the open table stays open');
    assert.ok(await link.evaluate((link) => link === document.activeElement), 'the focus stays where it was');
  });

  inBrowser('a page goes with its session', { product }, async ({ page, product, trouble }) => {
    // What it was just reading is refused.
    trouble.expect(/\b401\b.*\/sections\//);
    await openBilling(page, product);
    const other = await page.context().newPage();
    await other.goto(`${product.url}/billing`);
    await isLive(page);
    await signOut(other);
    await atPath(page, '/sign-in');
  });

  inBrowser('a hidden page closes its stream, and opens one when it is seen again', { product }, async ({ page, product }) => {
    const streams = new Set();
    page.on('request', (request) => new URL(request.url()).pathname === '/live' && streams.add(request));
    for (const end of ['requestfailed', 'requestfinished']) page.on(end, (request) => streams.delete(request));
    await openBilling(page, product);
    await isLive(page);
    assert.equal(streams.size, 1);
    const before = await pillText(page);

    await show(page, false);
    await page.getByText(/^As of /).waitFor();
    await eventually(() => assert.equal(streams.size, 0));
    await settle(product, 'live_hidden', 61);
    await sleep(QUIET_MS);
    assert.equal(await pillText(page), before, 'nobody reads a hidden page');

    await show(page, true);
    await isLive(page);
    await eventually(async () => assert.notEqual(await pillText(page), before), MOMENT_MS);
    assert.equal(streams.size, 1);
  });

  inBrowser('without JavaScript the page says as of when it was read', { product, js: false }, async ({ page, product }) => {
    await openBilling(page, product);
    await page.getByText(/^As of \d+:\d\d:\d\d E[SD]T$/).waitFor();
    await page.getByText('Show as table').click();
    await page.getByRole('table').getByText('All days').waitFor();
    await page.goto(`${product.url}/billing?range=custom&from=2020-01-01&to=2026-01-01`);
    await page.getByText('Choose at most 400 days.').waitFor();
    assert.equal(await page.getByLabel('First day').inputValue(), '2020-01-01');
  });

  inBrowser('the chart says what a day used, by pointer and by keyboard', { product }, async ({ page, product }) => {
    await openBilling(page, product);
    await isLive(page);
    const chart = page.getByRole('figure', { name: 'Usage' });
    const tip = chart.getByRole('status');
    const box = await chart.locator('svg').boundingBox();
    await page.mouse.move(box.x + 4, box.y + 80);
    await tip.waitFor();
    const first = await tip.innerText();
    await page.mouse.move(box.x - 200, box.y - 200);
    await tip.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Custom' }).focus();
    await page.keyboard.press('Tab');
    await tip.waitFor();
    const today = await tip.innerText();
    await page.keyboard.press('ArrowLeft');
    assert.notEqual(await tip.innerText(), today);
    await page.keyboard.press('Home');
    assert.equal(await tip.innerText(), first);
    await page.keyboard.press('Escape');
    await tip.waitFor({ state: 'detached' });
  });

  // Last, because it ends the server.
  inBrowser('an open stream does not keep the server from ending', { product }, async ({ page, product, trouble }) => {
    await openBilling(page, product);
    await isLive(page);
    // The page tries to come back.
    trouble.expect(/\bERR_CONNECTION_REFUSED\b|\/live\?workspace=/);
    const asked = Date.now();
    await product.stop();
    assert.ok(Date.now() - asked < ENDED_MS, `it ended after ${Date.now() - asked} ms`);
    await page.getByText(/^As of /).waitFor();
    await product.start();
    await isLive(page);
  });
});
