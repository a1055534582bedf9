// The one way to a sentence: `say` looks it up in the catalogue. Values that come from outside are cut and cleaned on
// the way in, and Fluent sets each apart so that no name can turn the text around it.
import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import catalogue from './en.ftl?raw';
import { plain } from '../model/names';
import { stretched } from './stretched';

/** What a sentence may name. */
export type Values = Record<string, string | number | null | undefined>;

/** A number needs no fence around it. */
const NUMBER = /\u2068([\d.,]+)\u2069/g;

let bundle = made(undefined);

function made(transform: ((text: string) => string) | undefined): FluentBundle {
  const fresh = new FluentBundle('en', transform ? { transform } : {});
  fresh.addResource(new FluentResource(catalogue));
  return fresh;
}

/** Speaks a made-up language whose words are a third longer, to see whether everything still fits. */
export function speakStretched(): void {
  bundle = made(stretched);
}

function cleaned(values: Values): Record<string, FluentVariable> {
  const clean = Object.entries(values).map(([name, value]) => {
    if (typeof value === 'number') return [name, value];
    return [name, plain(value ?? '') || say('unnamed')];
  });
  return Object.fromEntries(clean);
}

/** The sentence of this id; the id itself where there is none, which a test rules out. */
export function say(id: string, values: Values = {}): string {
  const message = bundle.getMessage(id);
  if (!message?.value) return id;
  const text = bundle.formatPattern(message.value, Object.keys(values).length > 0 ? cleaned(values) : null, []);
  return text.replace(NUMBER, '$1');
}

/** True where the catalogue has a sentence of this id. */
export function canSay(id: string): boolean {
  return bundle.hasMessage(id);
}

/** The name of something from outside, alone, or the word for what has none. */
export function named(text: string | null | undefined): string {
  return plain(text ?? '') || say('unnamed');
}
