// What an agency sells and what waits for it: plans, packs, payment requests, the inbox.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { LOOKS, checkPage, inBrowser, picture } from './browser.mjs';
import { useProduct } from './product.mjs';
import { CARD, atPath, eventually, goToCheckout, mainText, openBilling, openBuyMinutes, openDialog, payWith, signIn } from './steps.mjs';

const ADMIN = 'admin@brightline.test';

const button = (page, name) => page.getByRole('button', { name, exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });

/** Signed in as the administrator, at a page of the agency. */
async function openDesk(page, product, path) {
  await signIn(page, product, ADMIN);
  await atPath(page, '/agency/clients');
  await page.goto(`${product.url}${path}`);
}

/** The toast of what was just done. */
async function told(page, words) {
  await page.getByRole('status').filter({ hasText: words }).waitFor();
}

async function says(page, ...wanted) {
  const words = await mainText(page);
  for (const it of wanted) assert.ok(words.includes(it), `${it} is missing: ${words}`);
}

/** Harbor Dental buys a package and pays, but its purchase has another price by then: nothing is credited. */
async function payUnmatched(page, product) {
  await openBilling(page, product);
  await goToCheckout(page, product, await openBuyMinutes(page, product));
  const db = await product.database();
  await db`update purchases set total_mc = 1100000, price_each_mc = 1100000 where status = 'open'`;
  await payWith(page, CARD.paid);
  await atPath(page, '/billing');
  await eventually(async () => assert.ok((await db`select from inbox_items where resolved_at is null`).length > 0));
  await db.end();
  await page.context().clearCookies();
}

/** What Stripe has charged and sent back, in cents. */
async function money(product) {
  const { total } = await (await fetch(`${product.sandboxUrl}/_sandbox/ledger`)).json();
  return [total.charged, total.refunded];
}

/** The same with JavaScript on and off. */
for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`the catalogue ${mode}`, () => {
    const options = { product: useProduct(), js };

    inBrowser(`a plan is created, edited, applied and archived, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/422/);
      await openDesk(page, product, '/agency/plans');
      await link(page, 'Add plan').click();
      await page.getByLabel('Name', { exact: true }).fill('Scale');
      await page.getByLabel('Price', { exact: true }).fill('12.345');
      await page.getByLabel('Included in each period').fill('500');
      await page.getByLabel('Voice', { exact: true }).fill('0.04999');
      await page.getByLabel('Payment due after period start').fill('14');
      await button(page, 'Create plan').click();
      await page.getByText('Enter whole cents: at most two digits after the point.').waitFor();
      assert.equal(await page.getByLabel('Voice', { exact: true }).inputValue(), '0.04999', 'what was typed is kept');
      await page.getByLabel('Price', { exact: true }).fill('12.34');
      await button(page, 'Create plan').click();
      await told(page, 'Saved.');
      await says(page, 'Scale', '$12.34', '500 min', '$0.04999 per min', 'Add-on packs · On');

      await link(page, 'Starter').click();
      await page.getByLabel('Included in each period').fill('120');
      await button(page, 'Save plan').click();
      await told(page, 'Saved.');
      await says(page, '1 client is on earlier terms');
      await link(page, 'Apply to existing clients').click();
      await says(page, 'Harbor Dental', 'included 100 min → 120 min');
      await button(page, 'Apply to selected clients').click();
      await told(page, "The plan's terms hold for the clients you named.");
      assert.ok(!(await mainText(page)).includes('earlier terms'));

      await page.goto(`${product.url}/agency/plans`);
      await link(page, 'Scale').click();
      await link(page, 'Archive plan').click();
      const dialog = await openDialog(page, 'Archive Scale?');
      await button(dialog, 'Archive plan').click();
      await told(page, 'Archived.');
      await says(page, 'Archived No longer offered Scale');
    });

    inBrowser(`a pack is created, edited and archived, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/422/);
      await openDesk(page, product, '/agency/packs');
      await link(page, 'Add pack').click();
      await page.getByLabel('Name', { exact: true }).fill('Huge');
      await page.getByLabel('Price', { exact: true }).fill('0.49');
      await page.getByLabel('Minutes or calls').fill('1000');
      await button(page, 'Create pack').click();
      await page.getByText('Enter $0.50 to $10,000.00, in whole cents.').waitFor();
      await page.getByLabel('Price', { exact: true }).fill('60');
      await button(page, 'Create pack').click();
      await told(page, 'Saved.');
      await says(page, 'Huge $60.00 1,000 minutes $0.06 per min 0 clients');
      await link(page, 'Huge').click();
      await page.getByLabel('Popular').check();
      await button(page, 'Save pack').click();
      await says(page, 'Huge Popular');
      await link(page, 'Huge').click();
      await link(page, 'Archive pack').click();
      await button(await openDialog(page, 'Archive Huge?'), 'Archive pack').click();
      await told(page, 'Archived.');
    });

    inBrowser(`an unmatched payment is accepted, ${mode}`, options, async ({ page, product }) => {
      await payUnmatched(page, product);
      await openDesk(page, product, '/agency/inbox');
      await page.getByRole('link', { name: /^Accept, Unmatched payment/ }).click();
      const dialog = await openDialog(page, 'Accept this payment?');
      assert.match(await dialog.innerText(), /Harbor Dental gets 100 minutes at once/);
      await button(dialog, 'Accept payment').click();
      await told(page, 'Payment accepted and credited.');
      await says(page, 'Nothing waits for you');
      await link(page, 'Settled').click();
      await says(page, 'Accepted');
    });

    inBrowser(`another is refunded, ${mode}`, options, async ({ page, product }) => {
      await payUnmatched(page, product);
      const [charged, refunded] = await money(product);
      await openDesk(page, product, '/agency/inbox');
      await page.getByRole('link', { name: /^Refund, Unmatched payment/ }).click();
      await button(await openDialog(page, 'Refund this payment?'), 'Refund payment').click();
      await told(page, 'Payment refunded.');
      assert.deepEqual(await money(product), [charged, refunded + 1_000]);
    });
  });
}

describe('pictures of what an agency sells', () => {
  const product = useProduct();

  // One item of each, before anybody looks.
  inBrowser('something waits', { product }, async ({ page, product }) => {
    await payUnmatched(page, product);
    const db = await product.database();
    await db`insert into inbox_items (agency_id, workspace_id, kind, reference, detail, created_at)
             select agency_id, id, 'overrun', 'call_1', '18 s of a call were covered by nothing', now() - interval '1 day'
             from workspaces where public_id = 'ws_central'`;
    await db.end();
  });

  for (const look of Object.keys(LOOKS)) {
    inBrowser(`plans, packs, requests and inbox, ${look}`, { product, look }, async ({ page, product, trouble }) => {
      const show = async (name, path) => {
        await page.goto(`${product.url}${path}`);
        await picture(page, `${name}-${look}`);
      };
      await openDesk(page, product, '/agency/plans');
      await show('agency-plans', '/agency/plans');
      await show('agency-plan', '/agency/plans/plan_starter');
      await show('agency-packs', '/agency/packs');
      await show('agency-requests', '/agency/requests?show=settled');
      await show('agency-inbox', '/agency/inbox');
      for (const path of ['/agency/plans/plan_starter/apply', '/agency/plans/plan_starter?archive=1', '/agency/packs/new']) {
        await page.goto(`${product.url}${path}`);
        await checkPage(page);
      }
      trouble.expect(/422/);
      await page.getByLabel('Name', { exact: true }).fill('x'.repeat(80));
      await button(page, 'Create pack').click();
      await page.getByText('Nothing was saved').waitFor();
      await checkPage(page);
    });
  }
});
