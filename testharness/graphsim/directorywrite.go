package graphsim

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
)

// directoryBody is the JSON object that a write to the directory carries.
func (c *call) directoryBody() (map[string]any, *apiError) {
	var members map[string]any
	if json.Unmarshal(c.body, &members) != nil || members == nil {
		return nil, fail(http.StatusBadRequest, "BadRequest",
			"Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
	}
	return members, nil
}

// writable are the properties that clients may set, by kind of their value.
var (
	userStrings = nameSet(`ageGroup city companyName country department displayName employeeId employeeType faxNumber givenName jobTitle
		mail mailNickname mobilePhone officeLocation postalCode preferredLanguage state streetAddress surname usageLocation userPrincipalName userType
		aboutMe mySite preferredName passwordPolicies`)
	userLists    = nameSet("businessPhones otherMails interests pastProjects responsibilities schools skills")
	userBools    = nameSet("accountEnabled showInAddressList")
	groupStrings = nameSet("classification description displayName mailNickname preferredLanguage theme uniqueName visibility")
	groupBools   = nameSet("mailEnabled securityEnabled isAssignableToRole")
)

func errProperty(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "Request_BadRequest", format, args...)
}

// patchOf checks the members of a body against the properties of a type and names them as the schema does.
func patchOf(t *directoryType, members map[string]any) (map[string]any, *apiError) {
	patch := map[string]any{}
	strs, lists, bools := userStrings, userLists, userBools
	if t == groupType {
		strs, lists, bools = groupStrings, nameSet("groupTypes"), groupBools
	}
	for name, v := range members {
		lower := strings.ToLower(name)
		proper := t.names()[lower].Name
		value, ok := v, false
		switch {
		case strings.Contains(name, "@odata.") || lower == "passwordprofile" && t == userType:
			continue
		case proper == "":
			return nil, errProperty("Invalid property '%s'.", name)
		case strs[lower]:
			_, ok = v.(string)
			ok = ok || v == nil
		case bools[lower]:
			_, ok = v.(bool)
		case lists[lower]:
			value, ok = stringsOf(v)
		default:
			return nil, errProperty("Property '%s' is read-only and cannot be set.", proper)
		}
		if !ok {
			return nil, errProperty("Invalid value specified for property '%s' of resource '%s'.", proper, t.name)
		}
		patch[proper] = value
	}
	return patch, nil
}

// directoryPatch reads the body of a write to an object of a type, in which the required properties must have values.
func (c *call) directoryPatch(t *directoryType, required ...string) (map[string]any, *apiError) {
	members, err := c.directoryBody()
	if err != nil {
		return nil, err
	}
	patch, err := patchOf(t, members)
	if err != nil {
		return nil, err
	}
	for _, name := range required {
		v := patch[name]
		if name == "passwordProfile" { // which is not kept
			v = members[name]
		}
		if v == nil || v == "" {
			return nil, errProperty("A value is required for property '%s' of resource '%s'.", name, t.name)
		}
	}
	return patch, nil
}

// stringsOf makes a list of strings of decoded JSON.
func stringsOf(v any) ([]string, bool) {
	if list, ok := v.([]string); ok {
		return list, true
	}
	items, ok := v.([]any)
	out := make([]string, 0, len(items))
	for _, item := range items {
		s, isString := item.(string)
		ok = ok && isString
		out = append(out, s)
	}
	return out, ok
}

