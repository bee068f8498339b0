// Package house holds the rules of this repository as code: who may import whom, how long things may be, what is
// documented, what may not stand in a file. Its tests apply each rule to the tree, and prove on small bad samples
// (testdata) that the rule can fail.
//
// A rule is a function from a Tree to findings. It reads only syntax and the output of the go command; a package that
// does not exist cannot break a rule, and one that appears is checked without a change here. Exceptions stand in tables
// beside their rule, each with its reason.
package house
