// Saved cards and auto-recharge, as Northwind Support and Call Central have them.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { checkAccessibility, checkWidth, inBrowser } from './browser.mjs';
import { useProduct } from './product.mjs';
import { CARD, atPath, engine, eventually, mainText, openBilling, pillText } from './steps.mjs';

const NORTHWIND = 'owner@northwind.test';
const CENTRAL = 'owner@central.test';

const part = (page, name) => page.getByRole('region', { name });

/** Fills Checkout's page where a card is saved and nothing is paid. */
async function saveCard(page, number) {
  await page.getByLabel('Card number').fill(number);
  await page.getByLabel(/expir/i).fill('12/34');
  await page.getByLabel(/cvc/i).fill('123');
  await page.getByRole('button', { name: /save/i }).click();
  await atPath(page, '/billing');
}

for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`saved card and auto-recharge ${mode}`, () => {
    const options = { product: useProduct({ host: 'localhost' }), js };

    inBrowser(`a card is added at Checkout and shown by its last four, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product, NORTHWIND);
      await part(page, 'Saved card').getByRole('button', { name: 'Add card' }).click();
      await page.waitForURL((url) => url.origin === product.sandboxUrl);
      await saveCard(page, CARD.paid);
      const text = await mainText(page);
      assert.match(text, /Card saved/);
      assert.match(text, /Visa ending 4242 Expires 12 \/ 2034/);
    });

    inBrowser(`switched on, it adds credits by itself once they run low, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product, NORTHWIND);
      await part(page, 'Auto-recharge').getByRole('link', { name: 'Set up auto-recharge' }).click();
      const section = part(page, 'Auto-recharge');
      await section.getByLabel('When the balance is below').fill('30');
      await section.getByLabel('Add', { exact: true }).fill('10');
      await section.getByLabel('At most per month').fill('100');
      await section.getByRole('button', { name: 'Turn on auto-recharge' }).click();
      await page.waitForURL(/topup=10/);
      assert.match(await section.innerText(), /Add at least as much as the balance you charge below\./);
      assert.equal(await section.getByLabel('Add', { exact: true }).inputValue(), '10');
      await section.getByLabel('Add', { exact: true }).fill('40');
      await section.getByRole('button', { name: 'Turn on auto-recharge' }).click();
      await section.getByRole('button', { name: 'Turn off' }).waitFor();
      assert.match(await mainText(page), /\$0\.00 of \$100\.00 cap/);
      // What looks at the page is a script itself.
      if (js) await checkAccessibility(page);
      assert.equal(await pillText(page), '$32.50 10 calls fit');
      const id = `auto-recharge-${js}`;
      const placed = await engine(product, 'mb_test_northwind', 'calls', { id, direction: 'outbound' });
      assert.equal(placed.status, 201);
      const end = { outcome: 'answered', duration_seconds: 3_600, billed_duration_seconds: 3_600 };
      assert.equal((await engine(product, 'mb_test_northwind', `calls/${id}/complete`, end)).status, 200);
      await eventually(async () => {
        if (!js) await page.reload();
        assert.equal(await pillText(page), '$69.50 Calls on');
      }, 20_000);
      await eventually(async () => {
        if (!js) await page.reload();
        assert.match(await mainText(page), /\$40\.00 of \$100\.00 cap/);
        assert.match(await mainText(page), /\$40\.00 on .*, succeeded/);
      }, 20_000);
    });

    inBrowser(`switched off it says so, and a removed card is gone, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product, NORTHWIND);
      await part(page, 'Auto-recharge').getByRole('button', { name: 'Turn off' }).click();
      await part(page, 'Auto-recharge').getByRole('link', { name: 'Set up auto-recharge' }).waitFor();
      await part(page, 'Saved card').getByRole('link', { name: 'Remove' }).click();
      assert.match(await mainText(page), /Remove Visa ending 4242\? Auto-recharge is switched off/);
      await part(page, 'Saved card').getByRole('button', { name: 'Remove card' }).click();
      await part(page, 'Saved card').getByRole('button', { name: 'Add card' }).waitFor();
    });

    inBrowser(`Call Central has a card on file, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product, CENTRAL);
      const text = await mainText(page);
      assert.match(text, /Visa ending 4242/);
      assert.match(text, /Auto-recharge Off/);
      await checkWidth(page);
    });
  });
}
