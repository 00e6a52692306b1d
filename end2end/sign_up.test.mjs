// A newcomer signs up by themselves: from the agency's choice over the mailed link to the free credits.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { LOOKS, checkAccessibility, checkWidth, inBrowser, screenshot } from './browser.mjs';
import { useProduct } from './product.mjs';
import { atPath, mainText, openLetter, signIn } from './steps.mjs';

const ELENA = 'admin@brightline.test';
const SECRET = 'velvet-otter-quarry';
const PUBLIC = '/sign-up/ag_brightline';

const button = (page, name) => page.getByRole('button', { name, exact: true });

/** Sends the public form. */
async function signUp(page, product, email, business = 'Northgate Dental') {
  await page.goto(`${product.url}${PUBLIC}`);
  await page.getByLabel('Name of your business').fill(business);
  await page.getByLabel('Your name').fill('Ana Reyes');
  await page.getByLabel('Email').fill(email);
  await button(page, 'Sign up').click();
}

/** Opens the link that was mailed to this address; answers it. */
async function openLink(page, email) {
  await page.getByText('Check your mail').waitFor();
  const letter = await openLetter(page, email);
  const link = letter.getByRole('link', { name: /\/sign-up\/ag_brightline\/sgn_/ });
  const address = await link.getAttribute('href');
  await link.click();
  await atPath(page, `${PUBLIC}/password`);
  return address;
}

async function choosePassword(page, again = SECRET) {
  await page.getByLabel('New password', { exact: true }).fill(SECRET);
  await page.getByLabel('New password again').fill(again);
  await button(page, 'Create account').click();
}

/** The same with JavaScript on and off. */
for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`signing up ${mode}`, () => {
    const options = { product: useProduct(), js };

    inBrowser(`a newcomer has the free credits, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/4(10|22)/);
      await page.goto(`${product.url}${PUBLIC}`);
      assert.match(await mainText(page), /With Brightline Voice Plan Flat .*No monthly fee .*\$0\.05 per min .*\$5\.00/);
      await signUp(page, product, 'ana@northgate');
      await page.getByText('Enter an email address.').waitFor();
      assert.equal(await page.getByLabel('Name of your business').inputValue(), 'Northgate Dental');
      await page.getByLabel('Email').fill('ana@northgate.test');
      await button(page, 'Sign up').click();
      const link = await openLink(page, 'ana@northgate.test');
      await choosePassword(page, 'another-otter-quarry');
      await page.getByText('The two are not the same.').waitFor();
      await choosePassword(page);
      await atPath(page, '/billing');
      await page.getByText('You are on Flat and begin with $5.00 in credits.').waitFor();
      await page.getByRole('banner').getByText('Northgate Dental').first().waitFor();
      assert.match(await mainText(page), /\$5\.00 available/);
      // The link is used up, and leads on.
      await page.goto(link);
      await page.getByRole('heading', { name: 'This link has ended' }).waitFor();
      await page.getByRole('link', { name: 'Sign up once more' }).waitFor();
    });

    inBrowser(`an address with an account is told so by mail alone, ${mode}`, options, async ({ page, product }) => {
      await signUp(page, product, 'owner@harbor.test', 'Harbor Dental Two');
      const letter = await openLetter(page, 'owner@harbor.test');
      await letter.getByText('It has an account already, so nothing was made.').waitFor();
      await signIn(page, product, ELENA);
      await atPath(page, '/agency/clients');
      await page.goto(`${product.url}/agency/clients?search=Harbor`);
      assert.doesNotMatch(await mainText(page), /Harbor Dental Two/);
    });

    inBrowser(`the agency turns it off and on, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/404/);
      await signIn(page, product, ELENA);
      await atPath(page, '/agency/clients');
      await page.goto(`${product.url}/agency/settings`);
      await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Sign-up' }).click();
      await page.getByText(`${product.url}${PUBLIC}`).waitFor();
      await page.getByLabel('Sign-up plan').selectOption({ label: 'Off: clients come by invitation' });
      await button(page, 'Save').click();
      await page.getByText('Saved.').waitFor();
      assert.equal(await page.getByText(PUBLIC).count(), 0);
      const gone = await page.goto(`${product.url}${PUBLIC}`);
      assert.equal(gone.status(), 404);
      await page.goto(`${product.url}/agency/settings?tab=sign-up`);
      await page.getByLabel('Sign-up plan').selectOption({ label: 'Starter, $29.00 a month, 100 min' });
      await button(page, 'Save').click();
      await page.getByRole('link', { name: 'Open the sign-up page' }).click();
      assert.match(await mainText(page), /Plan Starter .*\$29\.00 a month .*first payment is due 1 day after you begin/);
    });
  });
}

describe('how signing up looks', () => {
  const product = useProduct();

  for (const look of Object.keys(LOOKS)) {
    inBrowser(`each page, ${look}`, { product, look }, async ({ page, product, trouble }) => {
      trouble.expect(/410/);
      const show = async (name) => {
        await screenshot(page, `${name}-${look}`);
        await checkWidth(page);
        await checkAccessibility(page);
      };
      await page.goto(`${product.url}${PUBLIC}`);
      await show('sign-up');
      const email = `${look}@northgate.test`;
      await signUp(page, product, email);
      await page.getByText('Check your mail').waitFor();
      await checkAccessibility(page);
      const link = await openLink(page, email);
      await show('sign-up-password');
      await choosePassword(page);
      await atPath(page, '/billing');
      await checkWidth(page);
      await checkAccessibility(page);
      await page.goto(link);
      await page.getByRole('heading', { name: 'This link has ended' }).waitFor();
      await checkWidth(page);
      await checkAccessibility(page);
      await page.context().clearCookies();
      await signIn(page, product, ELENA);
      await atPath(page, '/agency/clients');
      await page.goto(`${product.url}/agency/settings?tab=sign-up`);
      await show('agency-sign-up');
    });
  }
});
