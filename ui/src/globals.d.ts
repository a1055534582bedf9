// What the build puts in by itself.
/// <reference types="svelte" />

/** True in a page that talks to the stand-in instead of the program. */
declare const __PRETEND__: boolean;

interface Window {
  /** What the program hands to its page at the start. */
  readonly __BOWLINE_FIRST__?: import('./types/First').First;
}
