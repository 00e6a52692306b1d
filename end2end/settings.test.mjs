// Password, sessions, API keys and the switch between workspaces, as their owner; and a password that was forgotten.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { LOOKS, checkAccessibility, checkPage, inBrowser, picture } from './browser.mjs';
import { useProduct } from './product.mjs';
import { PASSWORD, atPath, mainText, openBilling, openDialog, openLetter, signIn } from './steps.mjs';

const HARBOR = 'owner@harbor.test';
const QUIET = 'owner@quiet.test';
const OTHER = 'velvet-otter-quarry';

const button = (page, name) => page.getByRole('button', { name, exact: true });

async function openTab(page, product, name, email = HARBOR) {
  await openBilling(page, product, email);
  await page.goto(`${product.url}/settings`);
  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name }).click();
}

async function changePassword(page, from, to) {
  await page.getByLabel('Current password').fill(from);
  await page.getByLabel('New password', { exact: true }).fill(to);
  await page.getByLabel('New password again').fill(to);
  await button(page, 'Change password').click();
}

/** Creates a key and answers its text, which stands on the page this once. */
async function createKey(page, name) {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await button(page, 'Create key').click();
  await page.getByText('Key created').waitFor();
  return page.locator('code.secret').innerText();
}

const wallet = (product, key) => fetch(`${product.url}/v1/wallet`, { headers: { authorization: `Bearer ${key}` } });

/** Makes somebody a member of a further workspace. */
async function join(product, email, workspace) {
  const db = await product.database();
  await db`insert into members select w.id, u.id, 'viewer', now() from workspaces w, users u
           where w.public_id = ${workspace} and u.email = ${email} on conflict do nothing`;
  await db.end();
}

/** Asks for a link and opens it from the demo's mail. */
async function openLink(page, product, email) {
  await page.goto(`${product.url}/sign-in`);
  await page.getByRole('link', { name: 'Forgot it?' }).click();
  await page.getByLabel('Email').fill(email);
  await button(page, 'Send link').click();
  await page.getByText('Look into your mail').waitFor();
  const letter = await openLetter(page, email);
  await letter.getByRole('link', { name: /\/reset\/reset_/ }).click();
  await atPath(page, '/reset');
}

async function setPassword(page, password) {
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByLabel('New password again').fill(password);
  await button(page, 'Set password').click();
}

