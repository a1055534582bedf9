// The five main tasks by keyboard alone, and what must not happen by keyboard at all.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { calls, end, focused, open, settled, show } from './support.mjs';

let browser;
before(async () => {
  browser = await open();
});
after(() => browser.close());

const bare = (text) => text.replace(/[\u2066-\u2069]/g, '');

async function strike(...keys) {
  for (const key of keys) {
    await browser.page.keyboard.press(key);
    await settled(browser.page);
  }
}

/** Presses Tab until something with this name has the focus. */
async function tabTo(name, most = 40) {
  for (let i = 0; i < most; i += 1) {
    if (bare(await focused(browser.page)).startsWith(name)) return;
    await browser.page.keyboard.press('Tab');
  }
  assert.fail(`“${name}” was not reached; the focus is at “${await focused(browser.page)}”`);
}

const heading = async () => bare(await browser.page.locator('h1').innerText());

describe('connecting an account', () => {
  test('takes six keystrokes and leads to the browser', async () => {
    await show(browser, 'usual');
    await strike('Control+n');
    assert.equal(await browser.page.evaluate(() => document.activeElement?.hasAttribute('data-search')), true);
    await strike('g', 'o', 'o', 'Enter', 'Enter');
    assert.equal(await heading(), 'Connect Google');
    assert.deepEqual(await calls(browser.page, 'connect'), [{ wish: { provider: 'google', account: null, scopes: null, login_hint: null, device: false } }]);
    await end(browser.page, 'connected');
    assert.equal(await heading(), 'Connected');
    assert.equal(await focused(browser.page), 'Done');
    await strike('Enter');
    assert.equal(await heading(), 'Accounts');
  });

  test('takes three clicks', async () => {
    await show(browser, 'usual');
    const { page } = browser;
    await page.getByRole('link', { name: 'Add account' }).click();
    await page.getByRole('link', { name: /^Google/ }).click();
    await page.getByRole('button', { name: 'Continue in the browser' }).click();
    await settled(page);
    assert.equal((await calls(page, 'connect')).length, 1);
  });

  test('by e-mail address hands the address on as a hint', async () => {
    await show(browser, 'usual', 'picker');
    await browser.page.keyboard.type('ana@gmail.com');
    await strike('Enter', 'Enter');
    assert.equal((await calls(browser.page, 'connect'))[0].wish.login_hint, 'ana@gmail.com');
  });

  test('goes on when the person looks elsewhere, and is led back to', async () => {
    await show(browser, 'usual', 'consent/google');
    await strike('Enter', 'Control+2');
    assert.equal(await heading(), 'Apps');
    await browser.page.getByRole('link', { name: 'Show it' }).click();
    await end(browser.page, 'connected');
    assert.equal(await heading(), 'Connected');
    assert.deepEqual(await calls(browser.page, 'cancel_attempt'), []);
  });

  test('brings a client of one’s own, pasted as a file, and never shows its secret again', async () => {
    await show(browser, 'usual', 'client/slack');
    const { page } = browser;
    await page.getByLabel('The downloaded file').fill('{"client_id":"1234.5678","client_secret":"s3cr3t-word"}');
    await settled(page);
    assert.equal(await page.getByLabel('Client id', { exact: true }).inputValue(), '1234.5678');
    await page.getByRole('button', { name: 'Save and go on' }).click();
    await settled(page);
    assert.deepEqual(await calls(page, 'save_client'), [{ client: { provider: 'slack', name: null, issuer: null, client_id: '1234.5678', client_secret: 's3cr3t-word' } }]);
    assert.equal(await heading(), 'Connect Slack');
    assert.ok(!(await page.content()).includes('s3cr3t-word'));
  });

  test('never touches a provider that is there already, whatever a new one is called', async () => {
    await show(browser, 'usual', 'custom');
    const { page } = browser;
    await page.getByLabel('Name', { exact: true }).fill('Google');
    await page.getByLabel('Address of the issuer').fill('https://id.acme.example');
    await page.getByLabel('Client id', { exact: true }).fill('1234.5678');
    await page.getByRole('button', { name: 'Save and go on' }).click();
    await settled(page);
    const [saved] = await calls(page, 'save_client');
    assert.equal(saved.client.provider, 'google-2');
  });

  test('can be given up before it began, and is called off when it arrives', async () => {
    await show(browser, 'usual', 'consent/google');
    const { page } = browser;
    await page.evaluate(() => window.pretend.hold('connect'));
    await strike('Enter');
    await tabTo('Cancel');
    await strike('Enter');
    assert.equal(await heading(), 'Accounts');
    await page.evaluate(() => window.pretend.letGo('connect'));
    await settled(page);
    assert.deepEqual(await calls(page, 'cancel_attempt'), [{ id: 'att_1' }]);
    assert.deepEqual(await calls(page, 'attempt'), []);
  });

  test('that is given up too late goes on and says so', async () => {
    await show(browser, 'usual', 'consent/google');
    await strike('Enter');
    await end(browser.page, 'exchanging');
    await tabTo('Cancel');
    await strike('Enter');
    assert.equal(await browser.page.getByText(/too late to stop/).count() > 0, true);
    assert.equal(await browser.page.getByText(/Nothing was changed/).count(), 0);
    await end(browser.page, 'connected');
    assert.equal(await heading(), 'Connected');
  });

  test('says what is wrong with a field before anything is sent', async () => {
    await show(browser, 'usual', 'client/slack');
    await browser.page.getByLabel('Client id', { exact: true }).fill('has a space');
    await tabTo('Save and go on');
    await strike('Enter');
    assert.deepEqual(await calls(browser.page, 'save_client'), []);
    assert.equal(await browser.page.evaluate(() => document.activeElement?.getAttribute('aria-invalid')), 'true');
  });
});

