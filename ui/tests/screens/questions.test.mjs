// Questions of apps and programs: each is answered for itself, by the button that was meant, in its own time.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { advance, calls, focused, open, settled, show } from './support.mjs';

let browser;
before(async () => {
  browser = await open();
});
after(() => browser.close());

const bare = (text) => text.replace(/[\u2066-\u2069]/g, '');
const MINUTE = 60_000;
const ANSWERS = ['approve_app', 'deny_app', 'answer'];

async function strike(...keys) {
  for (const key of keys) {
    await browser.page.keyboard.press(key);
    await settled(browser.page);
  }
}

async function press(name) {
  await browser.page.getByRole('button', { name, exact: true }).click({ force: true });
  await settled(browser.page);
}

/** The program tells which questions are open now. */
async function tell(change) {
  await browser.page.evaluate(([from, keep]) => {
    const all = window.pretend.questions(from);
    window.pretend.change({ questions: all.filter((one) => keep.includes(one.id)) });
  }, change);
  await settled(browser.page);
}

const dialog = async () => bare(await browser.page.locator('dialog').innerText());
const answers = async () => (await Promise.all(ANSWERS.map((name) => calls(browser.page, name)))).flat();

describe('an app’s question', () => {
  test('has the focus on Deny, and lets no key through for half a second', async () => {
    await show(browser, 'ask-app');
    assert.equal(await focused(browser.page), 'Deny');
    await strike('Enter', 'Space');
    assert.deepEqual(await calls(browser.page, 'deny_app'), []);
    await advance(browser.page, 500);
    await strike('Enter');
    assert.deepEqual(await calls(browser.page, 'deny_app'), [{ request: 'req_app' }]);
  });

  test('is answered with yes by its own button only, for the chosen accounts and time', async () => {
    await show(browser, 'ask-app');
    await advance(browser.page, 500);
    await browser.page.getByRole('checkbox', { name: /Work/ }).focus();
    await strike('Space');
    await browser.page.getByRole('button', { name: 'Allow', exact: true }).focus();
    await strike('Enter');
    assert.deepEqual(await calls(browser.page, 'approve_app'), [{ request: 'req_app', accounts: ['acc_work'], expires_in_s: 3600 }]);
  });

  test('is put off by Esc, and neither allowed nor denied', async () => {
    await show(browser, 'ask-app');
    await advance(browser.page, 500);
    await strike('Escape');
    assert.deepEqual(await answers(), []);
    await press('Answer');
    assert.equal(await focused(browser.page), 'Deny');
  });

  test('is allowed by no key that means something elsewhere', async () => {
    await show(browser, 'ask-app');
    await advance(browser.page, 500);
    for (const key of ['a', 'y', 'Control+Enter', 'Alt+a', 'r', 't', 'F1', 'Control+n']) await strike(key);
    assert.deepEqual(await calls(browser.page, 'approve_app'), []);
    assert.equal(await focused(browser.page), 'Deny');
  });

  test('is a no after a minute', async () => {
    await show(browser, 'ask-app');
    assert.match(await dialog(), /1:00 until this is a no/);
    await advance(browser.page, MINUTE);
    assert.equal(await browser.page.locator('dialog').count(), 0);
    assert.equal((await calls(browser.page, 'deny_app')).length, 1);
  });

  test('stays for its own fifteen minutes where more time is taken, and is gone after them without an answer', async () => {
    await show(browser, 'ask-app');
    await press('More time');
    assert.match(await dialog(), /15:00 until this is a no/);
    await advance(browser.page, 14 * MINUTE + 59_000);
    assert.match(await dialog(), /0:01 until this is a no/);
    await advance(browser.page, 1_000);
    assert.equal(await browser.page.locator('dialog').count(), 0);
    assert.deepEqual(await answers(), []);
    assert.equal(await browser.page.getByText(/Nobody answered/).count() > 0, true);
  });

  test('that the agent has not any more is no trouble', async () => {
    await show(browser, 'ask-app');
    await advance(browser.page, 500);
    await browser.page.evaluate(() => window.pretend.fail('deny_app', 'request_not_found'));
    await strike('Enter');
    assert.equal(await browser.page.locator('dialog').count(), 0);
    assert.equal(await browser.page.getByText(/answered elsewhere, or ran out/).count() > 0, true);
  });

  test('offers no block, which holds for programs only', async () => {
    await show(browser, 'ask-app');
    assert.equal(await browser.page.getByRole('button', { name: 'Deny and block' }).count(), 0);
    await show(browser, 'ask-program');
    assert.equal(await browser.page.getByRole('button', { name: 'Deny and block' }).count(), 1);
  });

  test('shows for each account what its own wish asks for', async () => {
    await show(browser, 'ask-unevenly');
    const both = await dialog();
    assert.match(both, /With Work:\s+.*Send mail as you/s);
    assert.match(both, /With Client mail:\s+.*Read your mail/s);
    await browser.page.getByRole('checkbox', { name: /Work/ }).uncheck();
    await settled(browser.page);
    assert.ok(!(await dialog()).includes('Send mail as you'));
    assert.equal(await browser.page.getByRole('checkbox', { name: /Home/ }).count(), 0);
  });
});

