// Fails when the page grows beyond what was promised: 150 kB of script and 20 kB of style, gzipped.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const LIMITS = { js: 150_000, css: 20_000 };
const dist = new URL('../dist/', import.meta.url).pathname;

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

const all = files(dist);
let fits = true;
for (const [kind, limit] of Object.entries(LIMITS)) {
  const bytes = all.filter((path) => path.endsWith(`.${kind}`)).reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
  fits &&= bytes > 0 && bytes <= limit;
  console.log(`${kind}: ${(bytes / 1000).toFixed(1)} kB gzipped, of ${limit / 1000} kB`);
}
process.exit(fits ? 0 : 1);
