# Each of these works alone on a fresh Debian 12 with Rust and Node.js: it installs what it needs, then does its job.
#
#   make run     a story to look at: an account connected, its token used by a small app, run out, and renewed
#   make test    format, lints, all tests, the rules; the whole takes under 40 minutes on two cores, cold
#   make bench   what the agent costs: memory, time to start, time for a token
#   make check   the quick gate: format, lints, rules
#   make trace   which requirement and standard rows are covered by which tests
.PHONY: run test bench check trace

run:
	@.ci/demo

test:
	@.ci/test

bench:
	@.ci/bench

check:
	@.ci/check

trace:
	@.ci/trace
