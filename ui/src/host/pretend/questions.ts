// Questions that apps and programs ask in the scenes.
import type { Question } from '../../types/Question';
import { at, question } from './made';

export const ASKED_BY_APP: Question = question({
  id: 'req_app', name: 'Travel Planner', program: '/usr/bin/travel-planner', parent: '/usr/bin/gnome-shell',
  because: 'to put your trips into your calendar', code: 'amber-harbor',
  wants: [{ provider: 'google', account: null, scopes: ['https://www.googleapis.com/auth/calendar.readonly', 'https://www.googleapis.com/auth/calendar.events'] }],
});

export const ASKED_BY_PROGRAM: Question = question({
  id: 'req_prog', kind: 'program', name: 'curl', program: '/usr/bin/curl', parent: '/usr/bin/bash', account: 'acc_work', expires_at: at(60_000),
});

export const APP_CHANGED: Question = question({
  id: 'req_changed', name: 'Calendar Sync', program: '/tmp/new/calendar-sync', code: 'quiet-lantern',
  wants: [{ provider: null, account: 'acc_work', scopes: null }],
});

export const ASKED_MANY: Question[] = [
  ASKED_BY_PROGRAM,
  { ...ASKED_BY_PROGRAM, id: 'req_prog2', account: 'acc_home' },
  { ...ASKED_BY_PROGRAM, id: 'req_prog3', account: 'acc_code' },
  ASKED_BY_APP,
  question({ id: 'req_again', kind: 'reconnect', name: 'mbsync', account: 'acc_office', because: 'fetch your mail', wants: [] }),
];
