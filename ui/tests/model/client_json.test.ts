// A person's own client: what is read out of a pasted file, and what is found wrong before anything is sent.
import { describe, expect, test } from 'vitest';
import { freeProviderId, judgeClientId, judgeIssuer, judgeSecret, looksLikeJson, readClientJson, takenIds } from '../../src/model/client_json';
import { canSay } from '../../src/text/words';
import { provider } from './given';

const ID = '413928517702-6p0rkq8v1l2m.apps.googleusercontent.com';

describe('a pasted file', () => {
  test('of Google’s console fills both fields', () => {
    const file = JSON.stringify({ installed: { client_id: ID, project_id: 'p', client_secret: 'GOCSPX-abc', redirect_uris: ['http://localhost'] } });
    expect(readClientJson(file)).toEqual({ clientId: ID, clientSecret: 'GOCSPX-abc', shape: 'installed' });
  });

  test('for the web is told apart', () => expect(readClientJson(`{"web":{"client_id":"${ID}"}}`)).toMatchObject({ shape: 'web', clientSecret: null }));

  test('with the fields at the top is read too', () => expect(readClientJson('{"client_id":" abcd ","client_secret":""}')).toEqual({ clientId: 'abcd', clientSecret: null, shape: 'plain' }));

  test.each(['', 'hello', '{', '[]', '"x"', 'null', '{"installed":{}}', '{"client_id":7}'])('%s is none', (text) => expect(readClientJson(text)).toBeNull());

  test('that was cut off is known to be one', () => {
    expect(looksLikeJson(' {"installed":{"client')).toBe(true);
    expect(looksLikeJson('abc')).toBe(false);
  });
});

describe('a field', () => {
  test.each([
    ['', 'github', 'client-id-empty'],
    ['ab cd', 'github', 'client-id-spaces'],
    ['https://github.com/x', 'github', 'client-id-address'],
    ['ana@example.com', 'github', 'client-id-email'],
    ['abc', 'github', 'client-id-short'],
    ['123-abc', 'google', 'client-id-google'],
    ['GOCSPX-abc', 'google', 'client-id-is-secret'],
    ['Ov23liQx8TfP2vJ0aaZ1', 'github', null],
    [ID, 'google', null],
  ])('the client id %s at %s: %s', (id, provider, complaint) => {
    expect(judgeClientId(id, provider)).toBe(complaint);
    if (complaint) expect(canSay(complaint)).toBe(true);
  });

  test('the secret is wanted only where the provider wants it and none is kept', () => {
    expect(judgeSecret('', true, false, 'id')).toBe('client-secret-empty');
    expect(judgeSecret('', true, true, 'id')).toBeNull();
    expect(judgeSecret('', false, false, 'id')).toBeNull();
    expect(judgeSecret('a b', true, false, 'id')).toBe('client-secret-spaces');
    expect(judgeSecret('id', true, false, 'id')).toBe('client-secret-is-id');
  });

  test.each([
    ['', 'client-issuer-empty'],
    ['acme', 'client-issuer-shape'],
    ['http://id.acme.example', 'client-issuer-https'],
    ['https://id.acme.example/?x=1', 'client-issuer-query'],
    ['https://id.acme.example/realms/a', null],
    ['http://127.0.0.1:8080', null],
  ])('the issuer %s: %s', (issuer, complaint) => expect(judgeIssuer(issuer)).toBe(complaint));

  test('a name becomes an id', () => {
    expect(freeProviderId('Ácme & Söhne!', [])).toBe('acme-sohne');
    expect(freeProviderId('株式会社', [])).toBe('custom');
  });

  test('a name never becomes the id of another provider', () => {
    const taken = ['google', 'custom', 'custom-2', 'Acme'];
    expect(freeProviderId('Google', taken)).toBe('google-2');
    expect(freeProviderId('株式会社', taken)).toBe('custom-3');
    expect(freeProviderId('Почта', taken)).toBe('custom-3');
    expect(freeProviderId('acme', taken)).toBe('acme-2');
    expect(freeProviderId('Practice', taken)).toBe('practice-2');
    expect(freeProviderId('a'.repeat(60), ['a'.repeat(40)])).toBe(`${'a'.repeat(38)}-2`);
  });

  test('an id is taken by a file that could not be read, too', () => {
    const problems = [{ file: 'acme.toml', line: 1, field: null, problem: 'x', suggestion: null }];
    expect(takenIds({ providers: [provider({ id: 'google', name: 'Google' })], problems })).toEqual(['google', 'acme']);
  });
});
