// Every screen in every state: nothing that axe finds in light, dark and forced colours, nothing wider than the window at
// any width or at 200 % text, nothing refused by the content policy, no markup out of names.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import axe from 'axe-core';
import { STATES } from './states.mjs';
import { open, PICTURES, settled, show, sideways } from './support.mjs';

const WIDTHS = [1280, 768, 360, 320];
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const LOOKS = [
  ['light', { colorScheme: 'light', forcedColors: 'none' }],
  ['dark', { colorScheme: 'dark', forcedColors: 'none' }],
  ['forced colours', { colorScheme: 'light', forcedColors: 'active' }],
];
/** Pictures are for people to look at: `npm run pictures`. */
const WITH_PICTURES = process.env.PICTURES === '1';

let browser;
before(async () => {
  mkdirSync(PICTURES, { recursive: true });
  browser = await open();
});
after(() => browser.close());

function violations(page) {
  return page.evaluate(async (wanted) => {
    const found = await window.axe.run({ runOnly: wanted, resultTypes: ['violations'], selectors: false, preload: false, iframes: false });
    return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
  }, TAGS);
}

async function atEveryWidth(page, name) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: width < 500 ? 760 : 860 });
    await settled(page, 1);
    assert.deepEqual(await sideways(page), [], `${name} at ${width} px`);
    if (WITH_PICTURES) await page.screenshot({ path: join(PICTURES, `${name}-${width}.png`) });
  }
}

async function withLargeText(page, name) {
  await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 860 });
    await settled(page, 1);
    assert.deepEqual(await sideways(page), [], `${name} with text at 200 % and ${width} px`);
  }
  await page.evaluate(() => (document.documentElement.style.fontSize = ''));
}

async function inEveryLook(page, name) {
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.evaluate(axe.source);
  for (const [look, media] of LOOKS) {
    await page.emulateMedia(media);
    await settled(page, 1);
    assert.deepEqual(await violations(page), [], `${name} in ${look}`);
  }
  if (WITH_PICTURES) {
    await page.emulateMedia(LOOKS[1][1]);
    await settled(page);
    await page.screenshot({ path: join(PICTURES, `${name}-dark.png`) });
  }
}

describe('a screen fits everywhere and can be used by everybody:', () => {
  for (const { name, scene, place = '', query = '', act } of STATES) {
    test(name, async () => {
      const { page, complaints } = browser;
      complaints.length = 0;
      await show(browser, scene, place, { query });
      await act?.(page);
      await settled(page);
      assert.equal(await page.locator('h1').count(), 1, 'one heading');
      await atEveryWidth(page, name);
      await withLargeText(page, name);
      await inEveryLook(page, name);
      assert.equal(await page.evaluate(() => document.body.dataset.pwned), undefined);
      assert.equal(await page.locator('main img, dialog img, main script').count(), 0);
      assert.deepEqual(complaints, []);
    });
  }
});
