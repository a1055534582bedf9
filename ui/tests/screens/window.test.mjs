// The window as a whole: moving in lists, thousands of accounts, what is told unasked, and closing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { advance, calls, focused, open, settled, show } from './support.mjs';

let browser;
before(async () => {
  browser = await open();
});
after(() => browser.close());

const bare = (text) => text.replace(/[\u2066-\u2069]/g, '');
const strike = async (key) => {
  await browser.page.keyboard.press(key);
  await settled(browser.page);
};
const tell = async (change) => {
  await browser.page.evaluate((what) => window.pretend.change(what), change);
  await settled(browser.page);
};

describe('two thousand accounts', () => {
  test('are a list of which only what is near is drawn', async () => {
    await show(browser, 'crowd');
    const rows = await browser.page.locator('[data-account]').count();
    assert.ok(rows < 150, `${rows} rows are drawn`);
    assert.equal(await browser.page.locator('[data-account]').first().getAttribute('aria-posinset'), '1');
  });

  test('are walked through with arrows, Home and End', async () => {
    await show(browser, 'crowd');
    const list = browser.page.locator('[role=list]').last();
    const count = Number(await list.locator('[data-account]').first().getAttribute('aria-setsize'));
    await list.locator('[data-row-link]').first().focus();
    await strike('End');
    const position = () => browser.page.evaluate(() => document.activeElement?.closest('[data-account]')?.getAttribute('aria-posinset'));
    assert.equal(await position(), String(count));
    await strike('ArrowUp');
    assert.equal(await position(), String(count - 1));
    await strike('Home');
    assert.equal(await position(), '1');
    await strike('ArrowDown');
    assert.equal(await position(), '2');
  });

  test('are found by typing, and the number is said', async () => {
    await show(browser, 'crowd');
    await strike('/');
    await browser.page.keyboard.type('person777@');
    await settled(browser.page);
    assert.equal(await browser.page.locator('[data-account]').count(), 1);
    assert.equal(await browser.page.getByText('One account fits.').count(), 1);
    await strike('Escape');
    assert.ok((await browser.page.locator('[data-account]').count()) > 1);
  });
});

test('the program learns once that the first content is there', async () => {
  await show(browser, 'usual');
  assert.equal((await calls(browser.page, 'shown')).length, 1);
  await tell({ agent: 'gone' });
  assert.equal((await calls(browser.page, 'shown')).length, 1);
});

describe('what the program tells', () => {
  test('changes the list at once', async () => {
    await show(browser, 'usual');
    await tell({ removed: 'acc_home' });
    assert.equal(await browser.page.locator('[data-account="acc_home"]').count(), 0);
    await tell({ agent: 'gone' });
    assert.equal(await browser.page.locator('h1').innerText(), 'Bowline has stopped');
    await tell({ agent: 'here' });
    assert.equal(await browser.page.locator('h1').innerText(), 'Accounts');
  });

  test('leads to a place, and to a question that was put off', async () => {
    await show(browser, 'ask-app');
    await strike('Escape');
    await tell({ place: { account: 'acc_work' } });
    assert.equal(bare(await browser.page.locator('h1').innerText()), 'Work');
    await tell({ place: { question: 'req_app' } });
    assert.equal(await browser.page.locator('dialog').count(), 1);
  });

  test('is followed by the time that stands beside it', async () => {
    await show(browser, 'usual', 'consent/google');
    await strike('Enter');
    assert.equal(await browser.page.getByText('10:00').count(), 1);
    await advance(browser.page, 61_000);
    assert.equal(await browser.page.getByText('8:59').count(), 1);
  });

  test('that nothing works opens no dialog and keeps a way out', async () => {
    await show(browser, 'errors', 'apps');
    await browser.page.getByRole('button', { name: 'Try again' }).click();
    await settled(browser.page);
    assert.equal((await calls(browser.page, 'apps')).length, 2);
  });
});

describe('a locked vault', () => {
  test('is opened with the passphrase, which is not kept', async () => {
    await show(browser, 'passphrase');
    await browser.page.keyboard.type('wrong');
    await strike('Enter');
    assert.equal(await browser.page.locator('h1').innerText(), 'Bowline is locked');
    assert.equal(await browser.page.getByLabel('Passphrase').inputValue(), '');
    await browser.page.getByLabel('Passphrase').fill('right');
    await strike('Enter');
    assert.equal(await browser.page.locator('h1').innerText(), 'Accounts');
  });
});

