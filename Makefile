# make prints these targets.

.PHONY: help run test check bench attack build

help:    ## print the targets
	@sed -n 's/^\([a-z]*\): *## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

run:     ## start the demo house: provider, demo app, mailbox
	go run ./cmd/doorward dev

test:    ## every test; needs nothing but Go (Chromium and PostgreSQL are used where they are installed)
	go test ./...

check:   ## what CI runs: formatting, vet, staticcheck, govulncheck, the release build, tests with -race
	bash .ci/run

attack:  ## the attack, kill and two-node tests at their full volumes (some minutes)
	DOORWARD_ATTACK=1 go test -timeout 60m -count=1 ./...

bench:   ## drive the built server over HTTP on SQLite and PostgreSQL, beside the machine's limits (some minutes)
	go run ./cmd/bench

build:   ## the release binary, ./doorward
	CGO_ENABLED=0 go build -trimpath -tags no_otel -ldflags '-s -w' -o doorward ./cmd/doorward
