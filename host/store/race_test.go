//go:build race

package store_test

// slow is set where SQLite in Go runs twenty times slower: under the race detector.
const slow = true
