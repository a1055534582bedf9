# Each of these works alone on a fresh Debian 12 with Rust and Node.js: it installs what it needs, then does its job.
#
#   make run     the window with a practice account; with no display the same story in a virtual one, with pictures
#   make test    format, lints, all tests, the rules; the whole takes under 40 minutes on two cores, cold
#   make bench   what the agent costs: memory, time to start, time for a token
#   make check   the quick gate: format, lints, rules
#   make trace   which requirement and standard rows are covered by which tests
#   make ui      the window's pages, into ui/dist, which the window's program embeds
#   make types   the pages' types, made anew from src-tauri/src/view.rs
.PHONY: run test bench check trace ui types

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

ui:
	@bash -c '. .ci/ground.sh; programs node npm; build_ui'

types:
	@bash -c '. .ci/ground.sh; packages window; programs cargo node npm; choose_target; build_ui; make_types'
