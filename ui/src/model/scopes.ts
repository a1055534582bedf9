// Permissions in plain words. Providers name them as they like; the ones that are well known here have a sentence, and
// the others are guessed from their shape, with the raw name always at hand under Details.
import { say } from '../text/words';
import { plain } from './names';
import { found } from './table';

/** What a permission lets an app do. */
export type Kind = 'read' | 'change' | 'delete';

/** A permission as it is shown. */
export interface Shown {
  raw: string;
  kind: Kind;
  words: string;
}

const G = 'https://www.googleapis.com/auth/';

const KNOWN: Record<string, [Kind, string]> = {
  openid: ['read', 'scope-who-you-are'],
  profile: ['read', 'scope-profile'],
  email: ['read', 'scope-email'],
  offline_access: ['read', 'scope-stay'],
  'offline.access': ['read', 'scope-stay'],
  [`${G}userinfo.email`]: ['read', 'scope-email'],
  [`${G}userinfo.profile`]: ['read', 'scope-profile'],
  [`${G}gmail.readonly`]: ['read', 'scope-mail-read'],
  [`${G}gmail.send`]: ['change', 'scope-mail-send'],
  [`${G}gmail.modify`]: ['change', 'scope-mail-change'],
  'https://mail.google.com/': ['delete', 'scope-mail-all'],
  [`${G}calendar.readonly`]: ['read', 'scope-calendar-read'],
  [`${G}calendar.events`]: ['change', 'scope-calendar-change'],
  [`${G}calendar`]: ['delete', 'scope-calendar-all'],
  [`${G}drive.readonly`]: ['read', 'scope-files-read'],
  [`${G}drive.file`]: ['change', 'scope-files-own'],
  [`${G}drive`]: ['delete', 'scope-files-all'],
  [`${G}contacts.readonly`]: ['read', 'scope-contacts-read'],
  'User.Read': ['read', 'scope-profile'],
  'Mail.Read': ['read', 'scope-mail-read'],
  'Mail.Send': ['change', 'scope-mail-send'],
  'Mail.ReadWrite': ['delete', 'scope-mail-all'],
  'Calendars.Read': ['read', 'scope-calendar-read'],
  'Calendars.ReadWrite': ['delete', 'scope-calendar-all'],
  'Files.Read': ['read', 'scope-files-read'],
  'Files.ReadWrite': ['delete', 'scope-files-all'],
  'Contacts.Read': ['read', 'scope-contacts-read'],
  'read:user': ['read', 'scope-profile'],
  'user:email': ['read', 'scope-email'],
  repo: ['delete', 'scope-repositories-all'],
  public_repo: ['change', 'scope-repositories-public'],
  'read:org': ['read', 'scope-organisations-read'],
  gist: ['change', 'scope-gists'],
  workflow: ['change', 'scope-workflows'],
  notifications: ['read', 'scope-notices-read'],
  delete_repo: ['delete', 'scope-repositories-delete'],
  read_user: ['read', 'scope-profile'],
  read_api: ['read', 'scope-everything-read'],
  api: ['delete', 'scope-everything'],
  read_repository: ['read', 'scope-repositories-read'],
  write_repository: ['change', 'scope-repositories-write'],
  identify: ['read', 'scope-who-you-are'],
  guilds: ['read', 'scope-servers-read'],
  'account_info.read': ['read', 'scope-profile'],
  'files.metadata.read': ['read', 'scope-files-names'],
  'files.content.read': ['read', 'scope-files-read'],
  'files.content.write': ['delete', 'scope-files-all'],
  identity: ['read', 'scope-who-you-are'],
  'users:read': ['read', 'scope-people-read'],
  'channels:read': ['read', 'scope-channels-read'],
  'channels:history': ['read', 'scope-messages-read'],
  'chat:write': ['change', 'scope-messages-send'],
  'users.read': ['read', 'scope-people-read'],
  'tweet.read': ['read', 'scope-posts-read'],
  'tweet.write': ['change', 'scope-posts-write'],
  'user-read-email': ['read', 'scope-email'],
  'playlist-read-private': ['read', 'scope-playlists-read'],
  'playlist-modify-private': ['change', 'scope-playlists-change'],
  'r_liteprofile': ['read', 'scope-profile'],
  'w_member_social': ['change', 'scope-posts-write'],
};

/** Permissions that are worth offering beside a provider's usual ones. */
const OFFERED: Record<string, string[]> = {
  google: [`${G}gmail.readonly`, `${G}gmail.send`, `${G}calendar.readonly`, `${G}calendar.events`, `${G}drive.readonly`, `${G}drive.file`, `${G}contacts.readonly`],
  microsoft: ['Mail.Read', 'Mail.Send', 'Calendars.Read', 'Files.Read', 'Contacts.Read'],
  github: ['user:email', 'read:org', 'repo', 'gist', 'notifications'],
  gitlab: ['read_api', 'read_repository', 'write_repository'],
  dropbox: ['files.metadata.read', 'files.content.read', 'files.content.write'],
  slack: ['channels:read', 'channels:history', 'chat:write'],
  spotify: ['user-read-email', 'playlist-read-private', 'playlist-modify-private'],
  discord: ['email', 'guilds'],
  x: ['tweet.write'],
};

const DELETES = /delete|admin|full|manage|owner|\ball\b/i;
const CHANGES = /write|modify|send|edit|create|update|post|publish|upload|manage/i;

/** What kind of permission this is; for an unknown one, guessed from its name. */
export function kindOf(raw: string): Kind {
  const known = found(KNOWN, raw);
  if (known) return known[0];
  if (DELETES.test(raw)) return 'delete';
  return CHANGES.test(raw) ? 'change' : 'read';
}

/** One permission in words. */
export function shown(raw: string): Shown {
  const known = found(KNOWN, raw);
  return { raw, kind: kindOf(raw), words: known ? say(known[1]) : say('scope-unknown', { scope: plain(raw) }) };
}

/** One permission as part of a sentence. */
export function scopeWord(_provider: string, raw: string): string {
  return shown(raw).words;
}

/** Permissions in their three groups; a sentence that two of them share stands once. */
export function groupedScopes(raw: readonly string[]): Record<Kind, Shown[]> {
  const groups: Record<Kind, Shown[]> = { read: [], change: [], delete: [] };
  for (const scope of raw.map(shown)) {
    const group = groups[scope.kind];
    if (!group.some((other) => other.words === scope.words)) group.push(scope);
  }
  return groups;
}

/** What a provider offers beside the usual. */
export function offered(provider: string, usual: readonly string[]): string[] {
  return (found(OFFERED, provider) ?? []).filter((scope) => !usual.includes(scope));
}

/** Raw names as a person typed them, between spaces or commas. */
export function typedScopes(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}
