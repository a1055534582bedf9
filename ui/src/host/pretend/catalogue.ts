// The providers that the stand-in knows, as the real catalogue has them.
import type { Provider } from '../../types/Provider';
import { provider } from './made';

const CLIENT = { needs_client: false, has_client: true, has_secret: true };

export const PROVIDERS: Provider[] = [
  provider({ id: 'discord', name: 'Discord', scopes: ['identify'] }),
  provider({ id: 'dropbox', name: 'Dropbox', needs_secret: false, client_auth: 'none', scopes: ['account_info.read'] }),
  provider({
    id: 'github', name: 'GitHub', ...CLIENT, client_id: 'Ov23liQx8TfP2vJ0aaZ1', device: true, scopes: ['read:user'],
    console: 'https://github.com/settings/developers',
    notes: ['Tokens have no end; Bowline asks once a day whether they still hold.'],
  }),
  provider({ id: 'gitlab', name: 'GitLab.com', also: ['gitlab.com'], needs_secret: false, client_auth: 'none' }),
  provider({
    id: 'google', name: 'Google', also: ['gmail.com', 'googlemail.com', 'Gmail', 'YouTube', 'Workspace'], ...CLIENT, device: true,
    client_id: '413928517702-6p0rkq8v1l2m.apps.googleusercontent.com', scopes: ['openid', 'email', 'profile'],
    console: 'https://console.cloud.google.com/auth/clients',
    notes: [
      'Register a client of the type Desktop app.',
      'Disconnecting ends every token of this client for that person, on other computers too.',
    ],
  }),
  provider({ id: 'linkedin', name: 'LinkedIn' }),
  provider({
    id: 'microsoft', name: 'Microsoft', also: ['outlook.com', 'hotmail.com', 'live.com', 'Outlook', 'Office', 'Entra'], ...CLIENT,
    needs_secret: false, client_auth: 'none', device: true, scopes: ['openid', 'profile', 'email', 'offline_access', 'User.Read'],
    client_id: '3b1c7a52-90fe-4f9f-8c1d-2f2f0f4f7a10',
  }),
  provider({ id: 'notion', name: 'Notion', scopes: [] }),
  provider({ id: 'reddit', name: 'Reddit', needs_secret: false, client_auth: 'none', scopes: ['identity'] }),
  provider({ id: 'slack', name: 'Slack', scopes: ['users:read'], redirect_uri: 'https://127.0.0.1:47821/callback' }),
  provider({ id: 'spotify', name: 'Spotify', needs_secret: false, client_auth: 'none', scopes: [], redirect_uri: 'http://127.0.0.1:47821/callback' }),
  provider({ id: 'x', name: 'X', also: ['twitter', 'twitter.com', 'x.com'], needs_secret: false, client_auth: 'none', scopes: ['users.read', 'tweet.read', 'offline.access'] }),
];

export const PRACTICE: Provider = provider({
  id: 'practice', name: 'Practice provider', origin: 'practice', ...CLIENT, needs_secret: false, client_auth: 'none', device: true,
  client_id: 'practice-client', console: null, scopes: ['openid', 'profile', 'offline_access'],
});
