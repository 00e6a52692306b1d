// The main pages in each look: a picture for the README, an accessibility audit, and nothing wider than the window.

import { describe } from 'node:test';

import { LOOKS, checkAccessibility, checkPage, inBrowser, picture, screenshot } from './browser.mjs';
import { useProduct } from './product.mjs';
import { CARD, atPath, engine, goToCheckout, openBilling, openBuyMinutes, openDialog, payWith, signIn } from './steps.mjs';

describe('the main pages', () => {
  const product = useProduct();

  for (const look of Object.keys(LOOKS)) {
    inBrowser(`sign-in, Billing and the dialog, ${look}`, { product, look }, async ({ page, product }) => {
      await page.goto(`${product.url}/sign-in`);
      await picture(page, `sign-in-${look}`);
      await openBilling(page, product);
      await page.getByText(/^Live, /).waitFor();
      await picture(page, `billing-${look}`);
      await openBuyMinutes(page, product);
      await picture(page, `buy-minutes-${look}`, { fullPage: false });
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
      await picture(page, `packages-${look}`);
    });
  }
});

describe('transactions and minute receipts', () => {
  const product = useProduct();
  const harbor = (path, body) => engine(product(), 'mb_test_harbor', path, body);
  const central = (path, body) => engine(product(), 'mb_test_central', path, body);
  const day = (ago) => new Date(Date.now() - ago * 86_400_000).toLocaleDateString('sv', { timeZone: 'America/New_York' });

  // Eighteen minutes of the plan are left; a bought package pays the rest.
  inBrowser('a call outlasts the plan, and two are in progress', { product }, async ({ page, product }) => {
    await openBilling(page, product);
    await goToCheckout(page, product, await openBuyMinutes(page, product));
    await payWith(page, CARD.paid);
    await atPath(page, '/billing');
    await harbor('calls', { id: 'call_8Kq2vTz4', direction: 'inbound', agent: 'Front desk', from: '+13125550176' });
    await harbor('calls/call_8Kq2vTz4/heartbeat', { connected_seconds: 1_500 });
    const figures = { outcome: 'answered', duration_seconds: 1_520, billed_duration_seconds: 1_506 };
    await harbor('calls/call_8Kq2vTz4/complete', figures);
    await central('calls', { id: 'call_1', direction: 'inbound', agent: 'Concierge', from: '+19175550102' });
    await central('calls', { id: 'call_2', direction: 'outbound', agent: 'Concierge', to: '+16465550138' });
    await central('calls/call_2/heartbeat', { connected_seconds: 125 });
  });

  for (const look of Object.keys(LOOKS)) {
    inBrowser(`transactions and a receipt, ${look}`, { product, look }, async ({ page, product }) => {
      const show = async (name, path) => {
        await page.goto(`${product.url}${path}`);
        await picture(page, `${name}-${look}`);
      };
      await openBilling(page, product);
      await show('minute-receipt', '/billing/calls/call_8Kq2vTz4');
      await page.context().clearCookies();
      await openBilling(page, product, 'owner@central.test');
      await show('transactions', `/billing/transactions?from=${day(4)}&to=${day(0)}`);
    });
  }
});

describe('the agency', () => {
  const product = useProduct();

  for (const look of Object.keys(LOOKS)) {
    inBrowser(`clients and settings, ${look}`, { product, look }, async ({ page, product, trouble }) => {
      const show = async (name, path) => {
        await page.goto(`${product.url}${path}`);
        await picture(page, `${name}-${look}`);
      };
      await signIn(page, product, 'admin@brightline.test');
      await atPath(page, '/agency/clients');
      await show('agency-clients', '/agency/clients');
      await show('agency-new-client', '/agency/clients/new');
      await show('agency-people', '/agency/settings?tab=people');
      trouble.expect(/410/);
      for (const path of ['/agency/clients?search=nobody', '/agency/settings', '/agency/settings?tab=api', '/invite']) {
        await page.goto(`${product.url}${path}`);
        await checkPage(page);
      }
    });
  }
});

describe("an agency's page of a client", () => {
  const product = useProduct();

  for (const look of Object.keys(LOOKS)) {
    inBrowser(`addon packs, ${look}`, { product, look }, async ({ page, product }) => {
      const show = async (name, address, options) => {
        await page.goto(`${product.url}/agency/clients/${address}`);
        await picture(page, `${name}-${look}`, options);
      };
      await signIn(page, product, 'admin@brightline.test');
      await atPath(page, '/agency/clients');
      await show('agency-addon-packs', 'ws_harbor?tab=billing&sub=addon-packs');
      await show('agency-addon-packs-off', 'ws_quiet?tab=billing&sub=addon-packs');
      await show('agency-subscription', 'ws_harbor?tab=billing&sub=subscription');
      await show('agency-apply-pack', 'ws_harbor?tab=billing&sub=addon-packs&apply=pack_medium', { fullPage: false });
      await openDialog(page, 'Apply addon pack to client?');
    });
  }
});
