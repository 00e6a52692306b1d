// Transactions and minute receipts, as the owners of Call Central and Harbor Dental see them.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe } from 'node:test';

import { checkAccessibility, checkWidth, inBrowser } from './browser.mjs';
import { useProduct } from './product.mjs';
import { atPath, engine, mainText, openBilling } from './steps.mjs';

const CENTRAL = 'owner@central.test';

const rows = (page) => page.getByRole('table', { name: 'Transactions' }).getByRole('row');

/** Opens the page by the navigation, wherever it stands. */
async function openTransactions(page, product, email = CENTRAL) {
  await openBilling(page, product, email);
  const link = page.getByRole('link', { name: 'Transactions', exact: true });
  if (!(await link.isVisible())) await page.getByRole('button', { name: 'Menu' }).click();
  await link.click();
  await atPath(page, '/billing/transactions');
}

for (const js of [true, false]) {
  const mode = js ? 'with JavaScript' : 'without JavaScript';
  describe(`transactions ${mode}`, () => {
    const product = useProduct();
    const options = { product, js };
    const call = async (key, id, path, body) => {
      const answer = await engine(product(), key, path ? `calls/${id}/${path}` : 'calls', path ? body : { id, ...body });
      assert.ok(answer.ok, `${id} ${path ?? ''}: ${answer.status}`);
    };

    inBrowser(`a call is pending, then charged, then explained, ${mode}`, options, async ({ page, product }) => {
      const key = 'mb_test_central';
      await call(key, 'call_8Kq2vTz4', null, { direction: 'inbound', agent: 'Front desk', from: '+13125550176' });
      await call(key, 'call_8Kq2vTz4', 'heartbeat', { connected_seconds: 125 });
      await openTransactions(page, product);
      const text = await mainText(page);
      for (const words of [/Times in America\/New_York/, /Pending \$0\.62 held/, /In progress, 2 min 05 s so far/]) {
        assert.match(text, words);
      }
      const figures = { outcome: 'answered', duration_seconds: 164, billed_duration_seconds: 150 };
      await call(key, 'call_8Kq2vTz4', 'complete', figures);
      await page.reload();
      assert.doesNotMatch(await mainText(page), /Pending/);
      const row = rows(page).filter({ hasText: 'Call from (312) 555-0176' }).first();
      assert.match((await row.innerText()).replace(/\s+/g, ' '), /2 min 30 s, agent Front desk Call −\$0\.45 \$30\.95$/);

      await row.getByRole('link').click();
      await atPath(page, '/billing/calls/call_8Kq2vTz4');
      const receipt = await mainText(page);
      for (const words of [
        /Minute receipt Call from \(312\) 555-0176, answered by Front desk on /,
        /Connected 2 min 30 s Charged to credits \$0\.45/,
        /Rang, not charged 14 s/,
        /Hold of 3 min 05 s 35 s released/,
        /Credits 0:00 to 2:30 Credits paid at your plan’s rate of \$0\.18 per minute\. 2 min 30 s \$0\.45/,
        /How the \$0\.45 adds up/,
      ]) {
        assert.match(receipt, words);
      }
      await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link').click();
      await atPath(page, '/billing/transactions');
    });

    inBrowser(`a filter keeps what it was given, ${mode}`, options, async ({ page, product }) => {
      await openTransactions(page, product);
      await page.getByLabel('Type').selectOption('Top-ups');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.waitForURL(/type=topup/);
      assert.equal(await page.getByLabel('Type').inputValue(), 'topup');
      assert.match(await mainText(page), /Credits added/);
      assert.doesNotMatch(await mainText(page), /Call from/);

      await page.getByLabel('From').fill('2099-01-02');
      await page.getByLabel('To').fill('2099-01-01');
      await page.getByLabel('Reference').fill('cs 1');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByText('Choose a day that is not before From.').waitFor();
      await page.getByText('Enter letters, digits and signs, without spaces.').waitFor();
      assert.equal(await page.getByLabel('From').inputValue(), '2099-01-02');
      assert.equal(await page.getByLabel('Reference').inputValue(), 'cs 1');
      if (js) await checkAccessibility(page);

      await page.getByLabel('To').fill('2099-01-03');
      await page.getByLabel('Reference').fill('');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByText('No transactions match').waitFor();
      await page.getByRole('link', { name: 'Clear filter' }).click();
      await page.waitForURL((url) => url.search === '');
      assert.match(await mainText(page), /Call from/);
    });

    inBrowser(`older and newer lead through all, ${mode}`, options, async ({ page, product }) => {
      await openTransactions(page, product);
      const first = await rows(page).nth(2).innerText();
      assert.equal(await page.getByRole('link', { name: 'Newer' }).getAttribute('aria-disabled'), 'true');
      await page.getByRole('link', { name: 'Older' }).click();
      await page.waitForURL(/before=/);
      assert.notEqual(await rows(page).nth(2).innerText(), first);
      await page.getByRole('link', { name: 'Newer' }).click();
      await page.waitForURL(/after=/);
      assert.equal(await rows(page).nth(2).innerText(), first);
    });

    inBrowser(`the file holds the filter's transactions, ${mode}`, options, async ({ page, product }) => {
      await openTransactions(page, product);
      await page.goto(`${product.url}/billing/transactions?type=topup`);
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download CSV' }).click(),
      ]);
      assert.match(download.suggestedFilename(), /^transactions-ws_central-\d{4}-\d\d-\d\d\.csv$/);
      const [head, ...lines] = (await readFile(await download.path(), 'utf8')).trim().split('\n');
      assert.match(head, /^id,seq,occurred_at,type,description,/);
      assert.ok(lines.length > 0 && lines.every((line) => line.includes(',topup,Credits added,')), lines.join('\n'));
    });

    inBrowser(`on a phone the filter opens on demand, ${mode}`, { ...options, look: 'phone' }, async ({ page, product }) => {
      await openTransactions(page, product);
      assert.equal(await page.getByLabel('Reference').isVisible(), false);
      await page.getByRole('link', { name: 'Change filter' }).click();
      await page.getByLabel('Reference').fill('call_8Kq2');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.waitForURL(/reference=call_8Kq2/);
      assert.match(await mainText(page), /All types All dates, call_8Kq2… Change filter/);
      await checkWidth(page);
      await page.getByRole('link', { name: 'Call from (312) 555-0176' }).click();
      await atPath(page, '/billing/calls/call_8Kq2vTz4');
      await checkWidth(page);
    });

    inBrowser(`what nothing covered is not charged, ${mode}`, options, async ({ page, product }) => {
      const key = 'mb_test_harbor';
      const agent = 'An agent with a name of many words and Rechtsschutzversicherungsgesellschaften';
      await call(key, 'call_long', null, { direction: 'outbound', agent, to: '+17735550119' });
      const figures = { outcome: 'answered', duration_seconds: 1_200, billed_duration_seconds: 1_180 };
      await call(key, 'call_long', 'complete', figures);
      await openBilling(page, product);
      await page.goto(`${product.url}/billing/calls/call_long`);
      const text = await mainText(page);
      assert.match(text, /Plan 0:00 to 18:00 Plan minutes come first\./);
      assert.match(text, /Not covered 18:00 to 19:40 .* It is not charged\. 1 min 40 s Not charged/);
      await page.setViewportSize({ width: 320, height: 640 });
      await checkWidth(page);
    });

    inBrowser(`a call of somebody else does not exist, ${mode}`, options, async ({ page, product, trouble }) => {
      trouble.expect(/404/);
      await openBilling(page, product);
      for (const id of ['call_8Kq2vTz4', 'call_nobody']) {
        const answer = await page.goto(`${product.url}/billing/calls/${id}`);
        assert.equal(answer.status(), 404);
        assert.match(await mainText(page), /Page not found/);
      }
    });
  });
}