/** The same with JavaScript on and off. */
for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`settings ${mode}`, () => {
    const options = { product: useProduct(), js };

    inBrowser(`a forgotten password is set anew, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/422/);
      await openLink(page, product, HARBOR);
      await setPassword(page, 'password123');
      await page.getByText('This is easy to guess.').waitFor();
      await setPassword(page, OTHER);
      await page.getByText('Password set').waitFor();
      await signIn(page, product, HARBOR);
      await page.getByText('Email or password is wrong.').waitFor();
      await signIn(page, product, HARBOR, OTHER);
      await atPath(page, '/billing');
      await page.goto(`${product.url}/settings?tab=profile`);
      await changePassword(page, OTHER, PASSWORD);
      await page.getByText('Password changed').waitFor();
    });

    inBrowser(`a used link sets nothing, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/410/);
      await openLink(page, product, QUIET);
      await setPassword(page, OTHER);
      await page.goto(`${product.url}/demo/mail`);
      // A newer letter says that the password was changed.
      await page.getByRole('link', { name: /\/reset\/reset_/ }).first().click();
      await page.getByRole('heading', { name: 'This link has ended' }).waitFor();
    });

    inBrowser(`a wrong password stands beside its field, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/422/);
      await openTab(page, product, 'Profile');
      await changePassword(page, 'wrong', OTHER);
      await page.getByText('Current password is wrong.').waitFor();
      assert.equal(await page.getByLabel('New password', { exact: true }).inputValue(), '');
    });

    inBrowser(`signing out everywhere, ${mode}`, options, async ({ page, product }) => {
      await openTab(page, product, 'Profile');
      assert.match(await mainText(page), /Chrome on .* This browser/);
      await button(page, 'Sign out everywhere').click();
      await page.getByText('Every session has ended').waitFor();
      await page.goto(`${product.url}/billing`);
      await atPath(page, '/sign-in');
    });

    inBrowser(`a key is made, used and revoked, ${mode}`, options, async ({ page, product }) => {
      await openTab(page, product, 'API and events');
      const key = await createKey(page, 'Night shift');
      assert.equal((await wallet(product, key)).status, 200);
      await page.reload();
      assert.equal(await page.locator('code.secret').count(), 0, 'it is shown once');
      await page.getByRole('link', { name: 'Revoke Night shift' }).click();
      const dialog = await openDialog(page, 'Revoke Night shift?');
      assert.match(await dialog.innerText(), /placing and completing calls/);
      await dialog.getByRole('button', { name: 'Revoke key' }).click();
      await page.getByText(/Revoked [A-Z]/).waitFor();
      assert.equal((await wallet(product, key)).status, 401);
    });

    inBrowser(`the workspace is switched, ${mode}`, options, async ({ page, product }) => {
      await join(product, HARBOR, 'ws_quiet');
      await openBilling(page, product);
      const banner = page.getByRole('banner');
      await banner.getByText('Harbor Dental').first().click();
      await banner.getByRole('button', { name: /Quiet Clinic/ }).click();
      await banner.locator('summary', { hasText: 'Quiet Clinic' }).waitFor();
      await page.goto(`${product.url}/settings?tab=api`);
      assert.match(await mainText(page), /You are a viewer of Quiet Clinic/);
    });
  });
}

describe('pictures of the settings', () => {
  const product = useProduct();

  for (const look of Object.keys(LOOKS)) {
    inBrowser(`settings, ${look}`, { product, look }, async ({ page, product, trouble }) => {
      const show = async (name) => {
        await picture(page, `${name}-${look}`);
      };
      await page.goto(`${product.url}/forgot`);
      await show('forgot');
      await openTab(page, product, 'Profile');
      await show('settings-profile');
      trouble.expect(/422/);
      await changePassword(page, 'wrong', OTHER);
      await page.getByText('Current password is wrong.').waitFor();
      await page.waitForLoadState();
      await checkAccessibility(page);
      await page.goto(`${product.url}/settings?tab=api`);
      await createKey(page, `Call engine ${look}`);
      await show('settings-api');
      await page.getByRole('link', { name: `Revoke Call engine ${look}` }).click();
      await openDialog(page, `Revoke Call engine ${look}?`);
      await checkPage(page);
    });

    inBrowser(`members and alerts, ${look}`, { product, look }, async ({ page, product }) => {
      await openTab(page, product, 'Members');
      await page.getByLabel('Email').fill(`somebody.with.a.long.name.${look}@harbor.test`);
      await page.getByRole('button', { name: 'Send invitation' }).click();
      await page.getByText(`somebody.with.a.long.name.${look}@harbor.test`).waitFor();
      await picture(page, `settings-members-${look}`);
      await page.getByRole('link', { name: /^Remove/ }).first().click();
      await openDialog(page, 'Leave this workspace?');
      await checkPage(page);
      await page.goto(`${product.url}/settings?tab=alerts`);
      await picture(page, `settings-alerts-${look}`);
    });

    inBrowser(`dates of members and endpoints, ${look}`, { product, look }, async ({ page, product }) => {
      const date = (row) => page.getByRole('row', { name: row }).locator('.since').innerText();
      // Without a head above it, a date says itself what it dates.
      const [since, added] = look === 'phone' ? ['Since ', 'Added '] : ['', ''];
      await openTab(page, product, 'Members');
      assert.match(await date(/Dana Whitfield/), new RegExp(`^${since}[A-Z][a-z]{2} \\d`));
      await page.goto(`${product.url}/settings?tab=api`);
      await page.getByLabel('Address').fill(`https://hooks.harbor.test/${look}`);
      await button(page, 'Add endpoint').click();
      await page.getByText('Copy it now').waitFor();
      assert.match(await date(new RegExp(`hooks.harbor.test/${look}`)), new RegExp(`^${added}[A-Z][a-z]{2} \\d`));
      await checkPage(page);
    });

    inBrowser(`no keys yet, ${look}`, { product, look }, async ({ page, product }) => {
      const db = await product.database();
      await db`delete from api_keys where workspace_id = (select id from workspaces where public_id = 'ws_quiet')`;
      await db.end();
      await openTab(page, product, 'API and events', QUIET);
      await picture(page, `settings-api-empty-${look}`);
    });

    inBrowser(`mail and switcher, ${look}`, { product, look }, async ({ page, product }) => {
      await openLink(page, product, QUIET);
      await checkPage(page);
      await page.goto(`${product.url}/demo/mail`);
      await checkPage(page);
      await join(product, QUIET, 'ws_harbor');
      await openBilling(page, product, QUIET);
      await page.getByRole('banner').locator('summary').click();
      await checkPage(page);
    });
  }
});
