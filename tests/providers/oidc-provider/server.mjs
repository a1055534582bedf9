// A certified OpenID provider on a free loopback port, for the tests: the same protocol as Bowline's own
// practice provider, from other people's hands.
//
//   node server.mjs [--port N] [--access-ttl SECONDS] [--refresh-ttl SECONDS] [--rotate always|never]
//
// Says {"event":"ready","issuer":…} on stdout once it answers, and ends on SIGTERM. Any name signs in with any
// password; the name "denied" is refused. The redirect http://127.0.0.1:ANY/callback belongs to every client:
// native-app and device-app (public), basic-app and post-app (secret below), no-refresh-app.
//
// What a test may ask of it, JSON in and out:
//   GET  /test/log                            what the protocol routes were asked, and what they answered
//   POST /test/config {"accessTtl":2,"rotate":"never"}                   from now on
//   POST /test/fail   {"route":"token","status":503,"body":{…},"headers":{…},"delayMs":0,"times":1}
//                     the next answers of that route; {"hang":true} never answers; status 0 only delays
//   POST /test/revoke {"sub":"alice"}         everything alice allowed is withdrawn (everybody's without sub)
//
// Its packages are looked for in BOWLINE_NODE_FOLDER, else beside this file (tests/providers/prepare).
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const folder = process.env.BOWLINE_NODE_FOLDER ?? import.meta.dirname;
const found = createRequire(path.join(folder, 'package.json')).resolve('oidc-provider');
const { Provider } = await import(pathToFileURL(found));

const text = (value) => ({ type: 'string', default: value });
const { values: given } = parseArgs({
  options: { port: text('0'), 'access-ttl': text('3600'), 'refresh-ttl': text('1209600'), rotate: text('always') },
});
const settings = {
  accessTtl: Number(given['access-ttl']), refreshTtl: Number(given['refresh-ttl']), rotate: given.rotate,
};
const SECRET = 'basic-or-post-secret-of-at-least-32-bytes';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

// --- what it keeps: one table a model, in memory, where /test/revoke can reach it
const tables = new Map();
class Memory {
  constructor(model) {
    if (!tables.has(model)) tables.set(model, new Map());
    this.table = tables.get(model);
  }

  async upsert(id, payload, lifetime) {
    this.table.set(id, { ...payload, endsAt: lifetime ? Date.now() + lifetime * 1000 : Infinity });
  }

  async find(id) {
    const row = this.table.get(id);
    return row && row.endsAt > Date.now() ? row : undefined;
  }

  async where(field, value) {
    return [...this.table.values()].find((row) => row[field] === value && row.endsAt > Date.now());
  }

