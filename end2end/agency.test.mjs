// One client in its agency's hands: the whole story of add-on packs, in the words that the pages have (SPEC §3).

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { checkPage, inBrowser } from './browser.mjs';
import { useProduct } from './product.mjs';
import { atPath, mainText, openBilling, openDialog, signIn } from './steps.mjs';

const ADMIN = 'admin@brightline.test';
const QUIET = 'owner@quiet.test';
const OFF =
  'Add-on packs are disabled for this subscription. The plan snapshot for this client has add-ons turned off. ' +
  'Turn on add-ons on the billing plan product (or re-subscribe after changing the plan), then refresh - ' +
  'you cannot assign packs or apply credits until add-ons are enabled on the plan.';
const REQUIREMENTS =
  'Your client can purchase addon packs when their subscription product has addon packs enabled. ' +
  'The client will only see addon packs that you assign here.';
const APPLY = [
  "Credit the selected addon pack minutes to this client's wallet immediately.",
  "Set the payment request due date per the plan's 'Payment due after period start' setting (e.g. 1 day after application).",
  'Create a payment request for this addon pack.',
  'Pending - the pack is credited now; the payment request stays open until you mark it paid.',
  'Paid - the pack is credited and the payment request is immediately recorded as paid.',
];

const button = (page, name) => page.getByRole('button', { name, exact: true });
const link = (page, name) => page.getByRole('link', { name, exact: true });

/** The page says each of these. */
async function says(page, ...wanted) {
  const words = await mainText(page);
  for (const it of wanted) assert.ok(words.includes(it), `${it} is missing: ${words}`);
}

/** Signed in as the administrator, at a sub-tab of the client's Billing. */
async function openClient(page, product, client, tab) {
  await signIn(page, product, ADMIN);
  await atPath(page, '/agency/clients');
  await page.goto(`${product.url}/agency/clients/${client}`);
  await page.getByRole('navigation', { name: 'Client' }).getByRole('link', { name: 'Billing' }).click();
  await openTab(page, tab);
}

async function openTab(page, name) {
  const tabs = page.getByRole('navigation', { name: 'Billing' });
  await tabs.getByRole('link', { name }).click();
  await tabs.locator('[aria-current]', { hasText: name }).waitFor();
  await page.waitForLoadState();
}

/** The toast of what was just done. */
async function told(page, words) {
  await page.getByRole('status').filter({ hasText: words }).waitFor();
}

/** What the client's owner sees on Billing, in a window of their own. */
async function clientSees(page, product) {
  const context = await page.context().browser().newContext({ locale: 'en-US' });
  const window = await context.newPage();
  await openBilling(window, product, QUIET);
  const words = await mainText(window);
  await context.close();
  return words;
}

/** Turns the plan's add-on packs on, on the plan's page, and goes back to the client. */
async function turnOn(page, product) {
  const client = page.url();
  await page.goto(`${product.url}/agency/plans`);
  await link(page, 'Clinic').click();
  await says(page, 'Payment due after period start');
  await page.getByLabel('Add-on packs · On').check();
  await button(page, 'Save plan').click();
  await page.getByRole('status').filter({ hasText: 'Saved.' }).waitFor();
  await page.goto(client);
}

/** Ends the subscription now and begins another one on the plan as it is offered. */
async function resubscribe(page) {
  await openTab(page, 'Subscription');
  await link(page, 'Cancel subscription').click();
  const dialog = await openDialog(page, /Cancel the subscription of/);
  assert.match(await dialog.innerText(), /New calls are refused from then on/);
  await dialog.getByRole('radio', { name: /^Now/ }).check();
  await button(dialog, 'Cancel subscription').click();
  await told(page, 'Subscription canceled.');
  await page.getByLabel('Plan', { exact: true }).selectOption({ label: 'Clinic - $29.00 (100 minutes)' });
  await button(page, 'Re-subscribe').click();
  await told(page, 'Subscription started.');
}

async function assign(page, ...packs) {
  await page.getByText('Select addon packs…').click();
  for (const pack of packs) await page.getByRole('checkbox', { name: pack }).check();
  await button(page, 'Assign Addon Packs').click();
  await told(page, 'Addon packs assigned.');
}

async function apply(page, pack, payment) {
  await link(page, `Apply Addon Pack, ${pack}`).click();
  const dialog = await openDialog(page, 'Apply addon pack to client?');
  const words = (await dialog.innerText()).replace(/\s+/g, ' ');
  for (const point of APPLY) assert.ok(words.includes(point), `${point} is missing: ${words}`);
  assert.match(words, /Medium 100 minutes \$10\.00/);
  await dialog.getByRole('radio', { name: new RegExp(`^${payment}`) }).check();
  await button(dialog, 'Credit addon & create request').click();
}

async function remove(page, pack) {
  await link(page, `Remove Assignment, ${pack}`).click();
  const dialog = await openDialog(page, `Remove ${pack}?`);
  assert.match(await dialog.innerText(), /no longer sees .* Minutes already bought or applied stay\./);
  await button(dialog, 'Remove Assignment').click();
  await told(page, 'Assignment removed.');
}

