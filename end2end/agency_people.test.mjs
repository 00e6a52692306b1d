// An agency from its first link to its first client, on the command line and in the browser.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { checkAccessibility, checkWidth, inBrowser } from './browser.mjs';
import { useProduct } from './product.mjs';
import { PASSWORD, atPath, letterTo, mainText, openDialog, openLetter, signIn } from './steps.mjs';

const ELENA = 'admin@brightline.test';
const SECRET = 'velvet-otter-quarry';

const button = (page, name) => page.getByRole('button', { name, exact: true });

/** Opens a link, and gives the new account a name and a password. */
async function comeIn(page, link, name, place) {
  await page.goto(link);
  await atPath(page, '/invite');
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('New password', { exact: true }).fill(SECRET);
  await page.getByLabel('New password again').fill(SECRET);
  await button(page, `Join ${place}`).click();
}

/** Opens the invitation that this address has in the demo's mail, and comes in through it. */
async function comeInByMail(page, product, email, name, place) {
  await page.goto(`${product.url}/demo/mail`);
  const letter = await letterTo(page, email);
  const link = letter.getByRole('link', { name: /\/invite\/inv_/ });
  await comeIn(page, await link.getAttribute('href'), name, place);
}

async function openTab(page, product, name) {
  await signIn(page, product, ELENA);
  await atPath(page, '/agency/clients');
  await page.goto(`${product.url}/agency/settings`);
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name }).click();
}

/** The same with JavaScript on and off. */
for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`an agency ${mode}`, () => {
    const options = { product: useProduct(), js };

    inBrowser(`it is founded, takes on a client, and the owner comes in, ${mode}`, options, async ({ page, product }) => {
      const founded = await product.execute('create-agency', '--name', 'New Voice', '--email', 'nora@voice.test');
      const link = founded.stdout.match(/http\S+\/invite\/\S+/)[0];
      await comeIn(page, link, 'Nora Lind', 'New Voice');
      await atPath(page, '/agency/clients');
      assert.match(await mainText(page), /0 workspaces, times in UTC .* No clients yet/);
      await page.getByRole('link', { name: 'Add client' }).first().click();
      await page.getByLabel('Name', { exact: true }).fill('Lakeside Vets');
      await page.getByLabel('Time zone').selectOption('America/Chicago');
      await page.getByLabel('Email of the owner').fill('owner@lakeside.test');
      await checkWidth(page);
      // Without JavaScript the audit would wait for a promise for ever.
      if (js) await checkAccessibility(page);
      await button(page, 'Create client').click();
      await page.waitForURL(/\/agency\/clients\/ws_\w+\?notice=client_created$/);
      await page.context().clearCookies();
      await comeInByMail(page, product, 'owner@lakeside.test', 'Tom Hanley', 'Lakeside Vets');
      await atPath(page, '/billing');
      await page.getByRole('banner').getByText('Lakeside Vets').first().waitFor();
    });

    inBrowser(`a client begins on a plan, and its owner sees it, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/422/);
      await signIn(page, product, ELENA);
      await atPath(page, '/agency/clients');
      await page.getByRole('link', { name: 'Add client' }).click();
      await page.getByLabel('Name', { exact: true }).fill('Cedar Law');
      await page.getByLabel('Plan').selectOption({ label: 'Starter, $29.00 a month, 100 min' });
      await page.getByLabel('Email of the owner').fill('owner@cedar');
      await button(page, 'Create client').click();
      await page.getByText('Enter an email address.').waitFor();
      assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Cedar Law');
      await page.getByLabel('Email of the owner').fill('owner@cedar.test');
      await button(page, 'Create client').click();
      await page.waitForURL(/notice=client_created$/);
      await page.goto(`${product.url}/agency/clients?search=cedar`);
      assert.match(await mainText(page), /1 workspace found.*Cedar Law Starter Calls on 100 min 0%/);
      await page.context().clearCookies();
      await comeInByMail(page, product, 'owner@cedar.test', 'Ada Reyes', 'Cedar Law');
      await atPath(page, '/billing');
      await page.getByText('100 min left').first().waitFor();
      await page.getByRole('banner').getByText('Cedar Law').first().waitFor();
    });

    inBrowser(`clients are found by name and state, ${mode}`, options, async ({ page, product }) => {
      await signIn(page, product, ELENA);
      await atPath(page, '/agency/clients');
      const search = page.getByRole('searchbox', { name: 'Search clients' });
      await search.fill('quiet');
      await search.press('Enter');
      await page.getByText('1 workspace found').waitFor();
      await page.getByRole('row', { name: /Quiet Clinic Clinic, add-ons off/ }).waitFor();
      await page.getByRole('navigation', { name: 'State' }).getByRole('link', { name: /Paused/ }).click();
      await page.getByRole('link', { name: 'Show all clients' }).click();
      await page.getByRole('link', { name: 'Harbor Dental' }).click();
      await page.waitForURL(/\/agency\/clients\/ws_harbor$/);
    });

    inBrowser(`a key of the agency is made, used and revoked, ${mode}`, options, async ({ page, product }) => {
      await openTab(page, product, 'API keys');
      await page.getByLabel('Name', { exact: true }).fill('Night shift');
      await button(page, 'Create key').click();
      await page.getByText('Key created').waitFor();
      const key = await page.locator('code.secret').innerText();
      const wallet = () => {
        const headers = { authorization: `Bearer ${key}`, 'minutebank-workspace': 'ws_harbor' };
        return fetch(`${product.url}/v1/wallet`, { headers });
      };
      assert.equal((await wallet()).status, 200);
      await page.getByRole('link', { name: 'Revoke Night shift' }).click();
      const dialog = await openDialog(page, 'Revoke Night shift?');
      await dialog.getByRole('button', { name: 'Revoke key' }).click();
      await page.getByText('Key revoked.').waitFor();
      assert.equal((await wallet()).status, 401);
    });

    inBrowser(`an administrator is invited and comes in, ${mode}`, options, async ({ page, product }) => {
      await openTab(page, product, 'People');
      await page.getByLabel('Email').fill('kim@brightline.test');
      await button(page, 'Send invitation').click();
      await page.getByText('The invitation is on its way.').waitFor();
      await page.getByText('Administrator of Brightline Voice').waitFor();
      await page.getByRole('button', { name: 'Send again: the invitation of kim@brightline.test' }).click();
      await page.getByRole('link', { name: "Open the demo's mail" }).waitFor();
      await page.context().clearCookies();
      await comeInByMail(page, product, 'kim@brightline.test', 'Kim Osei', 'Brightline Voice');
      await atPath(page, '/agency/clients');
      await page.getByRole('link', { name: 'Harbor Dental' }).waitFor();
    });
  });
}

describe('an account of one place is invited to another', () => {
  const product = useProduct();

  inBrowser('it accepts by its password', { product }, async ({ page, product, trouble }) => {
    trouble.expect(/422/);
    await openTab(page, product, 'People');
    await page.getByLabel('Email').fill('owner@harbor.test');
    await button(page, 'Send invitation').click();
    const letter = await openLetter(page, 'owner@harbor.test');
    await letter.getByRole('link', { name: /\/invite\/inv_/ }).click();
    await page.getByLabel('Your password').fill('wrong');
    await button(page, 'Join Brightline Voice').click();
    await page.getByText('Password is wrong.').waitFor();
    await checkAccessibility(page);
    await page.getByLabel('Your password').fill(PASSWORD);
    await button(page, 'Join Brightline Voice').click();
    await atPath(page, '/agency/clients');
    await page.getByRole('banner').getByText('Harbor Dental').first().waitFor({ state: 'attached' });
  });
});
