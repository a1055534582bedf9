// Questions that apps and programs ask in the scenes. Only programs come with a path; what an app is called is its own
// claim, and its code is what tells it apart.
import type { Question } from '../../types/Question';
import { at, DAY, question } from './made';

export const ASKED_BY_APP: Question = question({
  id: 'req_app', name: 'Travel Planner', because: 'to put your trips into your calendar', code: 'amber-harbor',
  wants: [{ provider: 'google', account: null, scopes: ['https://www.googleapis.com/auth/calendar.readonly', 'https://www.googleapis.com/auth/calendar.events'], metrics: false }],
});

/** Two that call themselves the same. */
export const ASKED_ALIKE: Question[] = [
  ASKED_BY_APP,
  question({ id: 'req_twin', name: ASKED_BY_APP.name, code: 'quiet-lantern', wants: [{ provider: null, account: 'acc_work', scopes: null, metrics: false }] }),
];

/** One asker, and more of one account than of another. */
export const ASKED_UNEVENLY: Question = question({
  id: 'req_uneven', name: 'Mail Merge', code: 'silver-meadow',
  wants: [
    { provider: null, account: 'google:ana.lima@northwind.example', scopes: ['https://www.googleapis.com/auth/gmail.send'], metrics: false },
    { provider: null, account: 'microsoft', scopes: ['Mail.Read'], metrics: false },
  ],
});

/** A program that draws figures, and needs no account. */
export const ASKED_FOR_METRICS: Question = question({
  id: 'req_metrics', name: 'Home Dashboard', code: 'brisk-harbour', wants: [{ provider: null, account: null, scopes: null, metrics: true }],
});

export const ASKED_BY_PROGRAM: Question = question({
  id: 'req_prog', kind: 'program', name: 'curl', program: '/usr/bin/curl', parent: '/usr/bin/bash', account: 'acc_work', expires_at: at(60_000),
});

export const PROGRAM_CHANGED: Question = question({
  id: 'req_changed', kind: 'program', name: 'mbsync', program: '/usr/bin/mbsync', parent: '/usr/lib/systemd/systemd', account: 'acc_work',
  allowed_before: at(-12 * DAY), expires_at: at(60_000),
});

export const ASKED_FOR_KEY: Question = question({
  id: 'req_key', kind: 'emergency', name: 'bowline', program: '/usr/bin/bowline', account: 'acc_lab', because: 'release 2.1 has to go out today',
  minutes: 30, expires_at: at(5 * 60_000),
});

export const ASKED_MANY: Question[] = [
  ASKED_BY_PROGRAM,
  { ...ASKED_BY_PROGRAM, id: 'req_prog2', account: 'acc_home' },
  { ...ASKED_BY_PROGRAM, id: 'req_prog3', account: 'acc_code' },
  ASKED_BY_APP,
  question({ id: 'req_again', kind: 'reconnect', name: 'mbsync', account: 'acc_office', because: 'fetch your mail', wants: [] }),
];
