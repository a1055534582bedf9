// A made-up language for tests: the same words, a third longer and with accents, so that what is cut off, and what is
// not in the catalogue, is seen at once.

const LETTERS: Record<string, string> = {
  a: 'à', e: 'é', i: 'î', o: 'ö', u: 'ü', c: 'ç', n: 'ñ', s: 'š', y: 'ý',
  A: 'Å', E: 'É', I: 'Î', O: 'Ø', U: 'Û', C: 'Ç', N: 'Ñ', S: 'Š', Y: 'Ý',
};

const VOWELS = 'aeiou';

/** The text with accents, and every vowel doubled until it is 35 % longer. */
export function stretched(text: string): string {
  let owed = 0;
  let out = '';
  for (const letter of text) {
    const changed = LETTERS[letter] ?? letter;
    out += changed;
    owed += 0.35;
    if (owed >= 1 && VOWELS.includes(letter)) {
      out += changed;
      owed -= 1;
    }
  }
  return owed >= 1 ? out + '~'.repeat(Math.min(3, Math.floor(owed))) : out;
}
