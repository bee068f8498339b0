package graphsim

import (
	"net/http"
	"slices"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// carrier is an item that a path names, as far as its extensions are concerned.
type carrier struct {
	prefix  string // of the ids of its extensions
	context string // "contacts('…')"
	open    []openExtension
	put     func([]openExtension) *apiError // stores a new list and touches the item
}

// extensionRows are the routes of the extensions below items of a path. Exchange and To Do list none: the former refuses, the latter knows no
// such path; To Do shows an extension only by $expand of its item, as clients measured.
func extensionRows(area area, path string, read, write permission, find func(*call) (*carrier, *apiError)) []route {
	with := func(h func(*call, *carrier) (*reply, *apiError)) func(*call) (*reply, error) {
		return func(c *call) (*reply, error) {
			at, err := find(c)
			if err != nil {
				return nil, err
			}
			rep, err := h(c, at)
			if err != nil {
				return nil, err
			}
			return rep, nil
		}
	}
	row := func(method, rest string, needs permission, h func(*call, *carrier) (*reply, *apiError)) route {
		return route{method: method, pattern: path + "/extensions" + rest, area: area, needs: needs, handle: with(h)}
	}
	return []route{
		row("GET", "", read, listExtensions),
		row("POST", "", write, createExtension),
		row("GET", "/{extension}", read, getExtension),
		row("PATCH", "/{extension}", write, updateExtension),
		row("DELETE", "/{extension}", write, deleteExtension),
	}
}

func listExtensions(_ *call, at *carrier) (*reply, *apiError) {
	if at.prefix == todoExtension {
		return nil, errItemNotFound()
	}
	return nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. The collection of extensions cannot be read.")
}

func (at *carrier) reply(c *call, status int, o openExtension) *reply {
	return &reply{status: status, body: o.append(nil, at.prefix, c.context(at.context+"/extensions"))}
}

// createExtension makes an extension or replaces the one of that name.
func createExtension(c *call, at *carrier) (*reply, *apiError) {
	o, err := decodeExtension(c.body, "", at.prefix)
	if err != nil {
		return nil, err
	}
	if err := at.put(setExtension(at.open, o)); err != nil {
		return nil, err
	}
	return at.reply(c, http.StatusCreated, o), nil
}

// find is the place of the extension that the path names by its name or id.
func (at *carrier) find(c *call) (int, *apiError) {
	name, err := extensionNamed(c.vars["extension"], at.prefix)
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(at.open, func(o openExtension) bool { return o.name == name })
	if i < 0 {
		return 0, errItemNotFound()
	}
	return i, nil
}

func getExtension(c *call, at *carrier) (*reply, *apiError) {
	if at.prefix == todoExtension {
		return nil, errItemNotFound()
	}
	i, err := at.find(c)
	if err != nil {
		return nil, err
	}
	return at.reply(c, http.StatusOK, at.open[i]), nil
}

// updateExtension sets members of an extension. To Do takes the body as the whole new extension, as clients measured.
func updateExtension(c *call, at *carrier) (*reply, *apiError) {
	i, err := at.find(c)
	if err != nil {
		return nil, err
	}
	o, err := decodeExtension(c.body, at.open[i].name, at.prefix)
	if err != nil {
		return nil, err
	}
	if at.prefix != todoExtension {
		o = at.open[i].merge(o)
	}
	if err := at.put(setExtension(at.open, o)); err != nil {
		return nil, err
	}
	return at.reply(c, http.StatusOK, o), nil
}

func deleteExtension(c *call, at *carrier) (*reply, *apiError) {
	i, err := at.find(c)
	if err != nil {
		return nil, err
	}
	if err := at.put(slices.Delete(slices.Clone(at.open), i, i+1)); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusNoContent}, nil
}

// withOpen is x with another list of extensions.
func (x *extras) withOpen(open []openExtension) *extras {
	next := x.copied()
	next.open = open
	return next.orNil()
}

// openList is the list of extensions of x, which may be nil.
func (x *extras) openList() []openExtension {
	if x == nil {
		return nil
	}
	return x.open
}

// showExtensions expands the extensions that a new item came with in the answer.
func (c *call) showExtensions(x *extras) {
	if len(x.openList()) > 0 {
		c.query.Expand = append(c.query.Expand, odata.Expansion{Name: "extensions"})
	}
}

// eventCarrier finds the event of a path; an occurrence becomes an exception when an extension is put on it.
func eventCarrier(c *call) (*carrier, *apiError) {
	v, err := c.openEvent()
	if err != nil {
		return nil, err
	}
	put := func(open []openExtension) *apiError {
		if v.shown == occurrence {
			_, err := c.s.updateEvent(c.box, v, &eventPatch{set: fExtended, ev: event{extras: v.extras.withOpen(open)}})
			return err
		}
		v.event.extras = v.extras.withOpen(open)
		if v.master != nil {
			c.s.touchOccurrence(c.box, v.master, v.date)
			v.event.version, v.event.modified = c.s.tenant.nextVersion(), c.s.stamp()
			return nil
		}
		c.s.touchEvent(c.box, v.event, change{num: v.num, moves: v.moves, date: noDate})
		return nil
	}
	return &carrier{prefix: exchangeExtension, context: "events('" + c.vars["event"] + "')", open: v.extras.openList(), put: put}, nil
}

// contactCarrier finds the contact of a path.
func contactCarrier(c *call) (*carrier, *apiError) {
	k, err := c.contactOfPath()
	if err != nil {
		return nil, err
	}
	put := func(open []openExtension) *apiError {
		k.extras = k.extras.withOpen(open)
		c.s.touchContact(c.box, k, false)
		return nil
	}
	return &carrier{prefix: exchangeExtension, context: "contacts('" + c.vars["contact"] + "')", open: k.extras.openList(), put: put}, nil
}
