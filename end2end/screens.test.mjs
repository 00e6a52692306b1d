// The main pages in each look: a picture for the README, an accessibility audit, and nothing wider than the window.

import { describe } from 'node:test';

import { LOOKS, checkAccessibility, checkWidth, inBrowser, screenshot } from './browser.mjs';
import { useProduct } from './product.mjs';
import { CARD, atPath, goToCheckout, openBilling, openBuyMinutes, payWith } from './steps.mjs';

describe('the main pages', () => {
  const product = useProduct();

  for (const look of Object.keys(LOOKS)) {
    const show = async (page, name, options) => {
      await screenshot(page, `${name}-${look}`, options);
      await checkWidth(page);
      await checkAccessibility(page);
    };

    inBrowser(`sign-in, Billing and the dialog, ${look}`, { product, look }, async ({ page, product }) => {
      await page.goto(`${product.url}/sign-in`);
      await show(page, 'sign-in');
      await openBilling(page, product);
      await show(page, 'billing');
      await openBuyMinutes(page, product);
      await show(page, 'buy-minutes', { fullPage: false });
    });
  }

  // Last, because it changes what Billing shows.
  inBrowser('a package is bought', { product }, async ({ page, product }) => {
    await openBilling(page, product);
    await goToCheckout(page, product, await openBuyMinutes(page, product));
    await payWith(page, CARD.paid);
    await atPath(page, '/billing');
    await screenshot(page, 'billing-added');
    await checkAccessibility(page);
  });

  for (const look of Object.keys(LOOKS)) {
    inBrowser(`packages, ${look}`, { product, look }, async ({ page, product }) => {
      await openBilling(page, product);
      await page.goto(`${product.url}/billing/packages`);
      await screenshot(page, `packages-${look}`);
      await checkWidth(page);
      await checkAccessibility(page);
    });
  }
});
