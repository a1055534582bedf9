// Permissions in plain words.
import { describe, expect, test } from 'vitest';
import { groupedScopes, kindOf, offered, shown, typedScopes } from '../../src/model/scopes';
import { PROVIDERS } from '../../src/host/pretend/catalogue';
import { say } from '../../src/text/words';
import { bare } from './given';

describe('a permission', () => {
  test('of every built-in provider has words of its own', () => {
    const unknown = PROVIDERS.flatMap((one) => [...one.scopes, ...offered(one.id, [])]).filter((scope) => bare(shown(scope).words) === bare(say('scope-unknown', { scope })));
    expect(unknown).toEqual([]);
  });

  test.each([
    ['https://www.googleapis.com/auth/gmail.readonly', 'read'],
    ['files:write', 'change'],
    ['admin:org', 'delete'],
    ['repo', 'delete'],
    ['whatever', 'read'],
  ])('%s lets somebody %s', (scope, kind) => expect(kindOf(scope)).toBe(kind));

  test('that nobody knows is shown by its own name', () => expect(bare(shown('acme.frobnicate').words)).toContain('acme.frobnicate'));
});

describe('permissions', () => {
  test('that mean the same stand once', () => {
    const groups = groupedScopes(['email', 'https://www.googleapis.com/auth/userinfo.email', 'openid']);
    expect(groups.read).toHaveLength(2);
    expect(groups.change).toHaveLength(0);
  });

  test('that were typed are parted by spaces and commas', () => expect(typedScopes(' a, b  a\nc ')).toEqual(['a', 'b', 'c']));
});
