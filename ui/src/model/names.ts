// Names come from outside: they may be empty, ten thousand letters long, or hold characters that turn the text around
// them. What leaves here is one short line that can stand in a sentence.

/** Control characters: they end up as a space. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Characters that are not seen and change the direction or the order of what follows. The joiners that scripts need
    (U+200C, U+200D) are none of them. */
const UNSEEN = /[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+/g;

const LONGEST = 80;

/** One line without hidden characters; cut, with an ellipsis, where it is too long. */
export function plain(text: string, longest = LONGEST): string {
  const line = text.slice(0, longest * 8).replace(UNSEEN, '').replace(CONTROL, ' ').replace(/\s+/g, ' ').trim();
  const letters = [...line];
  return letters.length <= longest ? line : `${letters.slice(0, longest - 1).join('')}…`;
}

/** The last part of a program's path. */
export function fileName(path: string): string {
  return path.split(/[/\\]/).filter(Boolean).at(-1) ?? path;
}

/** Two letters for a provider without a mark. */
export function monogram(name: string): string {
  const words = plain(name).split(/[\s._-]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.map((word) => [...word].find((c) => /[\p{L}\p{N}]/u.test(c)) ?? '');
  return (letters.length > 1 ? `${letters[0]}${letters[1]}` : (letters[0] ?? '?')).toUpperCase();
}

/** One of `count` tints, always the same for the same text. */
export function tint(text: string, count: number): number {
  let sum = 7;
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % count;
}
