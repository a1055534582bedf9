// Where in the window the person is. The place stands in the address after `#`, so that Back works as in any browser.
import type { Place } from '../types/Place';

export type Section = 'accounts' | 'apps' | 'activity' | 'health' | 'settings';

/** A screen and what it is about. */
export type Route =
  | { screen: 'accounts' | 'picker' | 'custom' | 'apps' | 'health' | 'settings' | 'waiting' }
  | { screen: 'account' | 'client'; id: string }
  | { screen: 'consent'; id: string; account: string | null; hint: string | null }
  | { screen: 'activity' | 'doctor'; account: string | null };

/** The sections of the rail, in the order of their keys. */
export const SECTIONS: Section[] = ['accounts', 'apps', 'activity', 'health', 'settings'];

const SECTION_OF: Record<Route['screen'], Section> = {
  accounts: 'accounts',
  account: 'accounts',
  picker: 'accounts',
  custom: 'accounts',
  client: 'accounts',
  consent: 'accounts',
  waiting: 'accounts',
  apps: 'apps',
  activity: 'activity',
  health: 'health',
  doctor: 'health',
  settings: 'settings',
};

/** The section a screen belongs to. */
export function sectionOf(route: Route): Section {
  return SECTION_OF[route.screen];
}

/** The address of a screen. */
export function href(route: Route): string {
  const parts: (string | null)[] = [route.screen];
  if ('id' in route) parts.push(route.id);
  if ('account' in route) parts.push(route.account ?? '');
  if (route.screen === 'consent') parts.push(route.hint ?? '');
  while (parts.length > 1 && !parts.at(-1)) parts.pop();
  return `#/${parts.map((part) => encodeURIComponent(part ?? '')).join('/')}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The screen of an address; the accounts for any that makes no sense. */
export function parsed(hash: string): Route {
  const [screen, first, second, third] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  switch (screen) {
    case 'picker':
    case 'custom':
    case 'apps':
    case 'health':
    case 'settings':
    case 'waiting':
      return { screen };
    case 'account':
    case 'client':
      return first ? { screen, id: first } : { screen: 'accounts' };
    case 'consent':
      return first ? { screen, id: first, account: second || null, hint: third || null } : { screen: 'picker' };
    case 'activity':
    case 'doctor':
      return { screen, account: first || null };
    default:
      return { screen: 'accounts' };
  }
}

/** The screen for a place that the program wants to be shown; a question shows itself. */
export function routeOf(place: Place): Route | null {
  if (place === 'accounts') return { screen: 'accounts' };
  if (place === 'settings') return { screen: 'settings' };
  if ('account' in place) return { screen: 'account', id: place.account };
  if ('question' in place) return null;
  const provider = place.connect;
  return provider ? { screen: 'consent', id: provider, account: null, hint: null } : { screen: 'picker' };
}

export class Router {
  now = $state.raw<Route>(parsed(location.hash));
  #depth = 0;

  start(): () => void {
    const follow = (): void => {
      this.now = parsed(location.hash);
    };
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }

  go(route: Route): void {
    if (href(route) === href(this.now)) return;
    this.#depth += 1;
    location.hash = href(route);
    this.now = route;
  }

  /** Goes on without leaving the present screen behind in the way back. */
  replace(route: Route): void {
    history.replaceState(null, '', href(route));
    this.now = route;
  }

  /** Back to where the person came from, else to the given screen. */
  back(otherwise: Route): void {
    if (this.#depth > 0) {
      this.#depth -= 1;
      history.back();
    } else {
      this.replace(otherwise);
    }
  }
}