  findByUid(uid) { return this.where('uid', uid); }
  findByUserCode(code) { return this.where('userCode', code); }
  async consume(id) { this.table.get(id).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { this.table.delete(id); }
  async revokeByGrantId(grantId) { forget((row) => row.grantId === grantId); }
}

function forget(matches) {
  let count = 0;
  for (const table of tables.values()) {
    for (const [id, row] of table) if (matches(row) && table.delete(id)) count += 1;
  }
  return count;
}

// --- who may ask
const client = (id, grants, more = {}) => ({
  client_id: id, application_type: 'native', token_endpoint_auth_method: 'none', grant_types: grants,
  response_types: grants.includes('authorization_code') ? ['code'] : [],
  redirect_uris: grants.includes('authorization_code')
    ? ['http://127.0.0.1/callback', 'http://[::1]/callback', 'http://localhost/callback'] : [],
  ...more,
});
const secret = (how) => ({ client_secret: SECRET, token_endpoint_auth_method: `client_secret_${how}` });
const clients = [
  client('native-app', ['authorization_code', 'refresh_token', DEVICE]),
  client('device-app', ['refresh_token', DEVICE]),
  client('no-refresh-app', ['authorization_code']),
  client('basic-app', ['authorization_code', 'refresh_token'], secret('basic')),
  client('post-app', ['authorization_code', 'refresh_token'], secret('post')),
];

const on = { enabled: true };
const open = { enabled: true, allowedPolicy: () => true };
const configuration = {
  adapter: Memory,
  clients,
  scopes: ['openid', 'offline_access', 'profile', 'email', 'mail.read', 'mail.send'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
  conformIdTokenClaims: false, // the large providers put name and address into the id_token as well
  cookies: { keys: ['nothing here is a secret'] },
  pkce: { required: () => true },
  findAccount: (_ctx, sub) => ({
    accountId: sub,
    claims: () => ({ sub, name: `${sub} of the tests`, preferred_username: sub, email: `${sub}@example.test`, email_verified: true }),
  }),
  interactions: { url: (_ctx, { uid }) => `/person/${uid}` },
  issueRefreshToken: (_ctx, who, code) => who.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  rotateRefreshToken: () => settings.rotate === 'always',
  expiresWithSession: () => false,
  features: {
    devInteractions: { enabled: false }, deviceFlow: on, registration: on, registrationManagement: on, userinfo: on,
    revocation: open, introspection: open, dPoP: { enabled: false }, rpInitiatedLogout: { enabled: false },
  },
  ttl: {
    AccessToken: () => settings.accessTtl, RefreshToken: () => settings.refreshTtl, AuthorizationCode: 60,
    IdToken: 3600, DeviceCode: 600, Interaction: 600, Session: 86400, Grant: 1209600,
  },
};

// --- the pages that a person sees
const html = (s) => String(s ?? '').replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
function show(res, title, content, status = 200) {
  res.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
  res.end(`<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${content}</html>`);
}
const form = (uid, verb, content, button) => `<form method="post" action="/person/${uid}/${verb}">${content}
<button>${button}</button></form>`;
const box = (scope) => (['openid', 'offline_access'].includes(scope)
  ? `<input type="hidden" name="scope" value="${scope}">`
  : `<p><label><input type="checkbox" name="scope" value="${html(scope)}" checked> ${html(scope)}</label></p>`);

async function read(req) {
  const parts = [];
  for await (const part of req) parts.push(part);
  return Buffer.concat(parts).toString();
}

async function person(provider, req, res, verb) {
  const { uid, prompt, params, session, grantId } = await provider.interactionDetails(req, res);
  const done = (result) => provider.interactionFinished(req, res, result, { mergeWithLastSubmission: !result.error });
  const wanted = prompt.details.missingOIDCScope ?? [];
  if (req.method === 'GET') {
    const cancel = form(uid, 'cancel', '', 'Cancel');
    return prompt.name === 'login'
      ? show(res, 'Sign in', form(uid, 'login', `<label>Name <input name="login" value="${html(params.login_hint)}"></label>
<label>Password <input name="password" type="password"></label>`, 'Sign in') + cancel)
      : show(res, 'Allow access?', `<p>${html(params.client_id)} asks for ${html(session.accountId)}.</p>${
        form(uid, 'allow', wanted.map(box).join(''), 'Allow')}${cancel}`);
  }
  const fields = new URLSearchParams(await read(req));
  if (verb === 'login' && fields.get('login') !== 'denied') return done({ login: { accountId: fields.get('login') || 'alice' } });
  if (verb !== 'allow') return done({ error: 'access_denied', error_description: 'the person said no' });
  const grant = (grantId && await provider.Grant.find(grantId))
    || new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const kept = fields.getAll('scope');
  grant.addOIDCScope(wanted.filter((s) => kept.includes(s)).join(' '));
  grant.rejectOIDCScope(wanted.filter((s) => !kept.includes(s)).join(' '));
  if (prompt.details.missingOIDCClaims) grant.addOIDCClaims(prompt.details.missingOIDCClaims);
  return done({ consent: { grantId: await grant.save() } });
}

// --- what a test may ask
const log = [];
const faults = [];
function answer(res, value, status = 200, headers = {}) {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(JSON.stringify(value));
}

async function control(req, res, verb) {
  const body = req.method === 'POST' ? JSON.parse(await read(req) || '{}') : {};
  if (verb === 'log') return answer(res, log);
  if (verb === 'config') return answer(res, Object.assign(settings, body));
  if (verb === 'fail') return answer(res, { waiting: faults.push({ status: 503, times: 1, delayMs: 0, ...body }) });
  if (verb === 'revoke') return answer(res, { forgotten: forget((row) => row.accountId && (!body.sub || row.accountId === body.sub)) });
  return answer(res, { error: 'there is no such control' }, 404);
}

/** Plays the next fault of this route; true when the request is answered, or never will be. */
async function spoiled(res, route) {
  const fault = faults.find((f) => f.route === route && f.times > 0);
  if (!fault) return false;
  fault.times -= 1;
  log.push({ route, fault: fault.hang ? 'hang' : fault.status });
  if (fault.hang) return true;
  await new Promise((resolve) => { setTimeout(resolve, fault.delayMs); });
  if (fault.status === 0) return false;
  answer(res, fault.body ?? { error: 'temporarily_unavailable' }, fault.status, fault.headers);
  return true;
}

async function route(provider, req, res) {
  const [, first, second, third] = new URL(req.url, 'http://localhost').pathname.split('/');
  if (first === 'test') return control(req, res, second);
  if (await spoiled(res, first)) return undefined;
  if (first === 'person') return person(provider, req, res, third);
  return provider.callback()(req, res);
}

// --- start
console.warn = console.info = () => {}; // its advice for production is noise here
const server = http.createServer();
server.listen(Number(given.port), '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  provider.use(async (ctx, next) => {
    await next();
    const asked = ctx.oidc?.params;
    if (asked) {
      log.push({ route: ctx.path.slice(1), client: asked.client_id ?? ctx.oidc.client?.clientId, grant_type: asked.grant_type, scope: asked.scope, status: ctx.status, error: ctx.body?.error });
    }
  });
  server.on('request', (req, res) => route(provider, req, res).catch((e) => {
    if (!res.headersSent) answer(res, { error: e.error ?? 'server_error', error_description: e.message }, e.statusCode ?? 500);
  }));
  process.stdout.write(`${JSON.stringify({ event: 'ready', issuer, secret: SECRET, clients: clients.map((c) => c.client_id), pid: process.pid })}\n`);
});
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
