// What the window knows of the agent: one snapshot, kept true by its changes. Screens read it and never write it.
import type { Host } from '../host/host';
import type { Account } from '../types/Account';
import type { AgentState } from '../types/AgentState';
import type { Alert } from '../types/Alert';
import type { Change } from '../types/Change';
import type { Place } from '../types/Place';
import type { Problem } from '../types/Problem';
import type { Question } from '../types/Question';
import type { Snapshot } from '../types/Snapshot';
import type { Vault } from '../types/Vault';
import { inOrder, placed } from './filter';
import { asProblem } from './failures';
import { ranOut } from './questions';
import { needsYou } from './status';

export class Session {
  loaded = $state(false);
  problem = $state.raw<Problem | null>(null);
  agent = $state<AgentState>('starting');
  vault = $state.raw<Vault | null>(null);
  accounts = $state.raw<Account[]>([]);
  questions = $state.raw<Question[]>([]);
  alerts = $state.raw<Alert[]>([]);
  /** Counts up when somebody changed the apps. */
  appsChanged = $state(0);
  /** The time, moved on each second. */
  now = $state(0);
  /** The time in whole minutes, for what need not tick each second. */
  readonly minute = $derived(this.now - (this.now % 60_000));
  readonly needing = $derived(this.accounts.filter(needsYou));

  readonly #host: Host;
  readonly #show: (place: Place) => void;
  readonly #over: (question: Question) => void;

  /** `show` leads to a place; `over` hears of questions that nobody answered in time. */
  constructor(host: Host, show: (place: Place) => void, over: (question: Question) => void) {
    this.#host = host;
    this.#show = show;
    this.#over = over;
    this.now = host.clock.now();
    if (host.first) this.#all(host.first.snapshot);
  }

  /** Asks for everything, whatever was handed over before, and follows what changes; the answer ends that. */
  start(): () => void {
    const stopListening = this.#host.onChange((change) => this.take(change));
    let stopTicking = (): void => undefined;
    const tick = (): void => {
      this.now = this.#host.clock.now();
      this.#dropOver();
      stopTicking = this.#host.clock.after(1000, tick);
    };
    tick();
    void this.load();
    return () => {
      stopListening();
      stopTicking();
    };
  }

  /** Asks for everything anew. */
  async load(): Promise<void> {
    this.problem = null;
    try {
      this.#all(await this.#host.snapshot());
    } catch (thrown) {
      this.problem = asProblem(thrown);
    }
  }

  account(id: string | null | undefined): Account | undefined {
    return this.accounts.find((account) => account.id === id);
  }

  /** Takes up one change. */
  take(change: Change): void {
    if (change === 'apps') this.appsChanged += 1;
    else if ('snapshot' in change) this.#all(change.snapshot);
    else if ('agent' in change) this.agent = change.agent;
    else if ('vault' in change) this.vault = change.vault;
    else if ('account' in change) this.put(change.account);
    else if ('removed' in change) this.remove(change.removed);
    else if ('questions' in change) this.questions = this.#open(change.questions);
    else if ('alerts' in change) this.alerts = change.alerts;
    else this.#show(change.place);
  }

  /** One account, new or as it is now. */
  put(account: Account): void {
    this.accounts = placed(this.accounts, account);
  }

  /** Questions that were just answered; the agent says so too, a little later. */
  answered(ids: readonly string[]): void {
    this.questions = this.questions.filter((question) => !ids.includes(question.id));
  }

  remove(id: string): void {
    this.accounts = this.accounts.filter((account) => account.id !== id);
  }

  #open(questions: readonly Question[]): Question[] {
    const now = this.#host.clock.now();
    return questions.filter((question) => !ranOut(question, now));
  }

  /** Nobody can answer any more what has run out. */
  #dropOver(): void {
    const open = this.#open(this.questions);
    if (open.length === this.questions.length) return;
    const over = this.questions.filter((question) => !open.includes(question));
    this.questions = open;
    over.forEach(this.#over);
  }

  #all(snapshot: Snapshot): void {
    this.agent = snapshot.agent;
    this.vault = snapshot.vault;
    this.accounts = inOrder(snapshot.accounts);
    this.questions = this.#open(snapshot.questions);
    this.alerts = snapshot.alerts;
    this.loaded = true;
  }
}
