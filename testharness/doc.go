// Package testharness is the contract of a connector as a test: Run puts a
// connector through a list of rules, over the in-process transport and as a real
// plugin process, and each rule that is broken is stated in words. Record and
// Replay keep what a connector says to its system, and what it makes of the
// answers, as text files that are replayed without the system.
//
// A connector's test needs a Subject, which says how to reach and disturb the
// system, and two calls:
//
//	func TestMain(m *testing.M) { testharness.Main(m, acme.Connector) }
//	func TestContract(t *testing.T) { testharness.Run(t, subject) }
//
// A program that is no test calls Serve first in main, and then Check. The folder
// examples/connector and docs/connectors.md show all of it on a small connector.
//
// What a subject cannot offer (a system that throttles, an answer that is lost)
// leaves out the rules that need it; Run logs each left-out rule with its reason.
package testharness
