// Names as somebody with bad intent would choose them: markup, endless, empty, turning the text around.
import type { Account } from '../../types/Account';
import type { App } from '../../types/App';
import type { Entry } from '../../types/Entry';
import type { Question } from '../../types/Question';
import { account, app, entry, question } from './made';

const MARKUP = '<img src=x onerror="document.body.dataset.pwned=1"><script>document.body.dataset.pwned=1</' + 'script>';
const ENDLESS = 'A'.repeat(10_240);
const WIDE = `${'ﷺ'.repeat(40)} ${'👩‍👩‍👧‍👦'.repeat(60)}`;
const TURNED = '\u202egnp.exe\u202c \u2067\u2066 evil \u0007\u001b[31m';
const FLUENT = '{ $name } { "x" -> *[other] y }';

export const HOSTILE: Account[] = [
  account({ id: 'acc_markup', label: MARKUP, username: MARKUP, provider: '__proto__', provider_name: MARKUP, used_by: [MARKUP, ENDLESS], status: 'needs_reconnect', reason: 'revoked', action: 'reconnect' }),
  account({ id: 'acc_endless', label: ENDLESS, username: ENDLESS, provider: 'endless', provider_name: ENDLESS, status: 'degraded', reason: 'no_such_reason', message: ENDLESS, action: 'wait' }),
  account({ id: 'acc_empty', label: '', username: '', display_name: '', name: '', provider: '', provider_name: '' }),
  account({ id: 'acc_turned', label: TURNED, username: TURNED, provider: 'constructor', provider_name: TURNED, scopes_granted: [ENDLESS, MARKUP, TURNED, ''] }),
  account({ id: 'acc_wide', label: WIDE, username: WIDE, status: 'insufficient_permissions', scopes_missing: [ENDLESS, MARKUP], action: 'reconnect' }),
  account({ id: 'acc/../?#%2F', label: FLUENT, username: FLUENT, connected_at: 'not a time', access_expires_at: 'never' }),
];

export const HOSTILE_APPS: App[] = [
  app({ id: 'app_markup', name: MARKUP, program: `/${MARKUP}`, grants: HOSTILE.map((one) => ({ account: one.id, scopes: [MARKUP], expires_at: null })) }),
  app({ id: 'app_endless', name: ENDLESS, program: `/${ENDLESS}`, grants: [{ account: 'acc_of_nobody', scopes: null, expires_at: null }] }),
  app({ id: 'app_turned', name: TURNED, created_at: '', program: `/${TURNED}`, blocked: ['acc_markup', 'acc_endless', 'acc_of_nobody'] }),
];

export const HOSTILE_ENTRIES: Entry[] = [
  entry({ seq: 9, event: 'token.read', actor: MARKUP, actor_name: MARKUP, program: ENDLESS, account: 'acc_markup', app: MARKUP, outcome: MARKUP, code: MARKUP }),
  entry({ seq: 8, event: ENDLESS, actor_name: ENDLESS, account: 'acc_endless' }),
  entry({ seq: 7, event: '', actor_name: '', account: 'acc_empty', at: '' }),
  entry({ seq: 6, event: 'refresh.failed', actor_name: TURNED, account: 'acc_turned', outcome: 'failed', code: TURNED }),
];

export const HOSTILE_QUESTION: Question = question({
  id: 'req_hostile', name: `Bowline\u202e ${MARKUP} ${ENDLESS}`, because: `${TURNED} ${ENDLESS}`,
  code: MARKUP, wants: HOSTILE.map((one) => ({ provider: null, account: one.id, scopes: [ENDLESS, MARKUP, TURNED], metrics: false })),
});

export const HOSTILE_PROGRAM: Question = question({
  id: 'req_hostile_program', kind: 'program', name: `${MARKUP} ${ENDLESS}`, program: `/${ENDLESS}/${MARKUP}`, parent: TURNED, account: 'acc_markup',
  allowed_before: 'never', expires_at: 'not a time',
});
