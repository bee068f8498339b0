// Package transform turns source records into target fields: the rules of a
// process in their order, its second filter, and its field mapping, compiled once
// against the schemas of both ends. It does no input or output: what a rule has
// to look up elsewhere it says, and the caller answers.
//
// # Missing, null, empty
//
// A field that the record does not have stays missing in the result, which means
// unchanged to a target; null stays null, which means cleared; "" stays "".
// Numbers keep their digits.
//
// # Paths
//
// A path is names joined by dots and leads through objects. Through null it finds
// null, past a missing object nothing. Through a list it leads nowhere: lists are
// taken as a whole, because a target's list is always complete. A path through a
// text or number is an error of the record.
//
// # Types
//
// Between a source field and a target field of different types a value is
// converted where nothing is lost; see the table at convert.go. Nothing is cut or
// rounded in silence: what does not fit is an error of that record alone
// (Invariant 8).
package transform
