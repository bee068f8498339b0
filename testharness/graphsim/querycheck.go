package graphsim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/csdl"
	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// checkQuery refuses the options of a read that its collection does not take. The directory has rules of its own.
func (c *call) checkQuery() *apiError {
	if c.method != http.MethodGet && c.method != http.MethodHead || c.route.target.Type == nil || c.route.target.Type.Kind != csdl.Entity {
		return nil
	}
	list := c.route.list
	if list.refused != "" {
		if err := c.refuse(list.tracking, strings.Fields(list.refused)...); err != nil {
			return err
		}
	}
	switch c.route.area {
	case areaTodo:
		return c.checkTodo()
	case areaExchange:
		return c.checkExchange(list)
	default:
		return nil
	}
}

func errParseURI(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "RequestBroker--ParseUri", format, args...)
}

func errInvalidNodes() *apiError {
	return fail(http.StatusBadRequest, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")
}

// errNoProperty names a type as Exchange does.
func errNoProperty(name string, t *csdl.Type) *apiError {
	return errParseURI("Could not find a property named '%s' on type 'Microsoft.OutlookServices.%s'.", name, strings.ToUpper(t.Name[:1])+t.Name[1:])
}

// find follows a path from the type that the route leads to.
func (c *call) find(path string) (csdl.Property, *apiError) {
	p, missing, lacking := c.s.model.Find(c.route.target.Type, path)
	switch {
	case missing == "":
		return p, nil
	case lacking == nil:
		return p, errNoProperty(path, c.route.target.Type)
	default:
		return p, errNoProperty(missing, lacking)
	}
}

// checkExchange refuses what a collection of Exchange or an item of it does not know, with Exchange's answers.
func (c *call) checkExchange(list *collection) *apiError {
	if !list.own {
		if err := c.checkSelection(); err != nil {
			return err
		}
	}
	if !c.route.target.Collection {
		return c.checkItem()
	}
	if c.query.Has("search") && !list.search {
		return fail(http.StatusBadRequest, "ErrorInvalidUrlQuery", "The query parameter '$search' is not supported on this resource.")
	}
	if err := c.checkHidden(); err != nil {
		return err
	}
	if list.more != nil {
		if err := list.more(c); err != nil {
			return err
		}
	}
	for _, k := range c.query.OrderBy {
		if _, err := c.find(k.Path); err != nil {
			return err
		}
		if !list.sortable[strings.ToLower(k.Path)] {
			return errInvalidNodes()
		}
	}
	return c.checkFilter(list)
}

// checkSelection looks at $select and $expand.
func (c *call) checkSelection() *apiError {
	for _, name := range c.query.Select {
		if name == "*" || name[0] == '@' {
			continue
		}
		if _, err := c.find(name); err != nil {
			return err
		}
	}
	if err := c.checkExpansions(); err != nil {
		return err
	}
	for _, x := range c.query.Expand {
		p, err := c.find(x.Name)
		switch {
		case err != nil:
			return err
		case !p.Navigation:
			return errParseURI("Property '%s' on type 'microsoft.graph.%s' is not a navigation property or complex property. Only navigation properties can be expanded.",
				x.Name, c.route.target.Type.Name)
		}
		for _, name := range x.Select {
			inner := c.s.model.Type(p.Type)
			if _, missing, _ := c.s.model.Find(inner, name); missing != "" && name != "*" && !inner.Open {
				return errNoProperty(missing, inner)
			}
		}
	}
	return nil
}

// checkItem refuses for a single item what is for collections (the words are those of the OData libraries; that Graph refuses it everywhere
// is unconfirmed).
func (c *call) checkItem() *apiError {
	for _, option := range []string{"filter", "orderby", "count", "skip", "top", "search"} {
		if c.query.Has(option) {
			return errParseURI("The requested resource is not a collection. Query options $filter, $orderby, $count, $skip, and $top can be applied only on collections.")
		}
	}
	return nil
}

func (c *call) checkFilter(list *collection) *apiError {
	for leaf := range c.query.Filter.Leaves() {
		if leaf.Op == "not" {
			continue
		}
		p, err := c.find(leaf.Name)
		if err != nil {
			return err
		}
		if err := c.checkOperands(p, leaf); err != nil {
			return err
		}
	}
	for leaf := range c.query.Filter.Leaves() {
		if leaf.Op != "not" && (!list.takes(leaf.Path, leaf.Op) || len(leaf.Values) == 0) { // two properties cannot be compared
			return errInvalidNodes()
		}
	}
	return nil
}

// checkOperands refuses a literal that is not of its property's type.
func (c *call) checkOperands(p csdl.Property, leaf odata.Leaf) *apiError {
	if odata.OperatorKind(leaf.Op) == "" && leaf.Op != "in" {
		return nil
	}
	for _, v := range leaf.Values {
		enum := c.s.model.Type(p.Type)
		switch {
		case v.Kind == odata.KindNull:
		case enum != nil && enum.Kind == csdl.Enum && v.Kind == odata.KindString:
			if !slices.ContainsFunc(enum.Members, func(m csdl.Member) bool { return strings.EqualFold(m.Name, v.S) }) {
				return queryError(&odata.Error{Message: "Invalid filter clause: The string '" + v.S + "' is not a valid enumeration type constant."})
			}
		case v.Kind != kindOfType(p.Type) || p.Collection:
			op := leaf.Op
			if op == "in" {
				op = "eq"
			}
			err := odata.Incompatible(p.EdmType(), v.TypeName(), odata.OperatorKind(op))
			return queryError(&odata.Error{Message: "Invalid filter clause: " + err.Error()})
		}
	}
	return nil
}

// kindOfType is the kind of the literals of a type; KindList: of no literals.
func kindOfType(name string) odata.Kind {
	switch name {
	case "String":
		return odata.KindString
	case "Boolean":
		return odata.KindBool
	case "DateTimeOffset", "Date":
		return odata.KindStamp
	case "Guid":
		return odata.KindGUID
	case "Int16", "Int32", "Int64", "Byte", "Double", "Single", "Decimal":
		return odata.KindNumber
	default:
		return odata.KindList
	}
}

// checkEvents answers conditions on the organiser of events as not implemented, as clients saw it, and refuses $expand=instances, which
// without a window cannot be answered; what Graph says to it is unconfirmed.
func checkEvents(c *call) *apiError {
	for _, x := range c.query.Expand {
		if strings.EqualFold(x.Name, "instances") {
			return fail(http.StatusBadRequest, "ErrorInvalidParameter", "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.")
		}
	}
	for leaf := range c.query.Filter.Leaves() {
		if strings.HasPrefix(leaf.Path, "organizer/") {
			return fail(http.StatusNotImplemented, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")
		}
	}
	return nil
}

// checkMessages refuses what a search of messages does not take. Besides, properties to sort by must be in the filter too, in the same
// order and before others, or the query is too complex (microsoft-graph-docs, page "user-list-messages").
func checkMessages(c *call) *apiError {
	if c.query.Has("search") {
		return c.checkMailSearch()
	}
	if c.query.Filter == nil {
		return nil
	}
	var filtered []string
	for leaf := range c.query.Filter.Leaves() {
		if leaf.Op != "not" && !slices.Contains(filtered, leaf.Path) {
			filtered = append(filtered, leaf.Path)
		}
	}
	for i, k := range c.query.OrderBy {
		if i >= len(filtered) || filtered[i] != strings.ToLower(k.Path) {
			return fail(http.StatusBadRequest, "InefficientFilter", "The restriction or sort order is too complex for this operation.")
		}
	}
	return nil
}

// checkTodo answers options and properties that To Do does not know.
func (c *call) checkTodo() *apiError {
	switch {
	case c.route.list.own:
		return nil
	case c.route.target.Operation.Name != "":
		return c.refuseTodo()
	}
	if c.query.Has("select") || c.query.Has("search") {
		return invalidTodo("Invalid request")
	}
	for _, k := range c.query.OrderBy {
		if !c.route.list.sortable[strings.ToLower(k.Path)] {
			return invalidTodo("Invalid request")
		}
	}
	for leaf := range c.query.Filter.Leaves() {
		p, missing, _ := c.s.model.Find(c.route.target.Type, leaf.Path)
		switch {
		case leaf.Op == "not":
			continue
		case missing != "" || len(leaf.Values) == 0 || !c.route.list.takes(leaf.Path, leaf.Op):
			return invalidTodo("Invalid request")
		}
		if err := c.checkOperands(p, leaf); err != nil {
			return err
		}
	}
	return c.checkTodoExpand()
}
