// A form that was sent shows that it is working, and is sent once; on every page, with or without islands.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { inBrowser } from './browser.mjs';
import { useProduct } from './product.mjs';
import { atPath, eventually, openBilling, openBuyMinutes, openDialog, payIn, signIn } from './steps.mjs';

const ADMIN = 'admin@brightline.test';

const button = (page, name) => page.getByRole('button', { name, exact: true }).first();
const busyButtons = (page) => page.locator('[aria-busy]').count();

async function openDesk(page, product, path) {
  await signIn(page, product, ADMIN);
  await atPath(page, '/agency/clients');
  await page.goto(`${product.url}${path}`);
}

/** Where there are forms, and the button of one. */
const PLACES = {
  'the way in': async (page, product) => {
    await page.goto(`${product.url}/sign-in`);
    await page.getByLabel('Email').fill('dana@harbor.test');
    await page.getByLabel('Password').fill('-');
    return button(page, 'Sign in');
  },
  'a dialog of Billing': async (page, product) => {
    await openBilling(page, product);
    return payIn(await openBuyMinutes(page, product), '$10.00');
  },
  Settings: async (page, product) => {
    await openBilling(page, product);
    await page.goto(`${product.url}/settings?tab=members`);
    await page.getByLabel('Email').fill('new@harbor.test');
    return button(page, 'Send invitation');
  },
  'a dialog of Settings': async (page, product) => {
    await openBilling(page, product);
    await page.goto(`${product.url}/settings?tab=members`);
    await page.getByRole('link', { name: /^Remove / }).first().click();
    return button(await openDialog(page, 'Leave this workspace?'), 'Leave workspace');
  },
  'a page of the agency': async (page, product) => {
    await openDesk(page, product, '/agency/settings');
    return button(page, 'Sign out everywhere');
  },
  'a dialog of the agency': async (page, product) => {
    await openDesk(page, product, '/agency/packs');
    await page.getByRole('link', { name: 'Small', exact: true }).click();
    await page.getByRole('link', { name: 'Archive' }).click();
    return button(await openDialog(page, /^Archive/), /^Archive/);
  },
};

/** Keeps forms from being sent, and counts in `sent` what would have been: whoever listens last sees it. */
async function hold(page) {
  await page.waitForLoadState();
  await page.evaluate(() => {
    globalThis.sent = 0;
    window.addEventListener('submit', (event) => {
      if (!event.defaultPrevented) globalThis.sent += 1;
      event.preventDefault();
    });
  });
}

describe('a form on its way', () => {
  const product = useProduct();

  for (const [place, open] of Object.entries(PLACES)) {
    inBrowser(`in ${place}, its button is busy and a second click does nothing`, { product }, async ({ page, product }) => {
      const go = await open(page, product);
      await hold(page);
      const element = await go.elementHandle();
      await element.click();
      assert.equal(await element.getAttribute('aria-busy'), 'true');
      await element.click();
      assert.equal(await page.evaluate(() => globalThis.sent), 1);
      // As when the browser comes back to the page.
      await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
      assert.equal(await busyButtons(page), 0);
      await element.click();
      assert.equal(await page.evaluate(() => globalThis.sent), 2, 'and it can be sent again');
    });
  }

  inBrowser('a dialog that leads to Stripe says so', { product }, async ({ page, product }) => {
    const pay = await PLACES['a dialog of Billing'](page, product);
    await hold(page);
    const { width } = await pay.boundingBox();
    await pay.click();
    const busy = button(page, 'Opening Stripe');
    assert.equal((await busy.boundingBox()).width, width);
    await busy.locator('.spinner').waitFor();
  });

  inBrowser('pressing Stop leaves no button busy', { product }, async ({ page, product }) => {
    const invite = await PLACES.Settings(page, product);
    await page.waitForLoadState();
    // Nothing can be asked of a page that waits for an answer, so it notes by itself.
    await page.evaluate(() => {
      const note = () => (globalThis.wasBusy ||= document.querySelector('[aria-busy]') !== null);
      new MutationObserver(note).observe(document.body, { subtree: true, attributeFilter: ['aria-busy'] });
    });
    const session = await page.context().newCDPSession(page);
    const { server } = await product.pids();
    process.kill(server, 'SIGSTOP');
    try {
      // What has not begun cannot be stopped.
      const begun = page.waitForRequest((request) => request.method() === 'POST');
      await invite.click({ noWaitAfter: true });
      await begun;
      await session.send('Page.stopLoading');
    } finally {
      process.kill(server, 'SIGCONT');
    }
    await eventually(async () => assert.equal(await busyButtons(page), 0));
    assert.ok(await page.evaluate(() => globalThis.wasBusy));
    // The form may have arrived after all; its key is used once.
    await invite.click();
    await page.getByText('new@harbor.test').waitFor();
  });

  inBrowser('where the browser does not tell, a button rests after the longest answer', { product }, async ({ page, product }) => {
    await page.clock.install();
    const leave = await PLACES['a dialog of Settings'](page, product);
    await hold(page);
    await leave.click();
    await page.clock.runFor(30_000);
    assert.equal(await busyButtons(page), 1);
    await page.clock.runFor(2_000);
    assert.equal(await busyButtons(page), 0);
  });
});