describe('closing the window', () => {
  test('is explained once, and closes only after that', async () => {
    await show(browser, 'usual');
    await browser.page.evaluate(() => window.pretend.closing());
    await settled(browser.page);
    assert.equal(await focused(browser.page), 'Close the window');
    assert.deepEqual(await calls(browser.page, 'may_close'), []);
    await strike('Enter');
    assert.equal((await calls(browser.page, 'close_explained')).length, 1);
    assert.equal((await calls(browser.page, 'may_close')).length, 1);
    await strike('Control+q');
    assert.equal((await calls(browser.page, 'may_close')).length, 2);
  });
});

describe('the agent that has stopped', () => {
  for (const place of ['health', 'account/acc_work']) {
    test(`is told on ${place}, which shows what was last known, with a way to start it`, async () => {
      await show(browser, 'gone', place);
      assert.equal(await browser.page.getByText('This is what was last known').count(), 1);
      await browser.page.getByRole('button', { name: 'Start it again' }).click();
      await settled(browser.page);
      assert.equal((await calls(browser.page, 'restart_agent')).length, 1);
      assert.equal(await browser.page.getByText('This is what was last known').count(), 0);
    });
  }
});

describe('the activity', () => {
  test('of an older filter never stands under a newer one', async () => {
    await show(browser, 'usual', 'activity');
    const { page } = browser;
    assert.ok((await page.locator('main').getByText(/was renewed/).count()) > 0);
    await page.evaluate(() => window.pretend.hold('entries'));
    await page.getByLabel('Account', { exact: true }).selectOption('acc_music');
    await settled(page);
    assert.equal(await page.locator('main').getByText(/was renewed/).count(), 0);
    await page.evaluate(() => window.pretend.letGo('entries'));
    await settled(page);
    assert.ok((await page.locator('main').getByText(/could not be renewed/).count()) > 0);
  });
});

describe('the wishes of the person', () => {
  test('are asked of the program and kept by it, and nothing stays in the web view', async () => {
    await show(browser, 'usual', 'settings', { query: '&theme=dark&letters=no' });
    const { page } = browser;
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    assert.equal(await page.getByLabel('Theme').inputValue(), 'dark');
    await page.getByLabel('Theme').selectOption('light');
    await page.getByRole('switch', { name: 'Single letters are keys' }).click();
    await settled(page);
    assert.deepEqual(await calls(page, 'save_prefs'), [{ prefs: { theme: 'light', letters: false } }, { prefs: { theme: 'light', letters: true } }]);
    assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0);
  });

  test('about single letters are kept', async () => {
    await show(browser, 'usual');
    await strike('?');
    await browser.page.getByRole('switch').click();
    await strike('Escape');
    await strike('?');
    assert.equal(await browser.page.locator('dialog').count(), 0);
    await strike('F1');
    assert.equal(await browser.page.locator('dialog').count(), 1);
    await browser.page.getByRole('switch').click();
    await strike('Escape');
  });

  test('about the theme hold against the system', async () => {
    await show(browser, 'usual', 'settings', { theme: 'light' });
    await browser.page.getByLabel('Theme').selectOption('dark');
    assert.equal(await browser.page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await browser.page.getByLabel('Theme').selectOption('system');
    assert.equal(await browser.page.evaluate(() => document.documentElement.dataset.theme), 'light');
  });
});

describe('a screen reader', () => {
  test('finds landmarks, one heading, and a name for everything that can be used', async () => {
    await show(browser, 'trouble');
    const tree = await browser.page.locator('body').ariaSnapshot();
    for (const part of ['banner', 'navigation "Sections"', 'main', 'heading "Accounts" [level=1]', 'searchbox "Search accounts"', 'combobox "Status"', 'button "Reconnect all 3"']) {
      assert.ok(tree.includes(part), `${part} is there`);
    }
    assert.match(bare(tree), /button "Reconnect: Work"/);
  });

  test('hears what changed, once', async () => {
    await show(browser, 'usual', 'account/acc_work');
    await browser.page.getByRole('button', { name: 'Pause' }).click();
    await settled(browser.page);
    assert.match(bare(await browser.page.locator('body > #app > [role=status], [role=status].visually-hidden').innerText()), /Work is paused/);
  });
});
