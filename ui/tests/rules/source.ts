// The window's own source, read for the rules.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A file of the source, its path from the ui's folder. */
export interface Source {
  path: string;
  text: string;
}

function walked(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walked(path) : [path];
  });
}

/** All files below a folder with one of these endings. */
export function sources(folder: string, ...endings: string[]): Source[] {
  const paths = walked(join(ROOT, folder)).filter((path) => endings.some((ending) => path.endsWith(ending)));
  return paths.map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }));
}