/** The same with JavaScript on and off. */
for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`an agency and its client ${mode}`, () => {
    const options = { product: useProduct(), js };

    inBrowser(`the story of add-on packs, ${mode}`, options, async ({ page, product }) => {
      await openClient(page, product, 'ws_quiet', 'Addon Packs');
      await says(page, 'Addon Pack Requirements', REQUIREMENTS, 'Add-on packs · Off', OFF);
      assert.equal(await page.getByText('Assign Addon Packs').count(), 0);

      await turnOn(page, product);
      await resubscribe(page);
      await openTab(page, 'Addon Packs');
      await says(page, 'Add-on packs · On', 'Assign Addon Packs', 'Add-on minutes (wallet) 0 min', 'Excess minutes (billable) 0 min');
      await assign(page, 'Small - $6.00 (50 minutes)', 'Medium - $10.00 (100 minutes)');
      await says(page, 'Currently assigned to client', 'Small', 'Medium');
      assert.match(await clientSees(page, product), /Available Add-On Packs.* Small .* Medium /);

      await apply(page, 'Medium', 'Pending');
      await told(page, 'Addon pack credited. Payment request created as pending.');
      await says(page, 'Add-on minutes (wallet) 100 min', 'Pack Medium', 'Pending');
      await page.reload();
      await page.goBack();
      await says(page, 'Add-on minutes (wallet) 100 min');
      await page.goForward();
      assert.match(await clientSees(page, product), /100 min/);

      await openTab(page, 'Payment requests');
      await link(page, 'Mark paid, Medium').click();
      const dialog = await openDialog(page, 'Mark this request as paid?');
      await dialog.getByLabel('External reference (optional)').fill('bank 4711');
      await button(dialog, 'Mark paid').click();
      await told(page, 'Payment request marked as paid.');
      await says(page, 'bank 4711');

      await openTab(page, 'Addon Packs');
      await apply(page, 'Medium', 'Paid');
      await told(page, 'Addon pack credited. Payment request created and marked as paid.');
      await says(page, 'Add-on minutes (wallet) 200 min');
      await link(page, 'Edit').click();
      assert.ok(await page.getByRole('checkbox', { name: 'Medium' }).isChecked(), 'what is assigned is chosen');
      await page.getByRole('checkbox', { name: 'Small' }).uncheck();
      await button(page, 'Assign Addon Packs').click();
      await told(page, 'Addon packs assigned.');
      await remove(page, 'Medium');
      assert.match(await clientSees(page, product), /Available Add-On Packs No packs yet/);
      await openTab(page, 'Activity');
      await says(page, 'Addon pack applied', 'Assignment removed Medium', 'Elena Sørensen');
    });

    inBrowser(`grants and refusals keep what was typed, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/422/);
      await openClient(page, product, 'ws_harbor', 'Subscription');
      await page.getByLabel('How much').fill('a lot');
      await page.getByLabel('Reason').fill('A call dropped');
      await button(page, 'Grant').click();
      await page.getByText('Enter 1 to 1,000,000 whole minutes or calls.').waitFor();
      assert.equal(await page.getByLabel('Reason').inputValue(), 'A call dropped');
      await page.getByLabel('How much').fill('5');
      await button(page, 'Grant').click();
      await told(page, 'Granted. The client has it already.');
      await says(page, 'Add-on minutes (wallet) 5 min');
    });

    inBrowser(`the client's own pages are read, ${mode}`, options, async ({ page, product }) => {
      await openClient(page, product, 'ws_pipeline', 'Addon Packs');
      await says(page, 'Add-on calls (wallet)', 'Plan calls used', '100 calls');
      await page.getByRole('navigation', { name: 'Client' }).getByRole('link', { name: 'Overview' }).click();
      await button(page, 'Open their Billing page').click();
      await atPath(page, '/billing');
      await page.getByRole('link', { name: "Back to your clients' desk" }).click();
      await atPath(page, '/agency/clients/ws_pipeline');
    });
  });
}

describe('long names on a small screen', () => {
  const product = useProduct();

  for (const look of ['light', 'phone']) {
    inBrowser(`nothing is wider than the window, ${look}`, { product, look }, async ({ page, product }) => {
      const db = await product.database();
      const long = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft & Sons of Springfield';
      await db`update workspaces set name = ${long} where public_id = 'ws_harbor'`;
      await db`update packs set name = ${long.slice(0, 80)} where public_id = 'pack_large'`;
      await db.end();
      await openClient(page, product, 'ws_harbor', 'Addon Packs');
      for (const tab of ['Addon Packs', 'Subscription', 'Payment requests', 'Activity']) {
        await openTab(page, tab);
        await checkPage(page);
      }
      await page.goto(`${product.url}/agency/clients/ws_harbor?tab=billing&sub=addon-packs&apply=pack_large`);
      await openDialog(page, 'Apply addon pack to client?');
      await checkPage(page);
      for (const address of ['ws_harbor', 'ws_harbor?tab=billing&sub=addon-packs&edit']) {
        await page.goto(`${product.url}/agency/clients/${address}`);
        await checkPage(page);
      }
    });
  }
});
