// Credits and calls, as customers of Northwind Support and Pipeline IQ.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { LOOKS, inBrowser, picture } from './browser.mjs';
import { useProduct } from './product.mjs';
import {
  CARD,
  amountIn,
  atPath,
  countPackages,
  engine,
  eventually,
  goToCheckout,
  mainText,
  openAddCredits,
  openBilling,
  openDialog,
  payIn,
  payWith,
  pillText,
} from './steps.mjs';

const NORTHWIND = 'owner@northwind.test';
const PIPELINE = 'owner@pipeline.test';

const otherIn = (dialog) => dialog.getByRole('radio', { name: 'Other amount' });

/** An island is awake once its dialog is modal. */
const isAwake = (dialog) => dialog.evaluate((element) => element.matches(':modal'));

/** Types an amount. Where nothing is alive, the choice has to be made as well. */
async function typeAmount(dialog, amount, js) {
  if (!js) await otherIn(dialog).check();
  await amountIn(dialog).fill(amount);
}

/** The same with JavaScript on and off. Each test goes on where the one before has left the wallet. */
for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`credits ${mode}`, () => {
    const options = { product: useProduct({ host: 'localhost' }), js };

    inBrowser(`Northwind sees its money and how many calls fit, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product, NORTHWIND);
      assert.equal(await pillText(page), '$32.50 10 calls fit');
      const text = await mainText(page);
      for (const words of [
        /Flat plan, \$0\.05 per connected minute/,
        /10 more calls fit/,
        /\$32\.50 available/,
        /Hold per call, up to 60 min \$3\.00/,
        /\$0\.05 per min/,
        /Only connected time is charged, by the second\./,
      ]) {
        assert.match(text, words);
      }
      assert.doesNotMatch(text, /Extra Minutes|used/);
    });

    inBrowser(`$25 is preselected, paid and there at once, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product, NORTHWIND);
      const dialog = await openAddCredits(page);
      assert.ok(await dialog.getByRole('radio', { name: '$25' }).isChecked());
      assert.match(await dialog.innerText(), /\$57\.50, 19 calls fit/);
      await goToCheckout(page, product, dialog, '$25.00');
      assert.match(await page.locator('body').innerText(), /\$25\.00/);
      await payWith(page, CARD.paid);
      await atPath(page, '/billing');
      assert.match(await mainText(page), /\$25\.00 added You now have \$57\.50 in credits\./);
      assert.equal(await pillText(page), '$57.50 19 calls fit');
    });

    inBrowser(`an amount of one's own is added to the cent, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product, NORTHWIND);
      await page.goto(`${product.url}/billing/packages`);
      const dialog = await openAddCredits(page);
      await typeAmount(dialog, '$12.05', js);
      await eventually(async () => assert.ok(await otherIn(dialog).isChecked(), 'a typed amount is a choice'));
      if (!js) await dialog.getByRole('button', { name: 'Update total' }).click();
      await payIn(dialog, '$12.05').waitFor();
      await goToCheckout(page, product, dialog, '$12.05');
      await payWith(page, CARD.paid);
      await atPath(page, '/billing');
      assert.match(await mainText(page), /\$12\.05 added You now have \$69\.55 in credits\./);
      assert.equal(await pillText(page), '$69.55 Calls on');
    });

    inBrowser(`what is wrong with an amount stands beside it, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product, NORTHWIND);
      let dialog = await openAddCredits(page);
      for (const [typed, words] of [
        ['0.20', 'Enter $0.50 or more.'],
        ['10001', 'Enter $10,000.00 or less.'],
        ['25,50', 'Enter an amount in dollars, such as 25 or 25.50.'],
      ]) {
        if (js) await eventually(async () => assert.ok(await isAwake(dialog)));
        await typeAmount(dialog, typed, js);
        await payIn(dialog).click();
        dialog = await openDialog(page, 'Add credits');
        await dialog.getByText(words).waitFor();
        assert.equal(await amountIn(dialog).inputValue(), typed);
        assert.equal(new URL(page.url()).origin, product.url);
      }
    });

    inBrowser(`a preset and another amount are not both paid, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product, NORTHWIND);
      let dialog = await openAddCredits(page);
      if (js) await eventually(async () => assert.ok(await isAwake(dialog)));
      await amountIn(dialog).fill('12.05');
      if (js) {
        await dialog.getByText('$50', { exact: true }).click();
        assert.equal(await amountIn(dialog).inputValue(), '');
        await payIn(dialog, '$50.00').waitFor();
      } else {
        await payIn(dialog).click();
        dialog = await openDialog(page, 'Add credits');
        await dialog.getByText('Choose Other amount to pay this, or clear it.').waitFor();
        assert.equal(await amountIn(dialog).inputValue(), '12.05');
      }
    });

    inBrowser(`Cancel changes nothing and keeps the amount, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product, NORTHWIND);
      let dialog = await openAddCredits(page);
      await dialog.getByText('$100', { exact: true }).click();
      await goToCheckout(page, product, dialog, js ? '$100.00' : '');
      await page.getByRole('link', { name: /cancel|back/i }).first().click();
      await atPath(page, '/billing');
      dialog = await openDialog(page, 'Add credits');
      assert.ok(await dialog.getByRole('radio', { name: '$100' }).isChecked(), '$100 is still chosen');
      assert.doesNotMatch(await page.locator('[data-section=wallet]').innerText(), /added/);
      assert.equal(await pillText(page), '$69.55 Calls on');
    });

    inBrowser(`Pipeline buys 100 calls, ${mode}`, options, async ({ page, product }) => {
      await openBilling(page, product, PIPELINE);
      const text = await mainText(page);
      for (const words of [/137 of 200 calls used/, /63 calls left/, /Extra Calls/, /Add-on balance/]) {
        assert.match(text, words);
      }
      assert.doesNotMatch(await page.locator('[data-section=wallet]').innerText(), /minutes|\bmin\b/);
      await page.getByRole('link', { name: 'Buy 100 calls' }).click();
      const dialog = await openDialog(page, 'Buy Calls');
      assert.match(await dialog.innerText(), /\(100 calls\)/);
      await goToCheckout(page, product, dialog, '$10.00');
      await payWith(page, CARD.paid);
      await atPath(page, '/billing');
      assert.match(await mainText(page), /100 calls added You now have 100 extra calls\./);
      assert.match(await mainText(page), /137 of 200 calls used/);
      assert.equal(await countPackages(page, product, '100 calls'), 1);
    });
  });
}

