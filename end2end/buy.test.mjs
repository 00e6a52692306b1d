// Buying minutes, from the sign-in to the package, as a customer of Harbor Dental.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { inBrowser } from './browser.mjs';
import { useProduct } from './product.mjs';
import {
  CARD,
  atPath,
  buyMinutesDialog,
  choosePack,
  countPackages,
  eventually,
  goToCheckout,
  mainText,
  openBilling,
  openBuyMinutes,
  packIn,
  payIn,
  payWith,
  quantityIn,
  signIn,
  signOut,
} from './steps.mjs';

/** The same with JavaScript on and off; the product on `localhost`, Checkout on another site. */
for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`buying minutes ${mode}`, () => {
    const options = { product: useProduct({ host: 'localhost' }), js };

    inBrowser(`Billing says what is left and how to get more, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product);
      const text = await mainText(page);
      for (const words of [/Usage Warning/, /82 ?of 100/, /Extra Minutes/, /Add-on balance/, /Never expires/]) {
        assert.match(text, words);
      }
      await page.getByRole('heading', { level: 2, name: 'Add-on packs' }).waitFor();
      await page.getByRole('heading', { level: 3, name: 'Available Add-On Packs' }).waitFor();
      for (const minutes of [50, 100, 250]) {
        const name = `Buy ${minutes} minutes`;
        await page.getByRole('button', { name }).or(page.getByRole('link', { name })).first().waitFor();
      }
    });

    inBrowser(`Medium is bought and there at once, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product);
      const dialog = await openBuyMinutes(page, product);
      for (const name of ['Small', 'Medium', 'Large']) assert.ok(await packIn(dialog, name).isVisible(), name);
      assert.ok(await packIn(dialog, 'Medium').isChecked(), 'Medium is preselected');
      assert.match(await dialog.innerText(), /Medium\s+Popular/);
      const returns = [];
      page.on('request', (request) => {
        if (new URL(request.url()).pathname === '/billing/return') returns.push(request.url());
      });
      await goToCheckout(page, product, dialog, '$10.00');
      await payWith(page, CARD.paid);
      await atPath(page, '/billing');
      assert.match(await mainText(page), /100 minutes added/);

      // Coming back by the same address shows the same purchase and adds nothing.
      assert.equal(returns.length, 1);
      await page.goto(returns[0]);
      await page.reload();
      assert.equal(await countPackages(page, product, 'Medium'), 1);
    });

    inBrowser(`quantity 3 gives three packages, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product);
      const before = await countPackages(page, product, 'Small');
      const dialog = await openBuyMinutes(page, product);
      await choosePack(dialog, 'Small');
      await quantityIn(dialog).fill('3');
      await goToCheckout(page, product, dialog, js ? '$18.00' : '');
      assert.match(await page.locator('body').innerText(), /\$18\.00/);
      await payWith(page, CARD.paid);
      await atPath(page, '/billing');
      assert.match(await mainText(page), /150 minutes added/);
      assert.equal(await countPackages(page, product, 'Small'), before + 3);
    });

    inBrowser(`Cancel changes nothing and keeps the choice, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product);
      const before = await countPackages(page, product, 'Large');
      let dialog = await openBuyMinutes(page, product);
      await choosePack(dialog, 'Large');
      await quantityIn(dialog).fill('2');
      await goToCheckout(page, product, dialog, js ? '$40.00' : '');
      await page.getByRole('link', { name: /cancel|back/i }).first().click();
      await atPath(page, '/billing');
      dialog = await buyMinutesDialog(page);
      assert.ok(await packIn(dialog, 'Large').isChecked(), 'Large is still chosen');
      assert.equal(await quantityIn(dialog).inputValue(), '2');
      assert.doesNotMatch(await mainText(page), /minutes added/);
      assert.equal(await countPackages(page, product, 'Large'), before);
    });

    inBrowser(`a declined card can be followed by a good one, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/\b402\b/);
      await openBilling(page, product);
      const before = await countPackages(page, product, 'Medium');
      const dialog = await openBuyMinutes(page, product);
      await goToCheckout(page, product, dialog);
      for (const card of [CARD.declined, CARD.noFunds]) {
        await payWith(page, card);
        await page.getByText(/declined|insufficient funds/i).first().waitFor();
        assert.equal(new URL(page.url()).origin, product.sandboxUrl);
      }
      await payWith(page, CARD.paid);
      await atPath(page, '/billing');
      assert.match(await mainText(page), /100 minutes added/);
      assert.equal(await countPackages(page, product, 'Medium'), before + 1);
    });

    inBrowser(`after signing out Billing asks to sign in, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product);
      await signOut(page);
      await page.goto(`${product.url}/billing`);
      await atPath(page, '/sign-in');
    });

    inBrowser(`a wrong password says so and keeps the address, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/\b4\d\d\b.*\/sign-in/);
      await signIn(page, product, 'owner@harbor.test', 'not-the-password');
      await page.getByText('Email or password is wrong.').waitFor();
      assert.equal(await page.getByLabel('Email').inputValue(), 'owner@harbor.test');
    });
  });
}

describe('the Buy Minutes dialog', () => {
  const product = useProduct({ host: '127.0.0.1' });

  inBrowser('the total on the button follows pack and quantity', { product }, async ({ page, product }) => {
    await openBilling(page, product);
    const dialog = await openBuyMinutes(page, product);
    await payIn(dialog, '$10.00').waitFor();
    await eventually(async () => {
      await quantityIn(dialog).fill('1');
      await quantityIn(dialog).fill('3');
      await payIn(dialog, '$30.00').waitFor({ timeout: 500 });
    });
    await choosePack(dialog, 'Large');
    await payIn(dialog, '$60.00').waitFor();
    await quantityIn(dialog).fill('20');
    await payIn(dialog, '$400.00').waitFor();
  });

  inBrowser('Checkout on the same site works as on another', { product }, async ({ page, product }) => {
    await openBilling(page, product);
    const dialog = await openBuyMinutes(page, product);
    await goToCheckout(page, product, dialog, '$10.00');
    await payWith(page, CARD.paid);
    await atPath(page, '/billing');
    assert.match(await mainText(page), /100 minutes added/);
  });
});

describe('a dialog that wakes late', () => {
  const product = useProduct();

  inBrowser('keeps what was typed before', { product }, async ({ page, product }) => {
    await openBilling(page, product);
    let wake;
    const awake = new Promise((resolve) => (wake = resolve));
    await page.route(/\/pkg\/.*\.wasm$/, async (route) => {
      await awake;
      await route.continue();
    });
    const dialog = await openBuyMinutes(page, product);
    await quantityIn(dialog).fill('3');
    assert.equal(await dialog.evaluate((it) => it.matches(':modal')), false, 'it sleeps');
    wake();
    await payIn(dialog, '$30.00').waitFor();
    assert.equal(await quantityIn(dialog).inputValue(), '3');
    await dialog.getByRole('button', { name: 'One more' }).click();
    await payIn(dialog, '$40.00').waitFor();
    assert.equal(await quantityIn(dialog).inputValue(), '4');
  });
});
