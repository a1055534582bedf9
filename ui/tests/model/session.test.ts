// What the window knows, kept true: questions that ran out are gone, and nobody is told of one twice.
import { describe, expect, test } from 'vitest';
import { pretend } from '../../src/host/pretend';
import { Session } from '../../src/model/session.svelte';
import { at, MINUTE, question } from './given';

const settled = (): Promise<void> => new Promise((then) => setTimeout(then));

describe('what is handed over with the page', () => {
  test('is there before anything is asked, and what is asked for then takes its place', async () => {
    const host = pretend(new URLSearchParams('scene=usual&clock=hand&first=yes'));
    const session = new Session(host, () => undefined, () => undefined);
    expect(session.loaded).toBe(true);
    expect(session.accounts.length).toBeGreaterThan(0);
    expect(host.strings.calls).toEqual([]);
    session.start();
    host.strings.change({ removed: session.accounts[0]?.id ?? '' });
    const left = session.accounts.length;
    await settled();
    expect(host.strings.calls.map(([name]) => name)).toEqual(['snapshot']);
    expect(session.accounts).toHaveLength(left + 1);
  });

  test('where nothing is, the list is not there until it was asked for', async () => {
    const session = new Session(pretend(new URLSearchParams('clock=hand')), () => undefined, () => undefined);
    expect(session.loaded).toBe(false);
    session.start();
    await settled();
    expect(session.loaded).toBe(true);
  });
});

describe('alerts', () => {
  test('f46 are there from the start, and go when the agent says so', async () => {
    const host = pretend(new URLSearchParams('scene=trouble&clock=hand'));
    const session = new Session(host, () => undefined, () => undefined);
    session.start();
    await settled();
    expect(session.alerts.map((alert) => alert.name)).toContain('breaker_open');
    host.strings.change({ alerts: [] });
    expect(session.alerts).toEqual([]);
  });
});

describe('questions', () => {
  test('that ran out are dropped by the clock, and told once', async () => {
    const host = pretend(new URLSearchParams('scene=ask-many&clock=hand'));
    const over: string[] = [];
    const session = new Session(host, () => undefined, (one) => over.push(one.id));
    session.start();
    await settled();
    host.strings.advance(59_000);
    expect(session.questions).toHaveLength(5);
    host.strings.advance(1_000);
    expect(session.questions.map((one) => one.id)).toEqual(['req_app', 'req_again']);
    host.strings.advance(MINUTE);
    expect(over).toEqual(['req_prog', 'req_prog2', 'req_prog3']);
  });

  test('that ran out are not taken up at all', () => {
    const host = pretend(new URLSearchParams('clock=hand'));
    const session = new Session(host, () => undefined, () => undefined);
    session.take({ questions: [question({ id: 'old', expires_at: at(-1) }), question({ id: 'new', expires_at: at(1) })] });
    expect(session.questions.map((one) => one.id)).toEqual(['new']);
  });
});
