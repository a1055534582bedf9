// The window as a whole: the host, what is known, where the person is, and the acts that several screens share.
import { createContext } from 'svelte';
import type { Host } from '../host/host';
import type { Account } from '../types/Account';
import type { Place } from '../types/Place';
import type { Question } from '../types/Question';
import { say } from '../text/words';
import { Connecting } from './connecting.svelte';
import { asProblem, problemText } from './failures';
import { Prefs } from './prefs.svelte';
import { routeOf, Router, type Route } from './route.svelte';
import { Session } from './session.svelte';
import { verb } from './status';
import { Tellings } from './tellings.svelte';

export class App {
  readonly host: Host;
  readonly router = new Router();
  readonly prefs: Prefs;
  readonly session: Session;
  readonly connecting: Connecting;
  readonly tellings: Tellings;
  /** Accounts with something under way, by id. */
  busy = $state.raw<ReadonlySet<string>>(new Set());
  /** The account that a dialog asks about. */
  asking = $state.raw<{ what: 'rename' | 'disconnect' | 'emergency'; account: Account } | null>(null);
  /** Questions that the person put off, by id. */
  putOff = $state.raw<ReadonlySet<string>>(new Set());
  /** Questions whose answer is on its way, by id. */
  readonly answering = new Set<string>();
  /** The question that the person was led to, by its id. */
  led = $state<string | null>(null);
  /** The agent is being started. */
  restarting = $state(false);
  /** Counts up when the person wants to close the window by a key. */
  closing = $state(0);

  constructor(host: Host) {
    this.host = host;
    this.tellings = new Tellings(host.clock);
    this.prefs = new Prefs(host, (thrown) => this.tellings.trouble(problemText(asProblem(thrown))));
    this.connecting = new Connecting(host, () => this.tellings.note(say('told-too-late')));
    this.session = new Session(host, (place) => this.#show(place), (question) => this.#ranOut(question));
  }

  #show(place: Place): void {
    const route = routeOf(place) ?? this.#routeOfQuestion(place);
    if (route) this.router.go(route);
    else this.review(typeof place === 'object' && 'question' in place ? place.question : null);
  }

