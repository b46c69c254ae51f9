.PHONY: run test check bench map screenshots conformance shell new-module nightly setup

run:            ## everything on this machine: database, samples, web, worker
	@bin/run
test:           ## all tests, the browser ones included
	@bin/test
check:          ## types, style, the map, stale files
	@bin/check
bench:          ## measure and write docs/benchmarks.md
	@bin/bench
map:            ## write MAP.md from the packages
	@bin/map
screenshots:    ## draw the main pages into docs/screenshots
	@bin/screenshots
conformance:    ## write docs/conformance.md from the marked tests
	@bin/conformance
shell:          ## a Python shell in the house
	@bin/shell
new-module:     ## make NAME=thing new-module: an empty module of the usual shape
	@bin/new-module $(NAME)
nightly:        ## the long runs
	@bin/nightly
