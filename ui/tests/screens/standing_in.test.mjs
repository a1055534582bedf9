// What stands in while a provider is down: named on the account's page, a key given in a dialog, and its question answered
// like any other.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { advance, calls, focused, open, settled, show } from './support.mjs';

let browser;
before(async () => {
  browser = await open();
});
after(() => browser.close());

const bare = (text) => text.replace(/[\u2066-\u2069]/g, '');

async function press(name) {
  await browser.page.getByRole('button', { name, exact: true }).click({ force: true });
  await settled(browser.page);
}

const main = async () => bare(await browser.page.locator('main').innerText());

describe('an account that stands in', () => {
  test('is chosen among the others, and the choice can be taken back', async () => {
    await show(browser, 'usual', 'account/acc_work');
    const choice = browser.page.getByLabel('Stands in', { exact: true });
    const names = (await choice.locator('option').allInnerTexts()).map(bare);
    assert.equal(names[0], 'Nobody');
    assert.ok(names.includes('Home (Google)') && !names.some((name) => name.startsWith('Work')), names.join());
    await choice.selectOption('acc_home');
    await settled(browser.page);
    await press('Undo');
    assert.deepEqual(await calls(browser.page, 'name_fallback'), [
      { account: 'acc_work', other: 'acc_home' },
      { account: 'acc_work', other: null },
    ]);
    assert.equal(await choice.inputValue(), '');
  });

  test('is named where it does, on the page and in the list', async () => {
    await show(browser, 'standing-in', 'account/acc_lab');
    assert.match(await main(), /Home stands in at present\./);
    await show(browser, 'standing-in');
    assert.match(await main(), /Until then another account stands in\./);
    assert.match(await main(), /Until then your emergency key stands in\./);
  });

  test('that is refused leaves the choice as it was', async () => {
    await show(browser, 'usual', 'account/acc_work');
    await browser.page.evaluate(() => window.pretend.fail('name_fallback', 'invalid_request'));
    const choice = browser.page.getByLabel('Stands in', { exact: true });
    await choice.selectOption('acc_home');
    await settled(browser.page);
    assert.equal(await choice.inputValue(), '');
  });
});

describe('an emergency key', () => {
  test('is offered while the provider is down and not before', async () => {
    await show(browser, 'usual', 'account/acc_work');
    assert.equal(await browser.page.getByRole('button', { name: 'Use an emergency key…' }).count(), 0);
    await show(browser, 'standing-in', 'account/acc_work');
    assert.equal(await browser.page.getByRole('button', { name: 'Use an emergency key…' }).count(), 0, 'one is there');
  });

  test('needs a reason and a key, is typed unseen, and is given once', async () => {
    await show(browser, 'trouble', 'account/acc_lab');
    const { page } = browser;
    await press('Use an emergency key…');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('type')), 'text', 'the reason comes first');
    await press('Let it stand in');
    assert.deepEqual(await calls(page, 'start_emergency'), []);
    await page.getByLabel('Why is it needed?').fill('  release 2.1 ');
    const key = page.getByLabel('The key', { exact: true });
    assert.equal(await key.getAttribute('type'), 'password');
    await key.fill('sk-canary');
    await page.getByLabel('For at most').selectOption('10');
    await press('Let it stand in');
    assert.deepEqual(await calls(page, 'start_emergency'), [{ account: 'acc_lab', secret: 'sk-canary', reason: 'release 2.1', minutes: 10 }]);
    assert.equal(await page.locator('dialog').count(), 0);
    assert.ok(!(await page.content()).includes('sk-canary'), 'it does not stay in the page');
    assert.match(await main(), /Your emergency key is ready until/);
    await press('End it now');
    assert.deepEqual(await calls(page, 'end_emergency'), [{ account: 'acc_lab' }]);
    assert.doesNotMatch(await main(), /Your emergency key/);
  });

  test('that was refused keeps the dialog open', async () => {
    await show(browser, 'trouble', 'account/acc_lab');
    const { page } = browser;
    await press('Use an emergency key…');
    await page.evaluate(() => window.pretend.fail('start_emergency', 'storage_error'));
    await page.getByLabel('Why is it needed?').fill('release');
    await page.getByLabel('The key', { exact: true }).fill('k');
    await press('Let it stand in');
    assert.equal(await page.locator('dialog').count(), 1);
  });
});

describe('the question about an emergency key', () => {
  test('says for which account, why, for how long and who asks, and starts at Deny', async () => {
    await show(browser, 'ask-emergency');
    const text = bare(await browser.page.locator('dialog').innerText());
    for (const part of ['stand in for Lab', 'release 2.1 has to go out today', '30 minutes', '/usr/bin/bowline', 'More time']) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
    assert.ok(!text.includes('One hour') && !text.includes('Deny and block'), text);
    assert.equal(await focused(browser.page), 'Deny');
  });

  for (const [button, answer] of [['Allow', 'allow'], ['Deny', 'deny']]) {
    test(`is answered by ${button}, without a length of its own`, async () => {
      await show(browser, 'ask-emergency');
      await advance(browser.page, 500);
      await press(button);
      assert.deepEqual(await calls(browser.page, 'answer'), [{ request: 'req_key', answer }]);
    });
  }

  test('that nobody answers within a minute is a no', async () => {
    await show(browser, 'ask-emergency');
    for (let i = 0; i < 61; i += 1) await advance(browser.page, 1000);
    assert.deepEqual(await calls(browser.page, 'answer'), [{ request: 'req_key', answer: 'deny' }]);
  });
});
