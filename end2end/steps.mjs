// What a customer does, in the words that stand on the pages.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

export const PASSWORD = 'minutebank-demo';
const HARBOR = 'owner@harbor.test';
export const CARD = { paid: '4242 4242 4242 4242', declined: '4000 0000 0000 0002', noFunds: '4000 0000 0000 9995' };

export async function signIn(page, product, email = HARBOR, password = PASSWORD) {
  await page.goto(`${product.url}/sign-in`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Signs in and lands on Billing. */
export async function openBilling(page, product, email = HARBOR) {
  await signIn(page, product, email);
  await atPath(page, '/billing');
}

export async function signOut(page) {
  const button = page.getByRole('button', { name: 'Sign out' }).first();
  // It may stand in the menu that opens under one's own address.
  if (!(await button.isVisible())) await page.getByText(HARBOR).first().click();
  await button.click();
  await atPath(page, '/sign-in');
}

export async function atPath(page, path) {
  await page.waitForURL((url) => url.pathname === path);
}

/** The dialog, opened by the first `Buy more minutes` on Billing. */
export async function openBuyMinutes(page, product) {
  if (new URL(page.url()).pathname !== '/billing') await page.goto(`${product.url}/billing`);
  const name = 'Buy more minutes';
  await page.getByRole('link', { name }).or(page.getByRole('button', { name })).first().click();
  return buyMinutesDialog(page);
}

/** The open dialog. */
export async function buyMinutesDialog(page) {
  return openDialog(page, 'Buy Minutes');
}

/** The dialog, opened by the first `Add credits` that can be seen. */
export async function openAddCredits(page) {
  await page.getByRole('link', { name: 'Add credits' }).filter({ visible: true }).first().click();
  return openDialog(page, 'Add credits');
}

/** Follows a page's link to the demo's mail; answers the newest letter to this address. */
export async function openLetter(page, email) {
  await page.getByRole('link', { name: "Open the demo's mail" }).click();
  await atPath(page, '/demo/mail');
  return letterTo(page, email);
}

/** The newest letter to this address, on the page of the demo's mail. */
export async function letterTo(page, email) {
  const letter = page.getByRole('article').filter({ hasText: `To ${email},` });
  // The server may be writing it at this moment.
  await eventually(async () => {
    if ((await letter.count()) === 0) await page.reload();
    assert.notEqual(await letter.count(), 0);
  });
  return letter.first();
}

/** An open dialog by its title. */
export async function openDialog(page, name) {
  const dialog = page.getByRole('dialog', { name });
  await dialog.waitFor();
  await whole(page);
  return dialog;
}

/** The typed amount of the Add credits dialog. */
export const amountIn = (dialog) => dialog.getByRole('textbox', { name: 'Other amount' });

/** The balance pill of the shell: its words on one line. */
export async function pillText(page) {
  await whole(page);
  const pill = page.getByRole('banner').getByRole('link', { name: /calls? fits?|Calls on|Calls paused/ });
  return (await pill.innerText()).replace(/\s+/g, ' ');
}

/** The call engine's request, as a workspace's key allows it. */
export function engine(product, key, path, body) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return fetch(`${product.url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

export const packIn = (dialog, name) => dialog.getByRole('radio', { name: new RegExp(name) });

export const quantityIn = (dialog) => dialog.getByRole('spinbutton', { name: /quantity/i });

export const payIn = (dialog, total = '') => dialog.getByRole('button', { name: `Pay ${total}`.trim() });

/** Clicks the card of a pack, as the whole card is the choice. */
export async function choosePack(dialog, name) {
  await dialog.getByText(name, { exact: true }).first().click();
  assert.ok(await packIn(dialog, name).isChecked(), `${name} is chosen`);
}

/** Confirms the dialog and waits for the hosted Checkout page. */
export async function goToCheckout(page, product, dialog, total) {
  await payIn(dialog, total).click();
  await page.waitForURL((url) => url.origin === product.sandboxUrl);
}

/** Fills the hosted page's card form and pays; what follows depends on the card. */
export async function payWith(page, card) {
  await page.getByLabel('Card number').fill(card);
  await page.getByLabel(/expir/i).fill('12/34');
  await page.getByLabel(/cvc/i).fill('123');
  await page.getByRole('button', { name: /^pay/i }).click();
}

/** A page that is still arriving has only the first part of its words. */
async function whole(page) {
  await page.waitForLoadState();
}

/** The text of the page's main part on one line. */
export async function mainText(page) {
  await whole(page);
  return (await page.locator('main').innerText()).replace(/\s+/g, ' ');
}

/** How many rows for this pack `/billing/packages` lists. */
export async function countPackages(page, product, name) {
  await page.goto(`${product.url}/billing/packages`);
  return page.getByRole('row', { name: new RegExp(name) }).count();
}

/** Repeats a check until it holds; an island answers only once it is awake. */
export async function eventually(check, timeout = 10_000) {
  const deadline = Date.now() + timeout;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

/** Asks the sandbox's controls for something. */
export async function control(product, path, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${product.sandboxUrl}/_sandbox/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(answer.status, 200, path);
  return answer.json();
}

/** Cents that Stripe has charged and sent back. */
export async function money(product) {
  const { total } = await (await fetch(`${product.sandboxUrl}/_sandbox/ledger`)).json();
  return [total.charged, total.refunded];
}

/** `minutebank reconcile` finds nothing. */
export async function assertReconciled(product) {
  const { code, stdout } = await product.execute('reconcile');
  assert.match(stdout, /^checked \d+ postings of \d+ wallets: every balance, hold, chain, order and payment holds\n$/);
  assert.equal(code, 0);
}
