# Commands of this repository. They need Go, and what they need besides they install or say.

GO   ?= go
BUF  := $(GO) tool -modfile=tools/go.mod buf
LINT := $(GO) tool -modfile=tools/lint/go.mod golangci-lint

.DEFAULT_GOAL := help
.PHONY: help build demo test bench graphsim-report generate lint

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/gleis, one static program
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/gleis ./cmd/gleis

demo: build ## carry a simulated company's events, tasks and contacts into a database, three times
	bin/gleis demo

test: ## vet and test everything, beside a PostgreSQL server of its own
	scripts/test

bench: ## measure the figures of docs/benchmarks.md
	$(GO) -C bench run .

graphsim-report: build ## prove the Graph simulator with Microsoft's library, write the tables of docs/graphsim.md
	@[ -n "$$GLEIS_GRAPH_DATA" ] || echo "without GLEIS_GRAPH_DATA the pairs of the documentation stay as they were compared last"
	@failed=; \
	$(GO) -C testharness/graphsim/sdktest run . -gleis ../../../bin/gleis -out ../testdata/sdk.md || failed="$$failed library"; \
	GLEIS_UPDATE=1 $(GO) test -count=1 -run 'Documentation|Pitfall' ./testharness/graphsim || failed="$$failed pairs-and-pitfalls"; \
	GLEIS_UPDATE=1 $(GO) test -count=1 -run 'ThePageShows' ./testharness/graphsim || failed="$$failed page"; \
	[ -z "$$failed" ] || { echo "graphsim-report: otherwise than expected:$$failed; the tables say what"; exit 1; }

generate: ## write the generated files anew
	$(BUF) generate
	$(GO) generate ./...

lint: ## check format, protocol and code
	@files=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); [ -z "$$files" ] || { echo "not in gofmt's form (run gofmt -w):"; echo "$$files"; exit 1; }
	$(GO) vet ./...
	$(BUF) lint
	scripts/breaking
	$(LINT) run
