// Every screen in every state that it can be in: the scene, the place, and what a person does to get there.
import { advance, end, settled } from './support.mjs';

const press = (name) => async (page) => {
  await page.getByRole('button', { name, exact: true }).first().click();
  await settled(page);
};
const then = (...acts) => async (page) => {
  for (const act of acts) await act(page);
};
const ending = (how) => (page) => end(page, how);
const type = (text) => async (page) => {
  await page.keyboard.type(text);
  await settled(page);
};
const fill = (label, text) => async (page) => {
  await page.getByLabel(label, { exact: true }).fill(text);
  await page.keyboard.press('Tab');
  await settled(page);
};

const GO = 'Continue in the browser';
const LATER = [1, 2, 3, 4].map(() => press('Decide later'));
const CONSENT = 'consent/google';

export const STATES = [
  { name: 'first-run', scene: 'empty' },
  { name: 'accounts', scene: 'usual' },
  { name: 'accounts-trouble', scene: 'trouble' },
  { name: 'accounts-many', scene: 'many' },
  { name: 'accounts-found', scene: 'usual', act: then(press(/^Keys/), press('Done'), async (page) => page.locator('[data-search]').focus(), type('home')) },
  { name: 'accounts-none-found', scene: 'usual', act: then(async (page) => page.locator('[data-search]').focus(), type('zzz')) },
  { name: 'accounts-loading', scene: 'endless' },
  { name: 'picker', scene: 'usual', place: 'picker' },
  { name: 'picker-none-found', scene: 'usual', place: 'picker', act: type('nobody') },
  { name: 'picker-issuer', scene: 'usual', place: 'picker', act: type('https://id.acme.example') },
  { name: 'picker-problems', scene: 'trouble', place: 'picker' },
  { name: 'picker-trouble', scene: 'errors', place: 'picker' },
  { name: 'client', scene: 'usual', place: 'client/slack' },
  { name: 'client-wrong', scene: 'usual', place: 'client/slack', act: press('Save and go on') },
  { name: 'client-pasted', scene: 'usual', place: 'client/google', act: fill('The downloaded file, if there is one', '{"installed":{"client_id":"1-a.apps.googleusercontent.com","client_secret":"x-y"}}') },
  { name: 'custom', scene: 'usual', place: 'custom', act: then(fill('Name', 'Acme'), fill('Address of the issuer', 'http://id.acme.example')) },
  { name: 'consent', scene: 'usual', place: CONSENT },
  { name: 'consent-more', scene: 'usual', place: CONSENT, act: async (page) => page.locator('summary', { hasText: 'Ask for more' }).click() },
  { name: 'waiting', scene: 'usual', place: CONSENT, act: press(GO) },
  { name: 'waiting-no-browser', scene: 'usual', place: CONSENT, query: '&browser=none', act: press(GO) },
  { name: 'waiting-code', scene: 'usual', place: CONSENT, act: press('Use a code instead') },
  { name: 'waiting-checking', scene: 'usual', place: CONSENT, act: then(press(GO), ending('exchanging')) },
  { name: 'waiting-connected', scene: 'usual', place: CONSENT, act: then(press(GO), ending('connected')) },
  { name: 'waiting-limited', scene: 'usual', place: CONSENT, act: then(press(GO), ending('connected-less')) },
  { name: 'waiting-denied', scene: 'usual', place: CONSENT, act: then(press(GO), ending('access_denied')) },
  { name: 'waiting-wrong-person', scene: 'trouble', place: 'account/acc_work', act: then(press('Reconnect'), ending('account_mismatch')) },
  { name: 'waiting-return-address', scene: 'usual', place: CONSENT, act: then(press(GO), ending('redirect_mismatch')) },
  { name: 'waiting-expired', scene: 'usual', place: CONSENT, act: then(press(GO), ending('expired')) },
  { name: 'waiting-row', scene: 'five', act: then(press('Reconnect all 5'), ending('connected')) },
  { name: 'elsewhere', scene: 'usual', place: CONSENT, act: then(press(GO), async (page) => page.getByRole('link', { name: 'Apps' }).click()) },
  { name: 'account', scene: 'usual', place: 'account/acc_work' },
  { name: 'account-trouble', scene: 'trouble', place: 'account/acc_work' },
  { name: 'account-limited', scene: 'trouble', place: 'account/acc_code' },
  { name: 'account-asked', scene: 'ask-many', place: 'account/acc_office', act: then(...LATER) },
  { name: 'account-gone', scene: 'usual', place: 'account/acc_nobody' },
  { name: 'account-stands-in', scene: 'standing-in', place: 'account/acc_lab' },
  { name: 'account-emergency', scene: 'standing-in', place: 'account/acc_work' },
  { name: 'accounts-standing-in', scene: 'standing-in' },
  { name: 'emergency', scene: 'trouble', place: 'account/acc_lab', act: press('Use an emergency key…') },
  { name: 'emergency-wrong', scene: 'trouble', place: 'account/acc_lab', act: then(press('Use an emergency key…'), press('Let it stand in')) },
  { name: 'account-note', scene: 'usual', place: 'account/acc_work', act: press('Pause') },
  { name: 'rename', scene: 'usual', place: 'account/acc_work', act: press('Rename') },
  { name: 'disconnect', scene: 'usual', place: 'account/acc_work', act: press('Disconnect…') },
  { name: 'disconnect-unsure', scene: 'usual', place: 'account/acc_work', query: '&revoke=no', act: then(press('Disconnect…'), press('Disconnect')) },
  { name: 'ask-app', scene: 'ask-app', act: (page) => advance(page, 500) },
  { name: 'ask-program', scene: 'ask-program', act: (page) => advance(page, 500) },
  { name: 'ask-emergency', scene: 'ask-emergency', act: (page) => advance(page, 500) },
  { name: 'ask-changed', scene: 'ask-changed' },
  { name: 'ask-alike', scene: 'ask-alike' },
  { name: 'ask-unevenly', scene: 'ask-unevenly' },
  { name: 'ask-metrics', scene: 'ask-metrics' },
  { name: 'ask-later', scene: 'ask-many', act: then(...LATER) },
  { name: 'apps', scene: 'usual', place: 'apps' },
  { name: 'apps-empty', scene: 'empty', place: 'apps' },
  { name: 'apps-trouble', scene: 'errors', place: 'apps' },
  { name: 'apps-revoke', scene: 'usual', place: 'apps', act: press(/Revoke the access of .Calendar/) },
  { name: 'apps-blocked', scene: 'usual', place: 'apps', act: press(/Ask me again about/) },
  { name: 'activity', scene: 'usual', place: 'activity' },
  { name: 'activity-empty', scene: 'empty', place: 'activity' },
  { name: 'activity-trouble', scene: 'errors', place: 'activity' },
  { name: 'health', scene: 'trouble', place: 'health' },
  { name: 'health-well', scene: 'usual', place: 'health' },
  { name: 'health-table', scene: 'usual', place: 'health', act: async (page) => page.locator('summary', { hasText: 'As a table' }).click() },
  { name: 'health-figures-trouble', scene: 'errors', place: 'health' },
  { name: 'health-empty', scene: 'empty', place: 'health' },
  { name: 'settings', scene: 'usual', place: 'settings' },
  { name: 'settings-problems', scene: 'trouble', place: 'settings' },
  { name: 'settings-trouble', scene: 'errors', place: 'settings' },
  { name: 'backup', scene: 'usual', place: 'settings', act: then(press('Make a backup'), press('Choose where to save')) },
  { name: 'doctor', scene: 'usual', place: 'doctor' },
  { name: 'doctor-loading', scene: 'endless', place: 'doctor' },
  { name: 'locked', scene: 'locked' },
  { name: 'passphrase', scene: 'passphrase' },
  { name: 'no-keychain', scene: 'no-keychain' },
  { name: 'key-changed', scene: 'key-changed' },
  { name: 'gone', scene: 'gone' },
  { name: 'gone-health', scene: 'gone', place: 'health' },
  { name: 'gone-account', scene: 'gone', place: 'account/acc_work' },
  { name: 'starting', scene: 'starting' },
  { name: 'mismatch', scene: 'mismatch' },
  { name: 'keys', scene: 'usual', act: press('Keys and help') },
  { name: 'closing', scene: 'usual', act: async (page) => page.evaluate(() => window.pretend.closing()) },
  { name: 'hostile-accounts', scene: 'hostile' },
  { name: 'hostile-account', scene: 'hostile', place: 'account/acc_turned' },
  { name: 'hostile-apps', scene: 'hostile', place: 'apps' },
  { name: 'hostile-activity', scene: 'hostile', place: 'activity' },
  { name: 'hostile-health', scene: 'hostile', place: 'health' },
  { name: 'hostile-question', scene: 'hostile-question' },
  { name: 'hostile-program', scene: 'hostile-program' },
];