describe('reconnecting', () => {
  test('from the list takes one key on the row', async () => {
    await show(browser, 'trouble');
    await browser.page.locator('[data-account="acc_work"] a').focus();
    await strike('r');
    const [call] = await calls(browser.page, 'connect');
    assert.deepEqual([call.wish.account, call.wish.provider], ['acc_work', 'google']);
    await end(browser.page, 'connected');
    assert.equal(await heading(), 'Connected');
  });

  test('five accounts takes six clicks at most, without coming back to the list', async () => {
    await show(browser, 'five');
    const { page } = browser;
    let clicks = 0;
    const click = async (name) => {
      clicks += 1;
      await page.getByRole('button', { name }).click();
      await settled(page);
      await end(page, 'connected');
      assert.notEqual(await heading(), 'Accounts');
    };
    await click('Reconnect all 5');
    for (let i = 2; i <= 5; i += 1) await click(new RegExp(`^Next: .Mailbox ${i}`));
    assert.equal(clicks, 5);
    assert.equal((await calls(page, 'connect')).length, 5);
    assert.equal(await page.getByText('5 of 5 done').count(), 1);
  });

  test('as somebody else offers both ways out, and changes nothing', async () => {
    await show(browser, 'trouble');
    await browser.page.locator('[data-account="acc_work"] a').focus();
    await strike('r');
    await end(browser.page, 'account_mismatch');
    assert.match(bare(await focused(browser.page)), /^Sign in as Work/);
    await tabTo('Add the other');
    await strike('Enter');
    assert.equal((await calls(browser.page, 'connect'))[1].wish.account, null);
  });
});

describe('finding out why an account does not work', () => {
  test('takes no click: the cause is on its row', async () => {
    await show(browser, 'trouble');
    const row = bare(await browser.page.locator('[data-account="acc_work"]').innerText());
    assert.match(row, /Google ended access for Work/);
    assert.match(bare(await browser.page.locator('[data-account="acc_lab"]').innerText()), /asks for a pause; the next try is in 4 minutes/);
  });

  test('goes on by keyboard to its story and to the doctor, whose report names nobody', async () => {
    await show(browser, 'trouble');
    await browser.page.locator('[data-account="acc_work"] a').focus();
    await strike('Enter');
    assert.equal(await heading(), 'Work');
    await tabTo('Find out why');
    await strike('Enter');
    assert.equal(await heading(), 'Doctor');
    await tabTo('Copy report');
    await strike('Enter');
    const [copied] = await calls(browser.page, 'copy_text');
    assert.match(copied.text, /^Bowline 0\.1\.0\n/);
    assert.ok(!copied.text.includes('@'));
  });
});

