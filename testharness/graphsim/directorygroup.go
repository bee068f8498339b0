package graphsim

import (
	"net/http"
	"slices"
	"strings"
)

func groups(c *call) (*directoryType, []*entry, *apiError) {
	var items []*entry
	for _, g := range c.s.tenant.groups {
		items = append(items, &g.entry)
	}
	return groupType, items, nil
}

// group is the group that the path names: by id, or by the alternate key uniqueName.
func (c *call) group() (*group, *apiError) {
	key := c.vars["group"]
	g := c.s.tenant.groupByID(key)
	if name := alternateKey(key, "uniqueName"); name != "" {
		g = c.s.tenant.groupUnique(name)
	}
	if g == nil {
		return nil, errResourceNotFound(key)
	}
	return g, nil
}

// alternateKey is the value of a key of the form (property='value'), "" of other keys.
func alternateKey(key, property string) string {
	quoted := len(property) + len("(='")
	if len(key) < quoted+len("')") || !strings.EqualFold(key[:quoted], "("+property+"='") || !strings.HasSuffix(key, "')") {
		return ""
	}
	return strings.ReplaceAll(key[quoted:len(key)-len("')")], "''", "'")
}

func (t *tenant) groupByID(id string) *group {
	for _, g := range t.groups {
		if strings.EqualFold(g.id, id) {
			return g
		}
	}
	return nil
}

func getGroup(c *call) (*reply, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	return c.directoryObject(groupType, &g.entry)
}

// groupList is a list that belongs to a group.
func groupList(of func(*tenant, *group) []*entry) lister {
	return lister(func(c *call) (*directoryType, []*entry, *apiError) {
		g, err := c.group()
		if err != nil {
			return nil, nil, err
		}
		return objectType, of(c.s.tenant, g), nil
	}).related()
}

func directMembers(_ *tenant, g *group) []*entry { return g.members }

func allMembers(t *tenant, g *group) []*entry { return t.allMembers(g, map[string]bool{g.id: true}) }

func owners(_ *tenant, g *group) []*entry { return g.owners }

func groupsAbove(transitive bool) func(*tenant, *group) []*entry {
	return func(t *tenant, g *group) []*entry { return t.groupsOf(&g.entry, transitive) }
}

// allMembers are the members of a group and of the groups in it, each once.
func (t *tenant) allMembers(g *group, seen map[string]bool) []*entry {
	var out []*entry
	for _, e := range g.members {
		if seen[e.id] {
			continue
		}
		seen[e.id] = true
		out = append(out, e)
		if e.odata == odataGroup {
			out = append(out, t.allMembers(t.groupByID(e.id), seen)...)
		}
	}
	return out
}

// groupsOf are the groups that an object is a member of; transitive adds the groups that hold those.
func (t *tenant) groupsOf(e *entry, transitive bool) []*entry {
	found := map[string]bool{}
	for next := []string{e.id}; len(next) > 0; {
		id := next[0]
		next = next[1:]
		for _, g := range t.groups {
			if !found[g.id] && slices.ContainsFunc(g.members, func(m *entry) bool { return m.id == id }) {
				found[g.id] = true
				if transitive {
					next = append(next, g.id)
				}
			}
		}
	}
	var out []*entry
	for _, g := range t.groups {
		if found[g.id] {
			out = append(out, &g.entry)
		}
	}
	return out
}

func contacts(c *call) (*directoryType, []*entry, *apiError) {
	return contactType, c.s.tenant.contacts, nil
}

// contact is an organisational contact by its id; nil: none.
func (t *tenant) contact(id string) *entry {
	for _, e := range t.contacts {
		if strings.EqualFold(e.id, id) {
			return e
		}
	}
	return nil
}

func (c *call) orgContact() (*entry, *apiError) {
	if e := c.s.tenant.contact(c.vars["contact"]); e != nil {
		return e, nil
	}
	return nil, errResourceNotFound(c.vars["contact"])
}

func getOrgContact(c *call) (*reply, error) {
	e, err := c.orgContact()
	if err != nil {
		return nil, err
	}
	return c.directoryObject(contactType, e)
}

func contactGroups(transitive bool) lister {
	return lister(func(c *call) (*directoryType, []*entry, *apiError) {
		e, err := c.orgContact()
		if err != nil {
			return nil, nil, err
		}
		return objectType, c.s.tenant.groupsOf(e, transitive), nil
	}).related()
}

// getDirectoryObject answers with an object of whatever kind, with its type.
func getDirectoryObject(c *call) (*reply, error) {
	e := c.s.tenant.entry(strings.ToLower(c.vars["object"]))
	if e == nil {
		return nil, errResourceNotFound(c.vars["object"])
	}
	return c.directoryObject(objectType, e)
}

// getOrganization answers with the tenant, as a list of one.
func getOrganization(c *call) (*reply, error) {
	return writePage(c, "organization", []*tenant{c.s.tenant}, -1, "", func(b []byte, t *tenant) []byte { return c.appendOrganization(b, t, "") }), nil
}

func getOneOrganization(c *call) (*reply, error) {
	if !strings.EqualFold(c.vars["organization"], c.s.tenant.id) {
		return nil, errResourceNotFound(c.vars["organization"])
	}
	return &reply{status: http.StatusOK, body: c.appendOrganization(nil, c.s.tenant, c.context("organization"))}, nil
}

// basicOrganization are the properties that the permissions to read people show of the organisation; the others are null then
// (microsoft-graph-docs, page "organization-get").
var basicOrganization = nameSet("id displayName verifiedDomains")

func (c *call) appendOrganization(b []byte, t *tenant, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...), sel: c.query.selection()}
	all := c.direct || slices.ContainsFunc(readers[odataOrganization], c.token.holds)
	for _, p := range t.organization() {
		if all || basicOrganization[strings.ToLower(p.name)] {
			w.raw(p.name, rawJSON(p.value))
		} else {
			w.null(p.name)
		}
	}
	return append(w.b, '}')
}

type namedValue struct {
	name  string
	value any
}

// organization is the tenant as an object of the directory.
func (t *tenant) organization() []namedValue {
	none := []string{}
	return []namedValue{
		{"id", t.id}, {"deletedDateTime", nil}, {"assignedPlans", none}, {"businessPhones", []string{"+49 30 5550 1000"}}, {"city", "Berlin"},
		{"country", nil}, {"countryLetterCode", "DE"}, {"createdDateTime", "2021-03-01T08:00:00Z"}, {"defaultUsageLocation", nil},
		{"displayName", t.name}, {"marketingNotificationEmails", none}, {"mobileDeviceManagementAuthority", "unknown"},
		{"onPremisesLastSyncDateTime", nil}, {"onPremisesSyncEnabled", nil}, {"partnerTenantType", nil}, {"postalCode", "10115"},
		{"preferredLanguage", "de"}, {"privacyProfile", nil}, {"provisionedPlans", none}, {"securityComplianceNotificationMails", none},
		{"securityComplianceNotificationPhones", none}, {"state", nil}, {"street", nil},
		{"technicalNotificationMails", []string{"admin@" + t.domain}}, {"tenantType", "AAD"},
		{"verifiedDomains", []any{map[string]any{
			"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": true, "isInitial": true, "name": t.domain, "type": "Managed",
		}}},
	}
}
