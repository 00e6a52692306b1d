// The harness itself, against a small stand-in of the program: what must fail a test does.

import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { Trouble, checkAccessibility, checkPage, checkWidth, inBrowser } from './browser.mjs';
import { Product, useProduct } from './product.mjs';

const STAND_IN = `
  const [host, port] = process.env.MINUTEBANK_ADDR.split(':');
  const pages = {
    '/readyz': [200, {}, ''],
    '/favicon.ico': [204, {}, ''],
    '/clean': [200, {}, '<title>t</title><h1>Clean</h1><p id=js></p><script>js.textContent = "on"</script>'],
    '/script': [200, {}, '<script>throw new Error("broken")</script>'],
    '/policy': [200, { 'content-security-policy': "script-src 'none'" }, '<script>1</script>'],
    '/missing-image': [200, {}, '<img src=/gone alt="">'],
    '/wide': [200, {}, '<title>t</title><div style="width:3000px">wide</div><img src="data:,">'],
    '/environment': [200, {}, JSON.stringify(process.env)],
  };
  console.log('stand-in at ' + port);
  require('node:http').createServer((request, response) => {
    const [status, headers, body] = pages[request.url] ?? [404, {}, ''];
    response.writeHead(status, { 'content-type': 'text/html', ...headers }).end('<!doctype html><html lang=en>' + body);
  }).listen(port, host);
`;
const command = [process.execPath, '-e', STAND_IN];

describe('the harness', () => {
  const product = useProduct({ command });

  inBrowser('a clean page is no trouble', { product }, async ({ page, product }) => {
    await page.goto(`${product.url}/clean`);
    assert.equal(await page.locator('#js').innerText(), 'on');
    await checkPage(page);
  });

  inBrowser('JavaScript can be off', { product, js: false }, async ({ page, product }) => {
    await page.goto(`${product.url}/clean`);
    assert.equal(await page.locator('#js').innerText(), '');
  });

  for (const [path, reason] of [
    ['/script', /broken/],
    ['/policy', /Content Security Policy/],
    ['/missing-image', /404/],
    ['/nowhere', /404/],
  ]) {
    inBrowser(`${path} is trouble`, { product }, async ({ page, product, trouble }) => {
      const unexpected = new Trouble(page);
      trouble.expect(/./);
      await page.goto(`${product.url}${path}`);
      assert.throws(() => unexpected.check(), reason);
      trouble.check();
    });
  }

  inBrowser('what is too wide or not accessible is found', { product, look: 'phone' }, async ({ page, product }) => {
    await page.goto(`${product.url}/wide`);
    await assert.rejects(checkWidth(page), /3\d{3} px wide/);
    await assert.rejects(checkAccessibility(page), /image-alt/);
  });

  test('the program gets its own addresses and folder, and nothing of a real installation', async () => {
    process.env.STRIPE_SECRET_KEY = 'not for tests';
    const other = await Product.prepare({ host: '127.0.0.1', command });
    try {
      await other.start();
      const environment = JSON.parse((await (await fetch(`${other.url}/environment`)).text()).replace(/^.*?(?=\{)/, ''));
      assert.equal(environment.STRIPE_SECRET_KEY, undefined);
      assert.equal(environment.MINUTEBANK_PUBLIC_URL, other.url);
      assert.equal((await stat(other.folder)).mode & 0o777, 0o755);
      assert.match(other.log(), /stand-in at/);
      await other.kill();
      await assert.rejects(fetch(other.url));
      await other.start();
      assert.ok((await fetch(`${other.url}/clean`)).ok);
    } finally {
      delete process.env.STRIPE_SECRET_KEY;
      await other.remove();
    }
    await assert.rejects(stat(other.folder));
    await assert.rejects(fetch(other.url));
  });

  test('a program that ends is reported with what it wrote', async () => {
    const broken = await Product.prepare({ command: [process.execPath, '-e', 'console.error("no good"); process.exit(3)'] });
    await assert.rejects(broken.start(), /ended during its start\nno good/);
    await broken.remove();
  });

  for (const secret of ["thread 'main' panicked at src/main.rs", 'mb_test_harbor', 'owner@harbor.test', '+13125550176']) {
    test(`a log that holds ${secret} fails the tests of its product`, async () => {
      const loud = await Product.prepare({ command: [process.execPath, '-e', `console.error(${JSON.stringify(secret)});${STAND_IN}`] });
      await loud.start();
      await assert.rejects(loud.remove(), /the log holds what it must not/);
    });
  }

  test('what a welcome says on standard output is no log', async () => {
    const welcome = `console.log('sign in as owner@harbor.test');${STAND_IN}`;
    const product = await Product.prepare({ command: [process.execPath, '-e', welcome] });
    await product.start();
    await product.remove();
  });
});
