// Screens and their addresses.
import { describe, expect, test } from 'vitest';
import { href, parsed, routeOf, type Route } from '../../src/model/route.svelte';

const ROUTES: Route[] = [
  { screen: 'accounts' },
  { screen: 'picker' },
  { screen: 'waiting' },
  { screen: 'account', id: 'acc/../?#%2F' },
  { screen: 'client', id: 'google' },
  { screen: 'consent', id: 'google', account: null, hint: 'ana@example.com' },
  { screen: 'consent', id: 'google', account: 'acc_1', hint: null },
  { screen: 'activity', account: null },
  { screen: 'doctor', account: 'acc_1' },
];

describe('an address', () => {
  test.each(ROUTES)('of %o leads back to it', (route) => expect(parsed(href(route))).toEqual(route));

  test.each(['', '#', '#/nowhere', '#/account', '#/account/', '#/%E0%A4%A', '#/__proto__'])('%s leads to the accounts', (hash) => expect(parsed(hash)).toEqual({ screen: 'accounts' }));
});

describe('a place that the program wants to be shown', () => {
  test('is a screen, but for a question, which shows itself', () => {
    expect(routeOf({ account: 'acc_1' })).toEqual({ screen: 'account', id: 'acc_1' });
    expect(routeOf({ connect: null })).toEqual({ screen: 'picker' });
    expect(routeOf({ connect: 'google' })).toMatchObject({ screen: 'consent', id: 'google' });
    expect(routeOf({ question: 'req_1' })).toBeNull();
    expect(routeOf('settings')).toEqual({ screen: 'settings' });
  });
});
