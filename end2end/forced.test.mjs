// Forced colours, as people with low vision choose them: what grounds and shades say is said in system colours.

import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { checkWidth, inBrowser } from './browser.mjs';
import { useProduct } from './product.mjs';
import { atPath, openBilling, openBuyMinutes, payIn, signIn } from './steps.mjs';

/** Some of an element's computed style, and what the system colours are beside it. */
async function look(place, ...properties) {
  await place.waitFor();
  return place.evaluate((element, properties) => {
    const probe = document.body.appendChild(document.createElement('i'));
    const system = (color) => {
      probe.style.setProperty('color', color);
      return getComputedStyle(probe).color;
    };
    const [canvas, text, highlight] = ['Canvas', 'CanvasText', 'Highlight'].map(system);
    probe.remove();
    const style = getComputedStyle(element);
    return { canvas, text, highlight, found: properties.map((name) => style.getPropertyValue(name)) };
  }, properties);
}

async function isHighlighted(place) {
  const { highlight, found } = await look(place, 'background-color');
  assert.deepEqual(found, [highlight]);
}

async function hasBorder(place, least = 1) {
  const { canvas, found } = await look(place, 'border-top-width', 'border-top-style', 'border-top-color');
  const [width, style, color] = found;
  assert.ok(parseFloat(width) >= least && style === 'solid' && color !== canvas, found.join(' '));
}

async function isDrawn(place) {
  const { text, found } = await look(place, 'fill');
  assert.deepEqual(found, [text]);
}

describe('forced colours', () => {
  const product = useProduct();

  for (const colorScheme of ['light', 'dark']) {
    const forced = (page) => page.emulateMedia({ forcedColors: 'active', colorScheme });

    inBrowser(`Billing and the dialog can be told apart, ${colorScheme}`, { product }, async ({ page, product }) => {
      await forced(page);
      await openBilling(page, product);
      await isHighlighted(page.getByRole('navigation').getByRole('link', { name: 'Billing' }).first());
      await isHighlighted(page.getByRole('link', { name: 'Last 30 days' }));
      await isDrawn(page.locator('.chart [data-series=plan]').first());
      await isDrawn(page.locator('.bar rect').first());
      for (const place of ['.bar', '.pill', '.card', '.button.primary', '.button:not(.primary)']) {
        await hasBorder(page.locator(place).first());
      }
      const packages = page.getByRole('link', { name: 'Packages' }).first();
      await packages.focus();
      const ring = await look(packages, 'outline-style', 'outline-color');
      assert.ok(ring.found[0] === 'solid' && ring.found[1] !== ring.canvas, ring.found.join(' '));
      await checkWidth(page);

      const dialog = await openBuyMinutes(page, product);
      await hasBorder(dialog, 2);
      const chosen = await look(dialog.locator('.choice:has(:checked)'), 'border-top-color');
      assert.deepEqual(chosen.found, [chosen.highlight]);
      await hasBorder(payIn(dialog));
    });

    inBrowser(`an agency's clients can be told apart, ${colorScheme}`, { product }, async ({ page, product }) => {
      await forced(page);
      await signIn(page, product, 'admin@brightline.test');
      await atPath(page, '/agency/clients');
      await isHighlighted(page.getByRole('link', { name: 'Clients', exact: true }));
      await isHighlighted(page.locator('.states [aria-current]'));
      await isDrawn(page.locator('.bar rect').first());
      await hasBorder(page.locator('.pill').first());
      await checkWidth(page);
    });
  }
});