  #ranOut(question: Question): void {
    if (question.kind !== 'reconnect' && !this.answering.has(question.id)) this.tellings.note(say('told-denied-late', { app: question.name }));
  }

  /** A wish for a reconnect is shown with its account. */
  #routeOfQuestion(place: Place): Route | null {
    if (typeof place === 'string' || !('question' in place)) return null;
    const asked = this.session.questions.find((question) => question.id === place.question);
    return asked?.kind === 'reconnect' && asked.account ? { screen: 'account', id: asked.account } : null;
  }

  /** Shows the questions again that were put off, the given one first. */
  review(first: string | null = null): void {
    this.putOff = new Set();
    this.led = first;
  }

  start(): () => void {
    void this.prefs.load();
    const stops = [this.session.start(), this.router.start()];
    return () => stops.forEach((stop) => stop());
  }

  /** Runs one act on an account, with the account marked busy, and tells where it did not work. */
  async act<T>(id: string, doing: () => Promise<T>): Promise<T | null> {
    if (this.busy.has(id)) return null;
    this.busy = new Set([...this.busy, id]);
    try {
      return await doing();
    } catch (thrown) {
      this.tellings.trouble(problemText(asProblem(thrown)));
      return null;
    } finally {
      this.busy = new Set([...this.busy].filter((other) => other !== id));
    }
  }

  /** Does the one useful thing about an account. */
  async mend(account: Account): Promise<void> {
    switch (verb(account)) {
      case 'reconnect':
        return this.reconnect(account);
      case 'client':
        return this.router.go({ screen: 'client', id: account.provider });
      case 'doctor':
        return this.router.go({ screen: 'doctor', account: account.id });
      case 'unlock':
        return void (await this.unlock());
      case 'resume':
        return this.pause(account, false);
      case 'refresh':
        return this.refresh(account);
      case null:
        return this.router.go({ screen: 'account', id: account.id });
    }
  }

  async reconnect(account: Account): Promise<void> {
    this.router.go({ screen: 'waiting' });
    await this.connecting.reconnect(account);
  }

  /** Reconnects several, one after another, without coming back to the list. */
  async reconnectAll(accounts: readonly Account[]): Promise<void> {
    this.router.go({ screen: 'waiting' });
    await this.connecting.beginRow(accounts);
  }

  async refresh(account: Account): Promise<void> {
    const fresh = await this.act(account.id, () => this.host.refresh({ account: account.id }));
    if (!fresh) return;
    this.session.put(fresh);
    const done = fresh.status === 'healthy' ? 'told-refreshed' : 'told-not-refreshed';
    this.tellings.note(say(done, { name: fresh.name, provider: fresh.provider_name }));
  }

  async pause(account: Account, paused: boolean): Promise<void> {
    const fresh = await this.act(account.id, () => this.host.pause({ account: account.id, paused }));
    if (!fresh) return;
    this.session.put(fresh);
    const undo = (): void => void this.pause(fresh, !paused);
    this.tellings.note(say(paused ? 'told-paused' : 'told-resumed', { name: fresh.name }), undo);
  }

  async rename(account: Account, label: string): Promise<boolean> {
    const fresh = await this.act(account.id, () => this.host.rename({ account: account.id, label }));
    if (!fresh) return false;
    this.session.put(fresh);
    const undo = (): void => void this.rename(fresh, account.label ?? '');
    this.tellings.note(say('told-renamed', { name: fresh.name }), undo);
    return true;
  }

  /** Names who stands in while the account's provider is down, or nobody. */
  async nameFallback(account: Account, other: string | null): Promise<void> {
    const fresh = await this.act(account.id, () => this.host.name_fallback({ account: account.id, other }));
    if (!fresh) return;
    this.session.put(fresh);
    const undo = (): void => void this.nameFallback(fresh, account.fallback);
    this.tellings.note(say('told-saved'), undo);
  }

  async startEmergency(account: Account, key: { secret: string; reason: string; minutes: number }): Promise<boolean> {
    const fresh = await this.act(account.id, () => this.host.start_emergency({ account: account.id, ...key }));
    if (!fresh) return false;
    this.session.put(fresh);
    this.tellings.note(say('told-emergency', { name: fresh.name }));
    return true;
  }

  async endEmergency(account: Account): Promise<void> {
    const fresh = await this.act(account.id, () => this.host.end_emergency({ account: account.id }));
    if (!fresh) return;
    this.session.put(fresh);
    this.tellings.note(say('told-emergency-ended', { name: fresh.name }));
  }

  async unlock(passphrase?: string): Promise<boolean> {
    try {
      this.session.vault = await this.host.unlock(passphrase === undefined ? {} : { passphrase });
      return !this.session.vault.locked;
    } catch (thrown) {
      this.tellings.trouble(problemText(asProblem(thrown)));
      return false;
    }
  }

  /** Starts the agent again. */
  async restart(): Promise<void> {
    if (this.restarting) return;
    this.restarting = true;
    try {
      await this.host.restart_agent();
      await this.session.load();
    } catch (thrown) {
      this.tellings.trouble(problemText(asProblem(thrown)));
    } finally {
      this.restarting = false;
    }
  }

  /** Calls off the sign-in under way. */
  async stopConnecting(): Promise<void> {
    const begun = this.connecting.attempt !== null;
    try {
      await this.connecting.cancel();
      if (!begun) this.tellings.note(say('wait-title-cancelled'));
    } catch (thrown) {
      this.tellings.trouble(problemText(asProblem(thrown)));
    }
  }

  /** Says no to somebody who wants an account to be reconnected. */
  async decline(request: string): Promise<void> {
    const done = await this.act(request, async () => {
      await this.host.answer({ request, answer: 'deny' }).catch(unlessOver);
      return true;
    });
    if (done) this.session.answered([request]);
  }

  /** Copies something that is no secret, and says so. */
  async copy(doing: () => Promise<void>, told = 'told-copied'): Promise<void> {
    try {
      await doing();
      this.tellings.note(say(told));
    } catch (thrown) {
      this.tellings.trouble(problemText(asProblem(thrown)));
    }
  }

  /** Opens a page of the provider in the browser, by an account's id or the provider's; the program knows its address. */
  async openPage(page: 'dashboard' | 'console', id: string): Promise<void> {
    try {
      await this.host.open_page({ page, id });
    } catch (thrown) {
      this.tellings.trouble(problemText(asProblem(thrown)));
    }
  }
}

/** A question that is not there any more needs no answer. */
function unlessOver(thrown: unknown): void {
  if (asProblem(thrown).code !== 'request_not_found') throw thrown;
}

export const [useApp, provideApp] = createContext<App>();
