// One try to connect, and calling it off: at once while it is being prepared, and truthfully afterwards.
import { describe, expect, test } from 'vitest';
import { pretend, type Strings } from '../../src/host/pretend';
import type { Host } from '../../src/host/host';
import { Connecting } from '../../src/model/connecting.svelte';

const WISH = { provider: 'google', account: null, scopes: null, login_hint: null, device: false };
const settled = (): Promise<void> => new Promise((then) => setTimeout(then));

interface Given {
  host: Host;
  connecting: Connecting;
  strings: Strings;
  late: number[];
  called: (name: string) => unknown[];
}

function begin(): Given {
  const made = pretend(new URLSearchParams('scene=usual&clock=hand'));
  const late: number[] = [];
  const connecting = new Connecting(made, () => late.push(1));
  return { host: made, connecting, strings: made.strings, late, called: (name) => made.strings.calls.filter(([command]) => command === name).map(([, args]) => args) };
}

describe('calling off', () => {
  test('what is only being prepared clears it at once, and calls it off when it arrives', async () => {
    const { connecting, strings, called } = begin();
    strings.hold('connect');
    void connecting.begin(WISH);
    await settled();
    expect(await connecting.cancel()).toBe(true);
    expect([connecting.wish, connecting.open]).toEqual([null, false]);
    expect(called('cancel_attempt')).toEqual([]);
    strings.letGo('connect');
    await settled();
    expect(called('cancel_attempt')).toEqual([{ id: 'att_1' }]);
    expect([connecting.attempt, called('attempt')]).toEqual([null, []]);
  });

  test('what waits is cancelled once the agent says so', async () => {
    const { connecting, late } = begin();
    await connecting.begin(WISH);
    expect(await connecting.cancel()).toBe(true);
    expect([connecting.stage, late]).toEqual(['cancelled', []]);
  });

  test('what came back already goes on to its end, and is told', async () => {
    const { connecting, strings, late } = begin();
    await connecting.begin(WISH);
    strings.end('exchanging');
    await settled();
    expect(await connecting.cancel()).toBe(false);
    expect([connecting.stage, connecting.open, late]).toEqual(['exchanging', true, [1]]);
    strings.advance(1000);
    await settled();
    strings.end('connected');
    await settled();
    expect(connecting.stage).toBe('connected');
  });

  test('what is connected meanwhile is connected', async () => {
    const { connecting, strings, late } = begin();
    await connecting.begin(WISH);
    strings.hold('cancel_attempt');
    const cancelled = connecting.cancel();
    strings.end('connected');
    await settled();
    strings.letGo('cancel_attempt');
    expect(await cancelled).toBe(false);
    expect([connecting.stage, connecting.done, late]).toEqual(['connected', 1, [1]]);
  });

  test('that the agent did not hear changes nothing', async () => {
    const { connecting, strings } = begin();
    await connecting.begin(WISH);
    strings.fail('cancel_attempt', 'temporarily_unavailable');
    await expect(connecting.cancel()).rejects.toMatchObject({ code: 'temporarily_unavailable' });
    expect([connecting.stage, connecting.stopping]).toEqual(['waiting', false]);
  });

  test('in favour of a code starts nothing new where it was too late', async () => {
    const { connecting, strings, called } = begin();
    await connecting.begin(WISH);
    strings.end('exchanging');
    await settled();
    await connecting.repeat({ device: true });
    expect([called('connect').length, connecting.stage]).toEqual([1, 'exchanging']);
  });
});
