#!/usr/bin/env node
// Plays the person at a provider's sign-in pages in Debian's Chromium: pages with scripts, pictures of every
// page, and what truly stays in the address bar.
//
//   node chromium.mjs [--user NAME] [--password WORD] [--decline SCOPE]... [--refuse]
//                     [--shots FOLDER] [--headed] [--width PIXELS] [--dark] URL
//
// As BROWSER="node tests/browser/chromium.mjs" it is what `bowline connect` opens. Prints one JSON object:
// {"url","title","text","status","pages":[…],"complaints":[…],"overflow"}: status is the last page's, complaints are
// console errors and broken scripts, overflow says that the last page is wider than the screen. --refuse presses Cancel once signed in. Chromium itself is looked for in
// CHROMIUM, else /usr/bin/chromium; playwright-core in BOWLINE_NODE_FOLDER, else beside this file.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

const folder = process.env.BOWLINE_NODE_FOLDER ?? import.meta.dirname;
const { chromium } = createRequire(path.join(folder, 'package.json'))('playwright-core');

const { values: given, positionals: [start] } = parseArgs({
  allowPositionals: true,
  options: {
    user: { type: 'string', default: 'alice' }, password: { type: 'string', default: 'password' },
    decline: { type: 'string', multiple: true, default: [] }, refuse: { type: 'boolean', default: false },
    shots: { type: 'string' }, headed: { type: 'boolean', default: false },
    width: { type: 'string', default: '1024' }, dark: { type: 'boolean', default: false },
  },
});
if (!start) throw new Error('an address is needed');

const YES = /^\s*(sign in|log ?in|connect|continue|allow|authori[sz]e|accept|grant|yes|submit|confirm|next|ok)\b/i;
const NO = /^\s*(cancel|deny|decline|refuse|reject|abort|no)\b/i;
const MOST_PAGES = 12;

async function signIn(page) {
  const password = page.locator('input[type=password]:visible').first();
  const name = page.locator('input:visible:is(:not([type]), [type=text], [type=email])').first();
  for (const choice of [given.user, 'other']) { // pages that offer a list of people
    const radio = page.locator(`input[type=radio][value=${JSON.stringify(choice)}]`).first();
    if (await radio.count()) {
      await radio.check();
      break;
    }
  }
  if (await name.count()) await name.fill(given.user);
  if (await password.count()) await password.fill(given.password);
  return await password.count() > 0;
}

async function untick(page) {
  for (const box of await page.locator('input[type=checkbox]:visible').all()) {
    if (given.decline.includes(await box.getAttribute('value'))) await box.uncheck();
  }
}

/** One page: fills it in and presses its button; false where there is nothing to press. */
async function step(page) {
  const signingIn = await signIn(page);
  await untick(page);
  const button = page.getByRole('button', { name: given.refuse && !signingIn ? NO : YES }).first();
  if (!await button.count()) return false;
  const moved = page.waitForEvent('framenavigated', { timeout: 5000 }).catch(() => {}); // scripted pages stay
  await button.click();
  await moved;
  return true;
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: !given.headed,
  // what it would do over the network by itself is switched off; root has no use for its sandbox
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync',
    '--disable-component-update', '--disable-features=LocalNetworkAccessChecks'],
});
try {
  const page = await browser.newPage({
    viewport: { width: Number(given.width), height: 720 }, colorScheme: given.dark ? 'dark' : 'light',
  });
  page.setDefaultTimeout(20_000);
  const pages = [];
  const complaints = [];
  let status = 0;
  page.on('console', (line) => { if (line.type() === 'error') complaints.push(line.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('response', (answer) => { if (answer.request().isNavigationRequest()) status = answer.status(); });
  await page.goto(start);
  for (let more = true; more && pages.length < MOST_PAGES;) {
    await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => {}); // a page may poll for ever
    pages.push(page.url());
    if (given.shots) {
      mkdirSync(given.shots, { recursive: true });
      await page.screenshot({ path: path.join(given.shots, `${pages.length}.png`) });
    }
    more = await step(page);
  }
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  console.log(JSON.stringify({
    url: page.url(), title: await page.title(), text: await page.innerText('body'), status, pages, complaints, overflow,
  }));
} finally {
  await browser.close();
}
