// What stands before everything else: no agent, another agent's version, or a vault that cannot be opened. The lists stay
// readable where something is known.
import type { Route } from './route.svelte';
import type { Session } from './session.svelte';

/** Why the whole screen is taken. */
export type Block = 'starting' | 'gone' | 'mismatch' | 'locked' | 'passphrase' | 'no-keychain' | 'key-changed';

/** Screens that work without an open vault. */
const WITHOUT_VAULT: Route['screen'][] = ['settings', 'doctor', 'activity', 'health'];
/** Screens that show what was last known. */
const WITHOUT_AGENT: Route['screen'][] = ['account', 'health'];

function ofVault(session: Session): Block | null {
  const vault = session.vault;
  if (!vault?.locked) return null;
  if (vault.reason === 'keychain_missing') return 'no-keychain';
  if (vault.reason === 'key_changed') return 'key-changed';
  return vault.keystore === 'passphrase' ? 'passphrase' : 'locked';
}

/** The page to show in place of a screen; none where the screen works. */
export function blockOf(session: Session, route: Route): Block | null {
  if (!session.loaded) return null;
  if (session.agent === 'mismatch') return 'mismatch';
  if (session.agent === 'starting' && session.accounts.length === 0) return 'starting';
  if (session.agent === 'gone' && !WITHOUT_AGENT.includes(route.screen)) return 'gone';
  return WITHOUT_VAULT.includes(route.screen) ? null : ofVault(session);
}
