# The commands of the project. `make help` lists them; each is a page at most in scripts/.

.DEFAULT_GOAL := help
.PHONY: help demo test unit e2e drill release format lint bench bench-peers bench-keepalive bench-allocations bench-instructions release-layout fuzz coverage soak deps clean

RELEASE := swift build -c release --static-swift-stdlib

help:  ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: deps release  ## the whole estate, and a guided migration on real traffic; Ctrl-C ends it (ONCE=1: ends by itself)
	@scripts/demo $(if $(ONCE),--once)

test:  ## every check and every test; the last lines say what failed
	@scripts/deps build test
	@scripts/test

unit: deps  ## only the Swift tests (FILTER=RoutingTests: only those)
	swift test $(if $(FILTER),--filter $(FILTER))

e2e: release  ## only the end-to-end tests, on release executables (FILTER=reload: only those)
	@scripts/deps build test
	@scripts/end-to-end $(if $(FILTER),-k $(FILTER))

drill: release  ## kill, hang and fill each part under load, and go back in each state; prints what failed and what is on disk
	@scripts/deps build test
	@scripts/end-to-end -k test_drill

release: deps  ## the executables, optimised, Swift linked in: .build/release
	$(RELEASE)

format:  ## lay out the sources, and redraw the chart of docs/architecture.md
	swift format --in-place --parallel --recursive Package.swift Sources Tests $(wildcard Fuzz)
	scripts/check-imports --write-chart
	scripts/wrap-prose

lint:  ## layout, imports, arithmetic that may trap, dead declarations: the checks that need no build
	@scripts/check-format
	@scripts/check-imports
	@scripts/check-traps
	@scripts/check-dead

bench: release  ## a quick look: the router beside nginx and HAProxy, one thread each
	@scripts/deps build bench
	@Benchmarks/peers.py --only small,browser,mirror --rounds 3 --entrants router,nginx,haproxy

bench-peers: release  ## nginx, HAProxy and Envoy at ten kinds of work, CPU per request, a quarter of an hour
	@scripts/deps build test bench
	@scripts/bench-peers $(ARGUMENTS)

bench-keepalive: release  ## requests at the very moment when six servers end idle connections, beside nginx; eight minutes
	@scripts/deps build test bench
	@scripts/bench-keepalive $(ARGUMENTS)

bench-allocations: release  ## heap allocations per request, against Benchmarks/allocations/thresholds.json
	@Benchmarks/allocations/run

bench-instructions: release  ## what the instructions of a request are for (valgrind; ARGUMENTS=--check: against thresholds)
	@scripts/deps build test
	@Benchmarks/instructions $(ARGUMENTS)

release-layout: release  ## a router laid out by what it was seen to run, for packages: 3 % less to do, 3 MiB less memory; six minutes
	@scripts/deps build test
	@scripts/release-layout

fuzz:  ## the fuzz targets, two at a time (SECONDS=3600 for each; default 60)
	@scripts/fuzz $(or $(SECONDS),60)

coverage:  ## whether every region of the parser, the route table and the configuration loader is run by a test
	@scripts/coverage

soak: release  ## the router under everything at once, and whether it stays small; a million moves (MINUTES=3 HISTORIES=1)
	@scripts/soak $(or $(MINUTES),30)
	@STRANGLER_HISTORIES=$(or $(HISTORIES),50) swift test --filter SimulationTests

deps:  ## what is missing from apt, each package named with its reason
	@scripts/deps build

clean:  ## everything that was built; stores and pictures of the demo too
	rm -rf .build .build-* .venv .venv-bench artifacts run
