// One browser and one page for all tests of screens: a small server with the window's own content policy, the pretend
// page at a chosen place, and the few things that several tests do. Nothing here waits for a time; the page's clock
// stands still until a test moves it.
import { createServer } from 'node:http';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../dist-pretend/', import.meta.url));
export const PICTURES = fileURLToPath(new URL('../pictures-out/', import.meta.url));

/** The policy of the real window. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src ipc: http://ipc.localhost; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--force-color-profile=srgb', '--font-render-hinting=none',
];

function serve(request, response) {
  const path = normalize(new URL(request.url, 'http://x').pathname).replace(/\/$/, '/index.html');
  const file = join(ROOT, path);
  if (!file.startsWith(ROOT) || !existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY });
  response.end(readFileSync(file));
}

/** What the tests share; `close` ends all of it. */
export async function open() {
  const server = createServer(serve);
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const profile = mkdtempSync(join(tmpdir(), 'bowline-screens-'));
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, headless: true, args: FLAGS, locale: 'en-GB', timezoneId: 'UTC', viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce',
  });
  const page = context.pages()[0] ?? (await context.newPage());
  // As in the real window.
  await page.addInitScript(() => void Object.freeze(Object.prototype));
  page.setDefaultTimeout(5000);
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => request.url().startsWith(address) || request.url().startsWith('data:') || complaints.push(`asked for ${request.url()}`));
  const address = `http://127.0.0.1:${server.address().port}/`;
  return {
    page,
    address,
    complaints,
    async close() {
      await context.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Opens a scene at a screen, with the clock standing still. */
export async function show({ page, address }, scene, place = '', { theme = 'light', forced = false, width = 1280, height = 860, query = '', text = 100 } = {}) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: theme, forcedColors: forced ? 'active' : 'none', reducedMotion: 'reduce' });
  await page.goto('about:blank');
  await page.goto(`${address}?scene=${scene}&clock=hand${query}#/${place}`);
  await page.locator('h1').waitFor();
  if (text !== 100) await page.evaluate((size) => (document.documentElement.style.fontSize = `${size}%`), text);
  await settled(page);
}

/** Everything that was asked for has come, and has been drawn: two frames by default, one where only the size changed. */
export async function settled(page, frames = 2) {
  await page.evaluate(async (count) => {
    for (let i = 0; i < count; i += 1) await new Promise((done) => requestAnimationFrame(() => done()));
  }, frames);
}

/** Moves the page's clock on. */
export async function advance(page, ms) {
  await page.evaluate((by) => window.pretend.advance(by), ms);
  await settled(page);
}

/** Lets the open attempt end. */
export async function end(page, ending) {
  await page.evaluate((how) => window.pretend.end(how), ending);
  await settled(page);
}

/** What the window asked of the program, by the name of the command. */
export function calls(page, name) {
  return page.evaluate((wanted) => window.pretend.calls.filter(([command]) => command === wanted).map(([, args]) => args), name);
}

/** The name of what has the focus, as a screen reader would say it. */
export function focused(page) {
  return page.evaluate(() => {
    const active = document.activeElement;
    return active?.getAttribute('aria-label') ?? active?.textContent?.trim() ?? '';
  });
}

/** What is wider than it may be; nothing where all is well. */
export function sideways(page) {
  return page.evaluate(() => {
    const wide = [document.documentElement, ...document.querySelectorAll('.scroll, .rail, dialog[open]')].filter((box) => box.scrollWidth > box.clientWidth + 1);
    if (wide.length === 0) return [];
    const limit = window.innerWidth;
    const guilty = [...document.querySelectorAll('body *')].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width > 0 && (box.right > limit + 1 || box.left < -1) && getComputedStyle(element).clipPath === 'none';
    });
    return guilty.slice(0, 5).map((element) => `${element.tagName}.${element.className} ${element.textContent?.slice(0, 40)}`).concat(wide.map((box) => `in ${box.className || box.tagName}`));
  });
}
