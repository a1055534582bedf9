// What each command of the keyboard does. An account is the one whose row or screen the person is at.
import { tick } from 'svelte';
import type { Account } from '../types/Account';
import type { App } from './app.svelte';
import type { Command } from './keys';
import { href, SECTIONS, type Route } from './route.svelte';
import { verb } from './status';

function section(number: number): Route {
  const screen = SECTIONS[number - 1] ?? 'accounts';
  return screen === 'activity' ? { screen, account: null } : { screen };
}

/** The account of the focused row, else of the screen. */
function chosen(app: App, target: EventTarget | null): Account | undefined {
  const row = target instanceof Element ? target.closest<HTMLElement>('[data-account]') : null;
  const route = app.router.now;
  return app.session.account(row?.dataset['account'] ?? (route.screen === 'account' ? route.id : null));
}

/** Into the search of this screen, else into that of the accounts. */
function search(app: App): boolean {
  const find = (): HTMLInputElement | null => document.querySelector<HTMLInputElement>('[data-search]');
  if (find() === null) app.router.go({ screen: 'accounts' });
  void tick().then(() => {
    find()?.focus();
    find()?.select();
  });
  return true;
}

function onAccount(app: App, target: EventTarget | null, act: (account: Account) => void): boolean {
  const account = chosen(app, target);
  if (account) act(account);
  return account !== undefined;
}

/** Back from a screen that leads somewhere; the sections themselves have no way back. */
function close(app: App): boolean {
  const { screen } = app.router.now;
  if ((SECTIONS as string[]).includes(screen)) return false;
  app.router.back({ screen: 'accounts' });
  return true;
}

/** Does what a key stands for; false where it means nothing here. */
export function obey(app: App, command: Command, target: EventTarget | null): boolean {
  switch (command) {
    case 'add':
      app.router.go({ screen: 'picker' });
      return true;
    case 'search':
      return search(app);
    case 'settings':
      app.router.go({ screen: 'settings' });
      return true;
    case 'undo':
      return app.tellings.undo();
    case 'close':
      return close(app);
    case 'quit':
      app.closing += 1;
      return true;
    case 'reconnect':
      return onAccount(app, target, (account) => void (verb(account) === 'client' ? app.mend(account) : app.reconnect(account)));
    case 'test':
      return onAccount(app, target, (account) => void app.refresh(account));
    case 'disconnect':
      return onAccount(app, target, (account) => (app.asking = { what: 'disconnect', account }));
    case 'shortcuts':
      return false;
    default:
      app.router.go(section(Number(command.slice(-1))));
      return true;
  }
}

/** The address of a section. */
export function sectionHref(number: number): string {
  return href(section(number));
}
