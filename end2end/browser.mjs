// A test in the real browser: a fresh context each, and any trouble that the browser reports fails it.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

const here = fileURLToPath(new URL('.', import.meta.url));
const BROWSERS = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const TEST_MS = 120_000;
const STEP_MS = 15_000;

/** How a page is looked at: the main screenshots are made in each. */
export const LOOKS = {
  light: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', isMobile: true, hasTouch: true },
};

let browser;
after(() => browser?.close());

async function launched() {
  // One browser for all tests of a file; it makes its own empty profile.
  browser ??= await chromium.launch({
    executablePath: process.env.CHROME_BIN ?? BROWSERS.find((path) => existsSync(path)),
    headless: true,
    args: FLAGS,
  });
  return browser;
}

/**
 * A test with a page of its own. `product` says which product runs; `js: false` switches JavaScript off; `look` is one
 * of LOOKS. The test gets `{page, product, trouble}` and fails on what `trouble` has gathered by its end.
 */
export function inBrowser(name, { product, js = true, look = 'light' }, body) {
  test(name, { timeout: TEST_MS }, async () => {
    const context = await (await launched()).newContext({ ...LOOKS[look], javaScriptEnabled: js, locale: 'en-US' });
    context.setDefaultTimeout(STEP_MS);
    const page = await context.newPage();
    const trouble = new Trouble(page);
    // Chromium reports the scripts that a switched-off JavaScript keeps it from loading as blocked by policy.
    if (!js) trouble.expect(/^request: csp .*\/pkg\/(busy|minutebank)\.js$/);
    // A section that is being read while somebody signs out or changes the workspace is refused.
    trouble.expect(/\b401\b.*\/sections\//);
    try {
      await body({ page, product: product(), trouble });
      trouble.check();
    } catch (error) {
      await saveResults(name, page, product());
      // What the browser said is often the reason of what the test missed.
      if (trouble.found.length > 0) error.message += `\nThe browser reported:\n${trouble.found.join('\n')}`;
      throw error;
    } finally {
      await context.close();
    }
  });
}

/** What must not happen on any page: script errors, refused content (CSP), failed requests, answers from 400 up. */
export class Trouble {
  found = [];
  #expected = [];

  constructor(page) {
    page.on('pageerror', (error) => this.#add(`script error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.#add(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('response', (answer) => {
      if (answer.status() >= 400) this.#add(`answer: ${answer.status()} ${answer.url()}`);
    });
    page.on('requestfailed', (request) => {
      // Leaving a page ends what it still loads.
      const reason = request.failure()?.errorText ?? '';
      if (reason !== 'net::ERR_ABORTED') this.#add(`request: ${reason} ${request.url()}`);
    });
  }

  /** From here on, this is part of the test: `trouble.expect(/402/)`. */
  expect(pattern) {
    this.#expected.push(pattern);
  }

  check() {
    assert.deepEqual(this.found, [], 'the browser reported trouble');
  }

  #add(line) {
    if (!this.#expected.some((pattern) => pattern.test(line))) this.found.push(line);
  }
}

/** A picture for the README, in `end2end/screenshots/`. */
export async function screenshot(page, name, { fullPage = true } = {}) {
  await page.screenshot({ path: join(here, 'screenshots', `${name}.png`), fullPage, animations: 'disabled' });
}

/** WCAG 2.2 AA as far as a program can see it. Evaluated from outside, so the page's content policy is left as it is. */
export async function checkAccessibility(page) {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const results = await globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return results.violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((n) => n.target).join(', ')}`);
  });
  assert.deepEqual(violations, [], `accessibility of ${page.url()}`);
}

/** Nothing is wider than the window. */
export async function checkWidth(page) {
  const [content, window, wide] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const reaching = [...document.querySelectorAll('body *')].filter((it) => it.getBoundingClientRect().right > clientWidth);
    return [scrollWidth, clientWidth, reaching.map((it) => `${it.localName}.${it.getAttribute('class') ?? ''}`)];
  });
  assert.ok(content <= window, `${page.url()} is ${content} px wide in a window of ${window} px: ${wide.slice(0, 9)}`);
}

/** What holds of every page in every look. */
export async function checkPage(page) {
  await checkWidth(page);
  await checkAccessibility(page);
}

/** A picture for the README of a page that is checked, too. */
export async function picture(page, name, options) {
  await screenshot(page, name, options);
  await checkPage(page);
}

/** What was on the screen and what the program wrote when a test failed, in `end2end/results/`. */
async function saveResults(name, page, product) {
  const path = join(here, 'results', name.replace(/\W+/g, '-'));
  await mkdir(join(here, 'results'), { recursive: true });
  await page.screenshot({ path: `${path}.png`, fullPage: true }).catch(() => {});
  await writeFile(`${path}.log`, `${page.url()}\n\n${product?.log() ?? ''}\n`);
}
