// Package odata reads the query options of a request to Microsoft Graph and applies them to items.
//
// [Parse] turns the raw query of a URL into typed [Options]: a filter as an expression, sort keys, expansions with options of their own.
// [Expr.Holds] evaluates a filter against an item that is known only by a [Getter] of its values, and [Sort] orders items by theirs.
// Which option, property or operator a collection offers is not decided here: [Expr.Leaves] lists what a filter asks for, for the service
// to accept or refuse.
//
// Syntax and meaning are those of OData 4.01, part 2 (URL conventions), as far as Graph offers them (microsoft-graph-docs, pages
// "query-parameters" and "filter-query-parameter"). Failures are of type [Error]. All functions are safe for concurrent use.
package odata

import "fmt"

// Error tells what is wrong with a query, in the words in which Graph says it.
type Error struct{ Message string }

// Error returns the message.
func (e *Error) Error() string { return e.Message }

func newError(format string, args ...any) error { return &Error{Message: fmt.Sprintf(format, args...)} }
