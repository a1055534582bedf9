// Looking something up by a word from outside, which may be any word at all: `constructor` and its like find nothing.

/** The entry of this name, if the table itself has one. */
export function found<T>(table: Record<string, T>, name: string | null | undefined): T | undefined {
  return name !== null && name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}