describe('renaming and disconnecting', () => {
  test('renames by keyboard, and takes it back', async () => {
    await show(browser, 'usual', 'account/acc_home');
    await tabTo('Rename');
    await strike('Enter');
    await strike('Control+a');
    await browser.page.keyboard.type('Family');
    await strike('Enter');
    assert.equal(await heading(), 'Family');
    assert.equal(await focused(browser.page), 'Rename', 'the focus is back where the dialog was opened');
    await strike('Control+z');
    assert.equal(await heading(), 'Home');
  });

  test('takes back what the note tells of, not what came last', async () => {
    await show(browser, 'usual', 'account/acc_home');
    const { page } = browser;
    await page.getByRole('button', { name: 'Pause' }).click();
    await settled(page);
    await page.evaluate(() => (location.hash = '#/account/acc_work'));
    await settled(page);
    await page.getByRole('button', { name: 'Pause' }).click();
    await settled(page);
    await page.getByRole('group').filter({ hasText: /Home.? is paused/ }).getByRole('button', { name: 'Undo' }).click();
    await settled(page);
    assert.deepEqual(await calls(page, 'pause'), [{ account: 'acc_home', paused: true }, { account: 'acc_work', paused: true }, { account: 'acc_home', paused: false }]);
  });

  test('asks before it disconnects, with the focus on Cancel', async () => {
    await show(browser, 'usual');
    await browser.page.locator('[data-account="acc_home"] a').focus();
    await strike('Delete');
    assert.equal(await focused(browser.page), 'Cancel');
    await strike('Escape');
    assert.deepEqual(await calls(browser.page, 'disconnect'), []);
    await strike('Delete');
    await tabTo('Disconnect');
    await strike('Enter');
    assert.deepEqual(await calls(browser.page, 'disconnect'), [{ account: 'acc_home', local_only: false }]);
    assert.equal(await browser.page.locator('[data-account="acc_home"]').count(), 0);
  });

  test('says so when the provider did not confirm', async () => {
    await show(browser, 'usual', 'account/acc_home', { query: '&revoke=no' });
    await tabTo('Disconnect…');
    await strike('Enter');
    await tabTo('Disconnect');
    await strike('Enter');
    assert.equal(await browser.page.getByText(/did not confirm/).count(), 1);
    await tabTo('Security page');
    await strike('Enter');
    assert.deepEqual(await calls(browser.page, 'open_page'), [{ page: 'dashboard', id: 'google' }], 'the account is gone, the provider is not');
  });
});

describe('the figures over time', () => {
  const range = () => browser.page.getByLabel('Which time', { exact: true });

  test('f50 are asked for in the range that was chosen, and anew when an alert came', async () => {
    await show(browser, 'usual', 'health');
    await range().selectOption('7d');
    await settled(browser.page);
    assert.deepEqual((await calls(browser.page, 'history')).map((asked) => asked.range), ['24h', '7d']);
    await browser.page.evaluate(() => window.pretend.change({ alerts: [{ name: 'breaker_open', severity: 'critical', about: 'id.example', value: 5, threshold: 5, since: '2026-11-20T12:00:00Z' }] }));
    await settled(browser.page);
    assert.match(bare(await browser.page.locator('main').innerText()), /id\.example does not answer/);
    assert.equal((await calls(browser.page, 'history')).length, 3);
    assert.match(bare(await browser.page.getByRole('navigation').innerText()), /Health\s*1/);
  });

  test('f53 are drawn, said in one sentence, and stand in a table', async () => {
    await show(browser, 'usual', 'health');
    const { page } = browser;
    const spoken = await page.locator('figure > [role=img]').first().getAttribute('aria-label');
    assert.match(bare(spoken), /^Renewals: Worked: \d+, Did not work: \d+\. The table below/);
    await page.locator('summary', { hasText: 'As a table' }).click();
    assert.equal(await page.getByRole('table', { name: 'As a table' }).locator('tbody tr').count(), 24);
  });
});

test('an app that wants no account, but what is counted, can be allowed without one', async () => {
  await show(browser, 'ask-metrics');
  const { page } = browser;
  await page.evaluate(() => window.pretend.advance(500));
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  await settled(page);
  assert.deepEqual(await calls(page, 'approve_app'), [{ request: 'req_metrics', accounts: [], expires_in_s: 3600 }]);
});
