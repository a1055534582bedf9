// Writes src/parts/brands.ts: the marks of the few providers that are shown, out of the simple-icons package (CC0).
// Marks that their owners do not want there (Microsoft, Slack, LinkedIn and others) get a monogram instead.
import { readFileSync, writeFileSync } from 'node:fs';

const WANTED = [
  'google', 'github', 'gitlab', 'discord', 'dropbox', 'notion', 'reddit', 'spotify', 'x', 'atlassian', 'auth0', 'bitbucket',
  'box', 'digitalocean', 'figma', 'forgejo', 'gitea', 'keycloak', 'linear', 'mastodon', 'nextcloud', 'okta', 'strava',
  'twitch', 'zoom',
];

const root = new URL('../node_modules/simple-icons/', import.meta.url);
const list = JSON.parse(readFileSync(new URL('data/simple-icons.json', root), 'utf8'));
const version = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version;

function entry(slug) {
  const svg = readFileSync(new URL(`icons/${slug}.svg`, root), 'utf8');
  const path = /<path d="([^"]+)"/.exec(svg)[1];
  const known = list.find((icon) => icon.slug === slug || icon.title.toLowerCase() === slug);
  return `  ${slug}: { colour: '#${known.hex.toLowerCase()}', path: '${path}' },`;
}

const text = `// Marks of providers, drawn on 24 by 24. Written by scripts/brands.mjs out of simple-icons ${version} (CC0); the marks stay
// their owners' and are shown only beside the provider itself.

export interface Brand {
  colour: string;
  path: string;
}

export const BRANDS: Record<string, Brand> = {
${WANTED.map(entry).join('\n')}
};
`;
writeFileSync(new URL('../src/parts/brands.ts', import.meta.url), text);
