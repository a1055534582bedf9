// How long the list takes to follow a keystroke.
import { bench, describe } from 'vitest';
import { ALL, filtered, grouped, inOrder } from '../../src/model/filter';
import { sceneOf } from '../../src/host/pretend/scenes';

const accounts = inOrder(sceneOf('crowd').snapshot.accounts);

describe('a keystroke', () => {
  bench('over 1 000 accounts', () => void grouped(filtered(accounts.slice(0, 1000), { ...ALL, text: 'person1' })));
  bench('over 2 000 accounts', () => void grouped(filtered(accounts, { ...ALL, text: 'work mail' })));
  bench('putting 2 000 accounts in order', () => void inOrder(accounts));
});
