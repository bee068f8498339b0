// Package measure holds what the benchmarks have in common: rounds that take
// turns, medians, figures with the value that is wanted of them, child processes
// that do one side of a comparison, and the table in the end.
//
// Two ways of doing the same are measured in turns (A B A B …), so that a busy
// machine hurts both alike, and compared by the median of the ratios of their
// rounds.
package measure
