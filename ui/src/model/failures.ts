// A try to connect that failed, and what to do about it: each of the contract's codes has its own words and one move.
import { canSay, say } from '../text/words';
import type { Problem } from '../types/Problem';
import { found } from './table';

/** What the first button of a failure does. */
export type Move = 'again' | 'client' | 'doctor' | 'copy-address' | 'same-person' | 'unlock';

interface Failure {
  words: string;
  move: Move;
}

const FAILURES: Record<string, Failure> = {
  access_denied: { words: 'fail-access-denied', move: 'again' },
  state_mismatch: { words: 'fail-state-mismatch', move: 'again' },
  state_expired: { words: 'fail-timed-out', move: 'again' },
  missing_code: { words: 'fail-missing-code', move: 'again' },
  issuer_mismatch: { words: 'fail-issuer-mismatch', move: 'doctor' },
  invalid_grant: { words: 'fail-invalid-grant', move: 'again' },
  invalid_client: { words: 'fail-invalid-client', move: 'client' },
  invalid_scope: { words: 'fail-invalid-scope', move: 'again' },
  unauthorized_client: { words: 'fail-unauthorized-client', move: 'client' },
  redirect_mismatch: { words: 'fail-redirect-mismatch', move: 'copy-address' },
  invalid_response: { words: 'fail-invalid-response', move: 'again' },
  id_token_invalid: { words: 'fail-id-token-invalid', move: 'doctor' },
  missing_scope: { words: 'fail-missing-scope', move: 'again' },
  account_mismatch: { words: 'fail-account-mismatch', move: 'same-person' },
  provider_unreachable: { words: 'fail-provider-unreachable', move: 'again' },
  provider_error: { words: 'fail-provider-error', move: 'again' },
  tls: { words: 'fail-tls', move: 'doctor' },
  rate_limited: { words: 'fail-rate-limited', move: 'again' },
  timed_out: { words: 'fail-timed-out', move: 'again' },
  cancelled: { words: 'fail-cancelled', move: 'again' },
  port_in_use: { words: 'fail-port-in-use', move: 'again' },
  expired_token: { words: 'fail-expired-token', move: 'again' },
  too_many_attempts: { words: 'fail-too-many-attempts', move: 'again' },
  storage_error: { words: 'fail-storage-error', move: 'doctor' },
  locked: { words: 'fail-locked', move: 'unlock' },
  provider_misconfigured: { words: 'fail-invalid-client', move: 'client' },
};

/** The codes that have words of their own. */
export const FAILURE_CODES = Object.keys(FAILURES);

/** What to say, and what to offer; the agent's own sentence where the code is not known. */
export function failure(problem: Problem, provider: string): { text: string; move: Move } {
  const known = found(FAILURES, problem.code);
  if (!known || !canSay(known.words)) return { text: problem.detail || say('problem-unknown'), move: 'again' };
  const values = { provider, seconds: problem.retry_after_s ?? 60, scope: problem.missing_scopes.join(', ') };
  return { text: say(known.words, values), move: known.move };
}

/** Anything that was thrown, as a problem. */
export function asProblem(thrown: unknown): Problem {
  const known = thrown as Partial<Problem> | null;
  if (known && typeof known === 'object' && typeof known.code === 'string') {
    return { detail: '', action: null, provider_words: null, missing_scopes: [], retry_after_s: null, ...known, code: known.code };
  }
  const none = { action: null, provider_words: null, missing_scopes: [], retry_after_s: null };
  return { code: 'internal', detail: say('problem-unknown'), ...none };
}

/** The sentence of a command that failed. */
export function problemText(problem: Problem): string {
  return problem.detail || say('problem-unknown');
}