describe('two apps that call themselves the same', () => {
  test('are two questions, and a yes to one is no yes to the other', async () => {
    await show(browser, 'ask-alike');
    await advance(browser.page, 500);
    assert.match(await dialog(), /Question 1 of 2.*amber-harbor/s);
    await browser.page.getByRole('checkbox', { name: /Work/ }).check();
    await press('Allow');
    assert.deepEqual(await answers(), [{ request: 'req_app', accounts: ['acc_work'], expires_in_s: 3600 }]);
    assert.match(await dialog(), /quiet-lantern/);
    assert.equal(await focused(browser.page), 'Deny');
    await press('Allow');
    await strike('Enter');
    assert.equal((await answers()).length, 1, 'the buttons of the second rest again');
    await advance(browser.page, 500);
    await strike('Enter');
    assert.deepEqual((await answers()).at(-1), { request: 'req_twin' });
  });

  test('are not swapped under a click: the other one is armed anew', async () => {
    await show(browser, 'ask-alike');
    await advance(browser.page, 500);
    await tell(['ask-alike', ['req_twin']]);
    await press('Allow');
    assert.deepEqual(await answers(), []);
    assert.equal(await focused(browser.page), 'Deny');
  });

  test('do not push in front of the one that is shown', async () => {
    await show(browser, 'ask-alike');
    await tell(['ask-alike', ['req_twin']]);
    await tell(['ask-alike', ['req_app', 'req_twin']]);
    await advance(browser.page, 500);
    assert.match(await dialog(), /Question 2 of 2.*quiet-lantern/s);
    await press('Allow');
    assert.deepEqual(await answers(), [{ request: 'req_twin', accounts: ['acc_work'], expires_in_s: 3600 }]);
  });
});

describe('a program’s question', () => {
  test('for each of three accounts is answered for itself', async () => {
    await show(browser, 'ask-many');
    assert.match(await dialog(), /Question 1 of 4/);
    for (const request of ['req_prog', 'req_prog2', 'req_prog3']) {
      await strike('Enter');
      await advance(browser.page, 500);
      await strike('Enter');
      assert.deepEqual((await answers()).at(-1), { request, answer: 'deny' });
    }
    assert.equal((await answers()).length, 3);
  });

  test('that nobody answers is over after its minute, and no late yes is sent', async () => {
    await show(browser, 'ask-program');
    await advance(browser.page, 59_000);
    assert.equal(await browser.page.locator('dialog').count(), 1);
    await advance(browser.page, 1_000);
    assert.equal(await browser.page.locator('dialog').count(), 0);
    assert.deepEqual(await calls(browser.page, 'answer'), []);
  });

  test('whose file was updated or replaced says so', async () => {
    await show(browser, 'ask-changed');
    assert.match(await dialog(), /This is not the program you allowed as mbsync on 8 November/);
    await show(browser, 'ask-program');
    assert.ok(!(await dialog()).includes('not the program you allowed'));
  });

  test('leads from a notice to that one first', async () => {
    await show(browser, 'ask-many');
    await browser.page.evaluate(() => window.pretend.change({ place: { question: 'req_prog3' } }));
    await settled(browser.page);
    assert.match(await dialog(), /Question 3 of 4.*Code at GitHub/s);
  });

  test('that was blocked is shown among the apps, and can be asked again', async () => {
    await show(browser, 'usual', 'apps');
    const { page } = browser;
    const card = page.getByRole('article').filter({ hasText: 'fetch-all' });
    assert.match(bare(await card.innerText()), /Refused without a question for Home/);
    assert.ok(!/may read no account|let in/.test(bare(await card.innerText())));
    await page.getByRole('button', { name: /^Ask me again about/ }).click();
    await settled(page);
    await page.locator('dialog').getByRole('button', { name: 'Ask me again' }).click();
    await settled(page);
    assert.deepEqual(await calls(page, 'revoke_app'), [{ app: 'prog_fetch' }]);
    assert.equal(await card.count(), 0);
  });
});
