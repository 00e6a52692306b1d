// What the agency asks its client to pay: seen on Billing, paid through Checkout, and never twice.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { LOOKS, inBrowser, picture } from './browser.mjs';
import { useProduct } from './product.mjs';
import { CARD, atPath, eventually, mainText, openBilling, payWith } from './steps.mjs';

/** Requests are made, and fall due, by a sweep that runs every twenty seconds. */
const ASKED_WITHIN = 60_000;

const sectionOf = (page) => page.getByRole('region', { name: 'Payment requests and receipts' });
const rowOf = (page, name) => sectionOf(page).getByRole('row', { name });
const textOf = async (place) => (await place.innerText()).replace(/\s+/g, ' ');

/** Moves the clock of server and sandbox into the next period. */
async function nextPeriod(product) {
  await product.stop();
  // Its price is due a day after it begins; clocks may be set back an hour meanwhile.
  product.clockOffset = '+21d';
  await product.start();
}

/** Sends a request's form and waits for the hosted Checkout page. */
async function goAndPay(page, product, place) {
  await place.getByRole('button', { name: /^Pay \$29\.00/ }).click();
  await page.waitForURL((url) => url.origin === product.sandboxUrl);
}

for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`payment requests ${mode}`, () => {
    const options = { product: useProduct({ host: 'localhost' }), js };

    inBrowser(`a period begins and asks for its price, ${mode}`, options, async ({ page, product }) => {
      await nextPeriod(product);
      await openBilling(page, product);
      await eventually(async () => {
        await page.goto(`${product.url}/billing`);
        assert.match(await textOf(rowOf(page, /Starter plan/).first()), /Overdue \$29\.00 Pay \$29\.00$/);
      }, ASKED_WITHIN);
      const alert = page.getByRole('region', { name: 'Payment overdue' });
      assert.match(await textOf(alert), /\$29\.00 for Starter plan was due .* Calls go on until /);
      await alert.getByRole('button', { name: /^Pay \$29\.00/ }).waitFor();
    });

    inBrowser(`a Checkout that is left changes nothing, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product);
      await goAndPay(page, product, rowOf(page, /Starter plan/).first());
      await page.goBack();
      await atPath(page, '/billing');
      assert.match(await textOf(rowOf(page, /Starter plan/).first()), /Overdue/);
    });

    inBrowser(`it is paid once, a second tab is refused, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product);
      const [late, stale] = [await page.context().newPage(), await page.context().newPage()];
      for (const tab of [late, stale]) await tab.goto(`${product.url}/billing`);
      await goAndPay(late, product, rowOf(late, /Starter plan/).first());
      await goAndPay(page, product, page.getByRole('region', { name: 'Payment overdue' }));
      await payWith(page, CARD.paid);
      await atPath(page, '/billing');
      assert.match(await mainText(page), /\$29\.00 paid/);
      const paid = await textOf(rowOf(page, /Starter plan/).first());
      assert.match(paid, /paid by Dana Whitfield .*Paid \w+ \d+ \$29\.00/);
      assert.doesNotMatch(paid, /Pay \$/);
      await eventually(async () => {
        await late.reload();
        assert.match(await textOf(late.locator('body')), /expired .*Nothing was charged/);
      });
      if (js) {
        await eventually(async () => assert.match(await textOf(rowOf(stale, /Starter plan/).first()), /Paid/));
        assert.equal(await stale.getByRole('button', { name: /^Pay/ }).count(), 0, 'an open page follows');
      } else {
        await rowOf(stale, /Starter plan/).first().getByRole('button', { name: /^Pay/ }).click();
        await atPath(stale, '/billing');
        assert.match(await mainText(stale), /This request is settled Nothing was charged/);
      }
      await page.goto(`${product.url}/billing`);
      assert.doesNotMatch(await mainText(page), /Payment overdue/);
    });
  });
}

describe('payment requests in each look', () => {
  const product = useProduct();
  inBrowser('the next period', { product }, async ({ product }) => nextPeriod(product));

  for (const look of Object.keys(LOOKS)) {
    inBrowser(`Billing with a request, and all payments, ${look}`, { product, look }, async ({ page, product }) => {
      await openBilling(page, product);
      await eventually(async () => {
        await page.reload();
        await rowOf(page, /Overdue/).first().waitFor({ timeout: 1_000 });
      }, ASKED_WITHIN);
      await picture(page, `billing-request-${look}`);
      await page.goto(`${product.url}/billing/payments`);
      await picture(page, `payments-${look}`);
    });
  }
});
