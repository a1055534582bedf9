// Finding a provider by a name, an e-mail address or a web address.
import { describe, expect, test } from 'vitest';
import { emailDomain, findProviders, issuerOf } from '../../src/model/find_provider';
import { PROVIDERS } from '../../src/host/pretend/catalogue';

const ids = (typed: string): string[] => findProviders(PROVIDERS, typed).providers.map((one) => one.id);

describe('what was typed', () => {
  test('nothing finds all', () => expect(ids('  ')).toHaveLength(PROVIDERS.length));

  test.each([
    ['goo', ['google']],
    ['GIT', ['github', 'gitlab']],
    ['outlook', ['microsoft']],
    ['twitter', ['x']],
    ['ana@gmail.com', ['google']],
    ['Ana@Hotmail.com', ['microsoft']],
    ['me@dropbox.com', ['dropbox']],
    ['nobody-has-this', []],
  ])('%s finds %o', (typed, wanted) => expect(ids(typed)).toEqual(wanted));

  test('an e-mail address is kept as a hint for the sign-in', () => {
    expect(findProviders(PROVIDERS, ' ana@gmail.com ').email).toBe('ana@gmail.com');
    expect(findProviders(PROVIDERS, 'ana@').email).toBeNull();
  });

  test('an unknown https address is an issuer, a known one its provider', () => {
    expect(findProviders(PROVIDERS, 'https://id.acme.example').issuer).toBe('https://id.acme.example');
    expect(findProviders(PROVIDERS, 'https://gitlab.com')).toMatchObject({ issuer: null });
    expect(ids('https://gitlab.com')).toEqual(['gitlab']);
  });
});

describe('addresses', () => {
  test.each(['ftp://x.example', 'http://id.example', 'id.example', 'javascript:alert(1)', 'https://'])('%s is no issuer', (text) => expect(issuerOf(text)).toBeNull());
  test('this computer may be spoken to without https', () => expect(issuerOf('http://127.0.0.1:8080')?.port).toBe('8080'));
  test.each(['a b@c.de', 'a@b', '@b.c', 'a@b@c.de'])('%s is no e-mail address', (text) => expect(emailDomain(text)).toBeNull());
});