describe('the calls that a balance carries', () => {
  const product = useProduct({ host: 'localhost' });
  const call = (id) => engine(product(), 'mb_test_northwind', 'calls', { id, direction: 'outbound' });
  const missed = { outcome: 'no_answer', duration_seconds: 20, billed_duration_seconds: 0 };

  inBrowser('amber at one, paused at none, on again with credits', { product }, async ({ page, product }) => {
    for (let number = 1; number <= 9; number += 1) assert.equal((await call(`fit-${number}`)).status, 201);
    await openBilling(page, product, NORTHWIND);
    assert.equal(await pillText(page), '$5.50 1 call fits');
    assert.match(await mainText(page), /Held by 9 calls in progress \$27\.00/);

    assert.equal((await call('fit-10')).status, 201);
    const refused = await call('fit-11');
    assert.equal(refused.status, 402);
    const words = (await refused.json()).error.user_message.replace('Calls paused. ', '');
    await page.reload();
    assert.equal(await pillText(page), '$2.50 Calls paused');
    const text = await mainText(page);
    assert.ok(text.includes(words), `${words} is missing in ${text}`);
    assert.match(text, /\$0\.50 short of one call/);

    const dialog = await openAddCredits(page);
    assert.match(await dialog.innerText(), /Calls start again as soon as the payment is confirmed\./);
    await goToCheckout(page, product, dialog, '$25.00');
    await payWith(page, CARD.paid);
    await atPath(page, '/billing');
    assert.equal(await pillText(page), '$27.50 9 calls fit');
    for (let number = 1; number <= 10; number += 1) {
      const ended = await engine(product, 'mb_test_northwind', `calls/fit-${number}/complete`, missed);
      assert.equal(ended.status, 200);
    }
    await page.goto(`${product.url}/billing`);
    assert.equal(await pillText(page), '$57.50 19 calls fit');
  });

  // For the pictures of a paused wallet.
  inBrowser('the calls that follow leave nothing for another', { product }, async () => {
    for (let number = 1; number <= 19; number += 1) assert.equal((await call(`last-${number}`)).status, 201);
    assert.equal((await call('last-20')).status, 402);
  });

  for (const look of Object.keys(LOOKS)) {
    inBrowser(`Billing and the dialog while calls are paused, ${look}`, { product, look }, async ({ page, product }) => {
      await openBilling(page, product, NORTHWIND);
      await page.getByText('Calls paused').filter({ visible: true }).first().waitFor();
      await picture(page, `billing-paused-${look}`);
      await openAddCredits(page);
      await picture(page, `add-credits-${look}`, { fullPage: false });
    });
  }
});
