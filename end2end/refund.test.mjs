// Refunding what is unused, as the owner of Harbor Dental or at its agency's desk: the used half stays charged; whatever
// is killed in between.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { checkAccessibility, inBrowser } from './browser.mjs';
import { useProduct } from './product.mjs';
import {
  CARD,
  assertReconciled,
  atPath,
  control,
  engine,
  eventually,
  goToCheckout,
  mainText,
  money,
  openBilling,
  openBuyMinutes,
  openDialog,
  payWith,
  signIn,
} from './steps.mjs';

const KEY = 'mb_test_harbor';
const HARBOR = { authorization: `Bearer ${KEY}` };

/** Buys Medium and uses half of it: 18 minutes of the plan are left before. */
async function halfUsed(page, product) {
  await openBilling(page, product);
  await goToCheckout(page, product, await openBuyMinutes(page, product), '$10.00');
  await payWith(page, CARD.paid);
  await atPath(page, '/billing');
  const secs = (18 + 50) * 60;
  assert.equal((await engine(product, KEY, 'calls', { id: 'half', direction: 'inbound' })).status, 201);
  const figures = { outcome: 'answered', duration_seconds: secs, billed_duration_seconds: secs };
  assert.equal((await engine(product, KEY, 'calls/half/complete', figures)).status, 200);
}

/** The dialog of the only package. */
async function openRefund(page, product) {
  await page.goto(`${product.url}/billing/packages`);
  await page.getByRole('link', { name: 'Refund unused' }).click();
  return openDialog(page, 'Refund unused?');
}

async function lots(product) {
  return (await (await fetch(`${product.url}/v1/wallet/lots`, { headers: HARBOR })).json()).data;
}

for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`refund of what is unused ${mode}`, () => {
    const options = { product: useProduct({ host: 'localhost' }), js };

    inBrowser(`the unused half goes back, ${mode}`, options, async ({ page, product }) => {
      await halfUsed(page, product);
      const dialog = await openRefund(page, product);
      assert.match(await dialog.innerText(), /You lose 50 min of Medium 100 at once\.\s+\$5\.00 goes back to the card/);
      await dialog.getByRole('link', { name: 'Keep it' }).click();
      await atPath(page, '/billing/packages');
      assert.deepEqual(await money(product), [1_000, 0], 'asking changes nothing');

      await (await openRefund(page, product)).getByRole('button', { name: 'Refund $5.00' }).click();
      await page.getByRole('status', { name: '$5.00 refunded' }).waitFor();
      assert.match(await mainText(page), /Medium 100.*Refunded/);
      assert.equal(await page.getByRole('link', { name: 'Refund unused' }).count(), 0);
      const [lot] = await lots(product);
      assert.deepEqual([lot.status, lot.remaining], ['refunded', 0]);
      assert.deepEqual(await money(product), [1_000, 500]);
      // Stripe's own events about it change nothing more.
      await eventually(async () => {
        const { deliveries } = await (await fetch(`${product.sandboxUrl}/_sandbox/state`)).json();
        assert.equal(deliveries.pending, 0);
      });
      await page.goto(`${product.url}/billing/transactions`);
      assert.match(await mainText(page), /Medium 100 refunded/);
      const wallet = await (await fetch(`${product.url}/v1/wallet`, { headers: HARBOR })).json();
      assert.equal(wallet.debt_milli_cents, 0);
      await assertReconciled(product);
    });
  });
}

for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`refund at the agency's desk ${mode}`, () => {
    const options = { product: useProduct({ host: 'localhost' }), js };

    inBrowser(`the client's unused half goes back, ${mode}`, options, async ({ page, product }) => {
      await halfUsed(page, product);
      await page.context().clearCookies();
      await signIn(page, product, 'admin@brightline.test');
      await atPath(page, '/agency/clients');
      const packs = `${product.url}/agency/clients/ws_harbor?tab=billing&sub=addon-packs`;
      await page.goto(packs);
      await page.getByRole('link', { name: 'Refund unused, Medium 100' }).click();
      const dialog = await openDialog(page, 'Refund unused?');
      if (js) await checkAccessibility(page);
      const told = /Harbor Dental loses 50 min of Medium 100 at once\. \$5\.00 goes back to the card that paid for it\./;
      assert.match(await dialog.innerText(), told);
      await dialog.getByRole('link', { name: 'Keep it' }).click();
      assert.deepEqual(await money(product), [1_000, 0], 'asking changes nothing');

      await page.getByRole('link', { name: 'Refund unused, Medium 100' }).click();
      await (await openDialog(page, 'Refund unused?')).getByRole('button', { name: 'Refund $5.00' }).click();
      await page.getByText('The unused part is refunded to the card that paid for it.').waitFor();
      assert.equal(await page.getByRole('link', { name: /Refund unused/ }).count(), 0);
      assert.deepEqual(await money(product), [1_000, 500]);
      const [lot] = await lots(product);
      assert.deepEqual([lot.status, lot.remaining], ['refunded', 0]);
      await page.goto(packs.replace('addon-packs', 'activity'));
      assert.match(await mainText(page), /Unused part refunded Medium, 1 × \$10\.00 .*Elena Sørensen/);
      await assertReconciled(product);
    });
  });
}

describe('kill -9 while Stripe is asked', () => {
  const product = useProduct({ host: '127.0.0.1' });

  inBrowser('the refund is sent once, by itself', { product }, async ({ page, product, trouble }) => {
    await halfUsed(page, product);
    const dialog = await openRefund(page, product);
    const fault = { kind: 'hang', path_prefix: '/v1/refunds', method: 'POST', times: 1_000 };
    await control(product, 'faults', fault);
    const pressed = dialog.getByRole('button', { name: 'Refund $5.00' }).click().catch(() => {});
    await eventually(async () => assert.deepEqual(await money(product), [1_000, 500]));
    // The answer that the browser waits for never comes.
    trouble.expect(/^(request|console): .*(ERR_|Failed to load)/);
    await product.kill();
    await pressed;

    await product.start();
    const refunds = async () => {
      const database = await product.database();
      const rows = await database`select status, amount_mc::int from refunds`;
      await database.end();
      return rows.map((row) => ({ ...row }));
    };
    await eventually(async () => assert.deepEqual(await refunds(), [{ status: 'succeeded', amount_mc: 500_000 }]), 30_000);
    assert.deepEqual(await money(product), [1_000, 500]);
    const [lot] = await lots(product);
    assert.deepEqual([lot.status, lot.remaining], ['refunded', 0]);
    await assertReconciled(product);
  });
});