// apply writes a patch into an object and returns the names of what really changed. null deletes.
func (e *entry) apply(patch map[string]any) []string {
	var changed []string
	for name, v := range patch {
		old, had := e.props[name]
		if v == nil {
			if had {
				delete(e.props, name)
				changed = append(changed, name)
			}
			continue
		}
		if !had || rawJSON(old) != rawJSON(v) {
			e.props[name] = v
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed
}

// checkNames refuses a principal name or address in a patch that is none or another user's; u is nil for a new user.
func (t *tenant) checkNames(u *user, patch map[string]any) *apiError {
	upn, ok := patch["userPrincipalName"].(string)
	if ok && !strings.Contains(upn, "@") {
		return errProperty("Invalid value specified for property 'userPrincipalName' of resource 'User'.")
	}
	for name, object := range map[string]string{"userPrincipalName": "userPrincipalName", "mail": "proxyAddresses"} {
		address, _ := patch[name].(string)
		if other := t.byName[strings.ToLower(address)]; other != nil && other != u {
			return errProperty("Another object with the same value for property %s already exists.", object)
		}
	}
	return nil
}

// changeUser applies a patch to a user with all that hangs on names and addresses.
func (t *tenant) changeUser(u *user, patch map[string]any) *apiError {
	if err := t.checkNames(u, patch); err != nil {
		return err
	}
	for _, name := range []string{"userPrincipalName", "displayName", "accountEnabled"} {
		if v, ok := patch[name]; ok && (v == nil || v == "") {
			return errProperty("Property '%s' cannot be empty.", name)
		}
	}
	for _, a := range u.addresses() {
		delete(t.byName, a)
	}
	changed := u.apply(patch)
	u.upn, u.name = u.str("userPrincipalName"), u.str("displayName")
	if u.box != nil {
		u.box.self = &person{quote(u.name), quote(u.smtp())}
	}
	for _, a := range u.addresses() {
		t.byName[a] = u
	}
	if len(changed) > 0 {
		t.userLog.add(directoryChange{ID: u.id, Props: changed})
	}
	return nil
}

func updateUser(c *call) (*reply, error) {
	u, err := c.directoryUser()
	if err != nil {
		return nil, err
	}
	patch, err := c.directoryPatch(userType)
	if err == nil {
		err = c.s.tenant.changeUser(u, patch)
	}
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusNoContent}, nil
}

// createUser makes an account without a licence, and so without mailbox.
func createUser(c *call) (*reply, error) {
	patch, err := c.directoryPatch(userType, "accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile")
	if err != nil {
		return nil, err
	}
	t := c.s.tenant
	if err := t.checkNames(nil, patch); err != nil {
		return nil, err
	}
	upn, _ := patch["userPrincipalName"].(string)
	u := &user{upn: upn}
	u.entry = entry{id: t.newID(upn), odata: odataUser, props: map[string]any{"userType": "Member", "createdDateTime": c.s.stampNow(), "proxyAddresses": []string{}}}
	u.apply(patch)
	u.name = u.str("displayName")
	t.addUser(u)
	t.userLog.add(directoryChange{ID: u.id, Created: true})
	return &reply{status: http.StatusCreated, body: c.appendObject(nil, &u.entry, c.context("users"), false)}, nil
}

// newID makes an id for an object of a name.
func (t *tenant) newID(name string) string {
	return guid(rand.New(rand.NewPCG(keyOf(t.id, name), t.nextVersion())))
}

// stampNow is the simulated time as the directory writes it.
func (s *Server) stampNow() string { return s.now().UTC().Format("2006-01-02T15:04:05Z") }

func deleteUser(c *call) (*reply, error) {
	u, err := c.directoryUser()
	if err != nil {
		return nil, err
	}
	c.s.tenant.dropUser(u)
	return &reply{status: http.StatusNoContent}, nil
}

func createGroup(c *call) (*reply, error) {
	patch, err := c.directoryPatch(groupType, "displayName", "mailEnabled", "mailNickname", "securityEnabled")
	if err != nil {
		return nil, err
	}
	t := c.s.tenant
	if err := t.checkUnique(nil, patch); err != nil {
		return nil, err
	}
	patch["createdDateTime"] = c.s.stampNow()
	if nick, _ := patch["mailNickname"].(string); patch["mailEnabled"] == true {
		patch["mail"], patch["proxyAddresses"] = nick+"@"+t.domain, []string{"SMTP:" + nick + "@" + t.domain}
	}
	g := &group{entry: entry{id: t.newID("group"), odata: odataGroup, props: map[string]any{}}}
	g.apply(patch)
	t.addGroup(g)
	t.groupLog.add(directoryChange{ID: g.id, Created: true})
	return &reply{status: http.StatusCreated, body: c.appendObject(nil, &g.entry, c.context("groups"), false)}, nil
}

// checkUnique refuses another group's unique name in a patch; g is nil for a new group.
func (t *tenant) checkUnique(g *group, patch map[string]any) *apiError {
	name, _ := patch["uniqueName"].(string)
	if other := t.groupUnique(name); name != "" && other != nil && other != g {
		return errProperty("Another object with the same value for property uniqueName already exists.")
	}
	return nil
}

func (t *tenant) groupUnique(name string) *group {
	for _, g := range t.groups {
		if g.str("uniqueName") == name {
			return g
		}
	}
	return nil
}

func updateGroup(c *call) (*reply, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	patch, err := c.directoryPatch(groupType)
	if err != nil {
		return nil, err
	}
	if v, ok := patch["displayName"]; ok && (v == nil || v == "") {
		return nil, errProperty("Property 'displayName' cannot be empty.")
	}
	if err := c.s.tenant.checkUnique(g, patch); err != nil {
		return nil, err
	}
	if changed := g.apply(patch); len(changed) > 0 {
		c.s.tenant.groupLog.add(directoryChange{ID: g.id, Props: changed})
	}
	return &reply{status: http.StatusNoContent}, nil
}

func deleteGroup(c *call) (*reply, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	c.s.tenant.dropGroup(g)
	return &reply{status: http.StatusNoContent}, nil
}

func addMember(c *call) (*reply, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	e, err := c.reference()
	if err != nil {
		return nil, err
	}
	if e.id == g.id || !c.s.tenant.addMember(g, e) {
		return nil, fail(http.StatusBadRequest, "Request_BadRequest", "One or more added object references already exist for the following modified properties: 'members'.")
	}
	return &reply{status: http.StatusNoContent}, nil
}

func removeMember(c *call) (*reply, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	if !c.s.tenant.removeMember(g, c.vars["member"]) {
		return nil, errResourceNotFound(c.vars["member"])
	}
	return &reply{status: http.StatusNoContent}, nil
}
