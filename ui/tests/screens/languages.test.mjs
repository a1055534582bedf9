// Every screen in a made-up language that is a third longer, from left to right and from right to left: nothing is wider
// than the window, nothing is left over in English, and what leads on points the other way.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { open, settled, show, sideways } from './support.mjs';

const PLACES = [
  ['empty', ''], ['trouble', ''], ['usual', 'picker'], ['usual', 'client/slack'], ['usual', 'custom'], ['usual', 'consent/google'],
  ['trouble', 'account/acc_work'], ['usual', 'apps'], ['usual', 'activity'], ['trouble', 'health'], ['usual', 'settings'], ['usual', 'doctor'],
  ['locked', ''], ['no-keychain', ''], ['gone', ''], ['ask-app', ''], ['ask-program', ''],
];

let browser;
before(async () => {
  browser = await open();
});
after(() => browser.close());

describe('in a longer language', () => {
  for (const [scene, place] of PLACES) {
    for (const language of ['stretched', 'stretched-rtl']) {
      test(`${scene} ${place} fits, ${language}`, async () => {
        const { page } = browser;
        await show(browser, scene, place, { query: `&language=${language}`, width: 320 });
        assert.deepEqual(await sideways(page), [], 'at 320 px');
        await page.setViewportSize({ width: 1280, height: 860 });
        await settled(page);
        assert.deepEqual(await sideways(page), [], 'at 1280 px');
        const heading = await page.locator('h1').innerText();
        assert.ok(place.startsWith('account/') || /[àéîöüñšýÅÉÎØÛÑŠ]/.test(heading), `the heading “${heading}” is in the catalogue`);
      });
    }
  }
});

test('from right to left the rail stands at the right', async () => {
  await show(browser, 'usual', '', { query: '&language=rtl' });
  const rail = await browser.page.locator('.rail').boundingBox();
  assert.ok(rail && rail.x > 900);
});
