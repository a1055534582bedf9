// The keyboard map, and that no key in it means yes.
import { describe, expect, test } from 'vitest';
import { commandOf, type Pressed } from '../../src/model/keys';

const press = (key: string, given: Partial<Pressed> = {}): Pressed => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...given });

describe('a key', () => {
  test.each([
    ['n', { ctrlKey: true }, 'add'],
    ['f', { metaKey: true }, 'search'],
    ['3', { ctrlKey: true }, 'section-3'],
    [',', { ctrlKey: true }, 'settings'],
    ['/', {}, 'search'],
    ['?', { shiftKey: true }, 'shortcuts'],
    ['r', {}, 'reconnect'],
    ['t', {}, 'test'],
    ['Delete', {}, 'disconnect'],
    ['z', { ctrlKey: true }, 'undo'],
    ['Escape', {}, 'close'],
    ['q', { ctrlKey: true }, 'quit'],
    ['r', { altKey: true }, null],
    ['y', {}, null],
    ['a', {}, null],
  ] as [string, Partial<Pressed>, string | null][])('%s with %o means %s', (key, given, command) => expect(commandOf(press(key, given), false, true)).toBe(command));

  test('that is a letter means nothing while typing, or when letters are switched off', () => {
    expect(commandOf(press('r'), true, true)).toBeNull();
    expect(commandOf(press('Delete'), true, true)).toBeNull();
    expect(commandOf(press('r'), false, false)).toBeNull();
    expect(commandOf(press('Escape'), true, false)).toBe('close');
    expect(commandOf(press('z', { ctrlKey: true }), true, true)).toBeNull();
  });

  test('never means yes', () => {
    const commands = new Set<unknown>();
    for (let code = 32; code < 127; code += 1) {
      for (const ctrlKey of [false, true]) commands.add(commandOf(press(String.fromCharCode(code), { ctrlKey }), false, true));
    }
    for (const key of ['Enter', ' ', 'Tab', 'Escape', 'Delete', 'F1']) commands.add(commandOf(press(key), false, true));
    expect([...commands].filter((command) => /allow|approve|yes|accept/.test(String(command)))).toEqual([]);
  });
});
