// The keyboard map. No key is ever bound to a yes.

/** What a key stands for. */
export type Command =
  | 'add'
  | 'search'
  | 'section-1'
  | 'section-2'
  | 'section-3'
  | 'section-4'
  | 'section-5'
  | 'settings'
  | 'undo'
  | 'close'
  | 'shortcuts'
  | 'quit'
  | 'reconnect'
  | 'test'
  | 'disconnect';

/** What of a key event matters. */
export interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const WITH_CONTROL: Record<string, Command> = {
  n: 'add',
  f: 'search',
  ',': 'settings',
  z: 'undo',
  q: 'quit',
  '1': 'section-1',
  '2': 'section-2',
  '3': 'section-3',
  '4': 'section-4',
  '5': 'section-5',
};

const LETTERS: Record<string, Command> = { r: 'reconnect', t: 'test', '/': 'search', '?': 'shortcuts' };
const NAMED: Record<string, Command> = { F1: 'shortcuts', Escape: 'close', Delete: 'disconnect' };

/** The command of a key; none where the person is typing, but for those that are no letters. */
export function commandOf(pressed: Pressed, typing: boolean, letters: boolean): Command | null {
  if (pressed.altKey) return null;
  const key = pressed.key.length === 1 ? pressed.key.toLowerCase() : pressed.key;
  if (pressed.ctrlKey || pressed.metaKey) {
    if (typing && key === 'z') return null;
    return pressed.shiftKey ? null : (WITH_CONTROL[key] ?? null);
  }
  if (typing) return key === 'Escape' || key === 'F1' ? (NAMED[key] ?? null) : null;
  return NAMED[key] ?? (letters ? (LETTERS[key] ?? null) : null);
}

/** True where what has the focus takes letters. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit'].includes(target.type);
}

/** The list of shortcuts as it is shown: the sentence, and the keys. */
export const SHORTCUTS: { words: string; keys: string[][]; letter?: boolean }[] = [
  { words: 'key-add', keys: [['Ctrl', 'N']] },
  { words: 'key-search', keys: [['Ctrl', 'F'], ['/']] },
  { words: 'key-sections', keys: [['Ctrl', '1–5']] },
  { words: 'key-settings', keys: [['Ctrl', ',']] },
  { words: 'key-move', keys: [['↑'], ['↓'], ['Home'], ['End']] },
  { words: 'key-open', keys: [['Enter']] },
  { words: 'key-reconnect', keys: [['R']], letter: true },
  { words: 'key-test', keys: [['T']], letter: true },
  { words: 'key-disconnect', keys: [['Del']] },
  { words: 'key-undo', keys: [['Ctrl', 'Z']] },
  { words: 'key-close', keys: [['Esc']] },
  { words: 'key-shortcuts', keys: [['F1'], ['?']] },
  { words: 'key-quit', keys: [['Ctrl', 'Q']] },
];
