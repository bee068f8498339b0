package graphsim

import (
	"net/http"
	"strings"
)

// directoryUser is the user that the path names, by object id or principal name.
func (c *call) directoryUser() (*user, *apiError) {
	if u := c.s.tenant.find(c.vars["user"]); u != nil {
		return u, nil
	}
	return nil, errResourceNotFound(c.vars["user"])
}

func users(c *call) (*directoryType, []*entry, *apiError) {
	items := make([]*entry, 0, len(c.s.tenant.users))
	for _, u := range c.s.tenant.users {
		items = append(items, &u.entry)
	}
	return userType, items, nil
}

func getUser(c *call) (*reply, error) {
	u, err := c.directoryUser()
	if err != nil {
		return nil, err
	}
	return c.directoryObject(userType, &u.entry)
}

// directoryObject answers with one object; t is objectType where objects of several kinds may be.
func (c *call) directoryObject(t *directoryType, e *entry) (*reply, error) {
	if err := c.checkDirectory(t, true); err != nil {
		return nil, err
	}
	if err := c.checkSettingsOf(e); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, body: c.appendObject(nil, e, c.context(t.set), t == objectType)}, nil
}

// getManager answers with the manager, who is an object of any kind.
func getManager(c *call) (*reply, error) {
	u, err := c.directoryUser()
	if err != nil {
		return nil, err
	}
	m := c.s.tenant.managerOf(&u.entry)
	if m == nil {
		return nil, errResourceNotFound("manager")
	}
	return c.directoryObject(objectType, m)
}

func reports(c *call) (*directoryType, []*entry, *apiError) {
	u, err := c.directoryUser()
	if err != nil {
		return nil, nil, err
	}
	return objectType, c.s.tenant.reportsOf(&u.entry), nil
}

// memberships are the groups of a user; transitive adds the groups of those groups.
func memberships(transitive bool) lister {
	return lister(func(c *call) (*directoryType, []*entry, *apiError) {
		u, err := c.directoryUser()
		if err != nil {
			return nil, nil, err
		}
		return objectType, c.s.tenant.groupsOf(&u.entry, transitive), nil
	}).related()
}

// managerOf is the manager of a user; nil: nobody.
func (t *tenant) managerOf(e *entry) *entry {
	u := t.byID[e.id]
	if u == nil || t.byID[u.manager] == nil {
		return nil
	}
	return &t.byID[u.manager].entry
}

func (t *tenant) reportsOf(e *entry) []*entry {
	var out []*entry
	for _, u := range t.users {
		if u.manager == e.id {
			out = append(out, &u.entry)
		}
	}
	return out
}

// setManager makes somebody the manager of the call's user.
func setManager(c *call) (*reply, error) {
	u, err := c.directoryUser()
	if err != nil {
		return nil, err
	}
	e, err := c.reference()
	if err != nil {
		return nil, err
	}
	if e.odata != odataUser || e.id == u.id {
		return nil, errInvalidReference()
	}
	u.manager = e.id
	return &reply{status: http.StatusNoContent}, nil
}

func removeManager(c *call) (*reply, error) {
	u, err := c.directoryUser()
	if err != nil {
		return nil, err
	}
	u.manager = ""
	return &reply{status: http.StatusNoContent}, nil
}

func errInvalidReference() *apiError {
	return fail(http.StatusBadRequest, "Request_BadRequest", "One or more added object references are invalid or point to a resource of the wrong kind.")
}

// reference reads {"@odata.id":"…/directoryObjects/{id}"}: a link to an object of the directory by its id, or to a user by name.
func (c *call) reference() (*entry, *apiError) {
	members, err := c.directoryBody()
	if err != nil {
		return nil, err
	}
	link, _ := members["@odata.id"].(string)
	at := strings.LastIndexByte(link, '/')
	if at < 0 {
		return nil, fail(http.StatusBadRequest, "Request_BadRequest", "The value of '@odata.id' is not a reference.")
	}
	if e := c.s.tenant.object(link[at+1:]); e != nil {
		return e, nil
	}
	return nil, errResourceNotFound(link[at+1:])
}

// object is a user, group or contact of the directory by its id, or a user by name; nil: none.
func (t *tenant) object(id string) *entry {
	if u := t.find(id); u != nil {
		return &u.entry
	}
	return t.entry(strings.ToLower(id))
}
