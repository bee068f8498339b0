package graphsim

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// directoryType is what the directory knows about a kind of its objects.
type directoryType struct {
	name       string // "User" in messages
	set        string // "users"
	byDefault  []string
	known      map[string]string // lower-case name: name
	filterable map[string]bool   // lower-case paths for eq, in and startswith
	advanced   map[string]string // operators that need the advanced query headers, by lower-case path; "*" for all filterable ones
}

// userNames are the properties of user in the CSDL of v1.0.
const userNames = `id deletedDateTime accountEnabled ageGroup assignedLicenses assignedPlans authorizationInfo businessPhones city companyName
	consentProvidedForMinor country createdDateTime creationType department displayName employeeHireDate employeeId employeeLeaveDateTime
	employeeOrgData employeeType externalUserState externalUserStateChangeDateTime faxNumber givenName identities imAddresses
	isManagementRestricted isResourceAccount jobTitle lastPasswordChangeDateTime legalAgeGroupClassification licenseAssignmentStates mail
	mailNickname mobilePhone officeLocation onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes
	onPremisesImmutableId onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier
	onPremisesSyncEnabled onPremisesUserPrincipalName otherMails passwordPolicies passwordProfile postalCode preferredDataLocation
	preferredLanguage provisionedPlans proxyAddresses securityIdentifier serviceProvisioningErrors showInAddressList
	signInSessionsValidFromDateTime state streetAddress surname usageLocation userPrincipalName userType`

// singleUserNames work only on a single user; on the collection they answer 501 (microsoft-graph-docs, page "user-list").
const singleUserNames = `aboutMe birthday hireDate interests mySite pastProjects preferredName responsibilities schools skills mailboxSettings`

const groupNames = `id deletedDateTime allowExternalSenders assignedLabels assignedLicenses classification createdDateTime description
	displayName expirationDateTime groupTypes isArchived isAssignableToRole mail mailEnabled mailNickname membershipRule
	membershipRuleProcessingState onPremisesLastSyncDateTime onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses
	renewedDateTime securityEnabled securityIdentifier theme uniqueName visibility`

func canonical(names string) map[string]string {
	m := map[string]string{}
	for _, n := range strings.Fields(names) {
		m[strings.ToLower(n)] = n
	}
	return m
}

func userType() *directoryType {
	return &directoryType{
		name: "User", set: "users", known: canonical(userNames),
		byDefault: strings.Fields("businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname userPrincipalName id"),
		filterable: nameSet(`id accountEnabled displayName givenName surname mail mailNickname userPrincipalName userType department jobTitle
			companyName city country employeeId usageLocation proxyAddresses/* otherMails/* assignedLicenses/*/skuId createdDateTime onPremisesSyncEnabled`),
		advanced: map[string]string{
			"mail": "endswith", "userprincipalname": "endswith", "othermails/*": "endswith", "proxyaddresses/*": "endswith",
			"assignedlicenses/$count": "eq ne gt ge lt le", "officelocation": "eq ne startswith in", "*": "ne not",
		},
	}
}

func groupType() *directoryType {
	return &directoryType{
		name: "Group", set: "groups", known: canonical(groupNames),
		byDefault: strings.Fields(`id deletedDateTime classification createdDateTime description displayName expirationDateTime groupTypes
			isAssignableToRole mail mailEnabled mailNickname membershipRule membershipRuleProcessingState onPremisesLastSyncDateTime
			onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses renewedDateTime securityEnabled securityIdentifier
			theme uniqueName visibility`),
		filterable: nameSet("id displayName mail mailNickname mailEnabled securityEnabled groupTypes/* createdDateTime uniqueName"),
		advanced:   map[string]string{"mail": "endswith", "*": "ne not"},
	}
}

func errUnsupportedQuery(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "Request_UnsupportedQuery", format, args...)
}

// isAdvanced tells that a call carries both marks of an advanced query.
func (c *call) isAdvanced() bool { return c.isEventual() && c.query.Count }

func (c *call) isEventual() bool {
	return strings.EqualFold(c.header.Get("ConsistencyLevel"), "eventual")
}

// checkDirectory refuses what the directory does not offer, or only to advanced queries.
func (c *call) checkDirectory(t *directoryType, single bool) *apiError {
	for _, name := range c.query.Select {
		lower := strings.ToLower(name)
		if t.known[lower] != "" || lower == "*" {
			continue
		}
		if slices.ContainsFunc(strings.Fields(singleUserNames), func(n string) bool { return strings.EqualFold(n, name) }) && t.name == "User" {
			if single {
				continue
			}
			return fail(http.StatusNotImplemented, "NotImplemented", "This operation target is not yet supported.")
		}
		return fail(http.StatusBadRequest, "BadRequest", "Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.%s'.", name, strings.ToLower(t.name))
	}
	switch {
	case c.query.Top == 0 || c.query.Top > 999:
		return errUnsupportedQuery("Invalid page size specified: '%d'. Must be between 1 and 999 inclusive.", c.query.Top)
	case c.query.Has("skip"):
		return fail(http.StatusBadRequest, "Request_BadRequest", "'$skip' is not supported by the service.")
	case c.query.Has("search") && !c.isEventual():
		return fail(http.StatusBadRequest, "Request_BadRequest", "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
	case c.query.Filter != nil && len(c.query.OrderBy) > 0 && !c.isAdvanced():
		return errUnsupportedQuery("Sorting not supported for current query.")
	}
	for _, k := range c.query.OrderBy {
		if l := strings.ToLower(k.Path); l != "displayname" && l != "userprincipalname" && l != "mail" {
			return errUnsupportedQuery("Sorting not supported for property '%s'.", k.Path)
		}
	}
	for leaf := range c.query.Filter.Leaves() {
		if err := c.checkDirectoryLeaf(t, leaf.Op, strings.ToLower(leaf.Path)); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) checkDirectoryLeaf(t *directoryType, op, path string) *apiError {
	first, _, _ := strings.Cut(path, "/")
	if op != "not" && t.known[first] == "" {
		return fail(http.StatusBadRequest, "Request_UnsupportedQuery", "Could not find a property named '%s' on type 'microsoft.graph.%s'.", first, strings.ToLower(t.name))
	}
	basic := t.filterable[path] && (op == "eq" || op == "in" || op == "startswith")
	if path == "createddatetime" {
		basic = op == "eq" || op == "ge" || op == "le" || op == "gt" || op == "lt"
	}
	if basic {
		return nil
	}
	allowed := slices.Contains(strings.Fields(t.advanced[path]), op) ||
		slices.Contains(strings.Fields(t.advanced["*"]), op) && (t.filterable[path] || op == "not")
	if allowed && c.isAdvanced() {
		return nil
	}
	if op == "not" || path == "" {
		return errUnsupportedQuery("Operator 'not' is not supported because the 'ConsistencyLevel:eventual' header is missing. Refer to https://aka.ms/graph-docs/advanced-queries for more information")
	}
	return errUnsupportedQuery("Unsupported or invalid query filter clause specified for property '%s' of resource '%s'.", t.known[first], t.name)
}

func (e *entry) getter(t *directoryType) getter {
	return func(path string) value {
		first, _, _ := strings.Cut(path, "/")
		name := t.known[first]
		if name == "id" {
			return stringValue(e.id)
		}
		return directoryValue(e.props[name])
	}
}

func directoryValue(v any) value {
	switch v := v.(type) {
	case string:
		if t, ok := odata.ParseStamp(v); ok && strings.HasSuffix(v, "Z") {
			return stampValue(t)
		}
		return stringValue(v)
	case bool:
		return boolValue(v)
	case []string:
		return listOf(v)
	case []any:
		out := value{Kind: odata.KindList}
		for _, item := range v {
			out.List = append(out.List, func(path string) value {
				m, _ := item.(map[string]any)
				for k, v := range m {
					if strings.EqualFold(k, path) {
						return directoryValue(v)
					}
				}
				return value{}
			})
		}
		return out
	default:
		return value{}
	}
}

// matchesSearch applies $search="property:words": each word begins a word of the property.
func (e *entry) matchesSearch(search string) bool {
	search = strings.Trim(strings.TrimSpace(search), `"`)
	property, words, ok := strings.Cut(search, ":")
	if !ok {
		return false
	}
	hay := " " + strings.ToLower(e.str(property))
	for _, w := range strings.Fields(strings.ToLower(words)) {
		if !strings.Contains(hay, " "+w) {
			return false
		}
	}
	return true
}

// appendEntry writes a directory object: the selected properties, or the default ones.
func (c *call) appendEntry(b []byte, e *entry, t *directoryType, lead string, typed bool) []byte {
	w := writer{b: append(append(b, '{'), lead...)}
	if typed {
		w.word("@odata.type", e.odata)
	}
	names := t.byDefault
	if len(c.query.Select) > 0 && c.query.Select[0] != "*" {
		names = nil
		for _, s := range c.query.Select {
			if n := t.known[strings.ToLower(s)]; n != "" {
				names = append(names, n)
			}
		}
	}
	for _, n := range names {
		if n == "id" {
			w.word("id", e.id)
			continue
		}
		w.member(n)
		v, ok := e.props[n]
		switch {
		case ok:
			w.b = append(w.b, rawJSON(v)...)
		case directoryLists[n]:
			w.b = append(w.b, "[]"...)
		default:
			w.b = append(w.b, "null"...)
		}
	}
	return append(w.b, '}')
}

var directoryLists = map[string]bool{
	"businessPhones": true, "otherMails": true, "proxyAddresses": true, "assignedLicenses": true, "assignedPlans": true, "groupTypes": true,
	"imAddresses": true, "provisionedPlans": true, "identities": true, "onPremisesProvisioningErrors": true, "serviceProvisioningErrors": true,
}

// pageTokenLife is how long a page token of the directory lasts; later it answers Directory_ExpiredPageToken.
const pageTokenLife = 10 * time.Minute

// directoryPage filters, sorts and pages a list of directory objects. The page token names the last object delivered.
func (c *call) directoryPage(t *directoryType, collection string, items []*entry, typed bool) (*reply, error) {
	if err := c.checkDirectory(t, false); err != nil {
		return nil, err
	}
	var hits []*entry
	for _, e := range items {
		if c.query.Filter.Holds(e.getter(t)) && (!c.query.Has("search") || e.matchesSearch(c.query.Get("search"))) {
			hits = append(hits, e)
		}
	}
	odata.Sort(hits, c.query.OrderBy, func(e *entry) getter { return e.getter(t) })
	from, err := c.pageToken(hits)
	if err != nil {
		return nil, err
	}
	size := min(c.pageSize(100, 999), len(hits)-from)
	next := ""
	if from+size < len(hits) {
		mark := hits[from+size-1].id + "|" + strconv.FormatInt(c.s.now().Unix(), 10)
		next = c.link("skiptoken", "RFNwdAIAAQAAAB"+base64.RawURLEncoding.EncodeToString([]byte(mark)))
	}
	total := -1
	if c.isAdvanced() {
		total = len(hits)
	}
	return writePage(c, collection, hits[from:from+size], total, next, func(b []byte, e *entry) []byte { return c.appendEntry(b, e, t, "", typed) }), nil
}

func (c *call) pageToken(hits []*entry) (from int, err *apiError) {
	token := c.query.Get("skiptoken")
	if token == "" {
		return 0, nil
	}
	raw, decodeErr := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, "RFNwdAIAAQAAAB"))
	id, at, ok := strings.Cut(string(raw), "|")
	issued, parseErr := strconv.ParseInt(at, 10, 64)
	if decodeErr != nil || !ok || parseErr != nil {
		return 0, fail(http.StatusBadRequest, "Request_BadRequest", "Invalid skip token.")
	}
	expired := c.s.now().Sub(time.Unix(issued, 0)) > pageTokenLife
	i := slices.IndexFunc(hits, func(e *entry) bool { return e.id == id })
	if expired || i < 0 {
		return 0, fail(http.StatusBadRequest, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
	}
	return i + 1, nil
}

func listUsers(c *call) (*reply, error) {
	items := make([]*entry, 0, len(c.s.tenant.users))
	for _, u := range c.s.tenant.users {
		items = append(items, &u.entry)
	}
	return c.directoryPage(userType(), "users", items, false)
}

func getUser(c *call) (*reply, error) {
	u := c.s.tenant.find(c.vars["user"])
	if u == nil {
		return nil, errResourceNotFound(c.vars["user"])
	}
	t := userType()
	if err := c.checkDirectory(t, true); err != nil {
		return nil, err
	}
	return &reply{status: 200, body: c.appendEntry(nil, &u.entry, t, c.context("users"), false)}, nil
}

func listGroups(c *call) (*reply, error) {
	var items []*entry
	for _, g := range c.s.tenant.groups {
		items = append(items, &g.entry)
	}
	return c.directoryPage(groupType(), "groups", items, false)
}

func (c *call) group() (*group, *apiError) {
	for _, g := range c.s.tenant.groups {
		if strings.EqualFold(g.id, c.vars["group"]) {
			return g, nil
		}
	}
	return nil, errResourceNotFound(c.vars["group"])
}

func getGroup(c *call) (*reply, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	t := groupType()
	if err := c.checkDirectory(t, true); err != nil {
		return nil, err
	}
	return &reply{status: 200, body: c.appendEntry(nil, &g.entry, t, c.context("groups"), false)}, nil
}

// listMembers answers the direct members of a group; cast limits them to users, transitive adds those of groups in the group.
func listMembers(cast, transitive bool) func(*call) (*reply, error) {
	return func(c *call) (*reply, error) {
		g, err := c.group()
		if err != nil {
			return nil, err
		}
		if (c.query.Filter != nil || c.query.Has("search")) && !c.isEventual() {
			return nil, errUnsupportedQuery("The specified filter to the reference property query is currently not supported.")
		}
		items := g.members
		if transitive {
			items = c.s.tenant.allMembers(g, map[string]bool{g.id: true})
		}
		if cast {
			items = slices.DeleteFunc(slices.Clone(items), func(e *entry) bool { return e.odata != odataUser })
		}
		name := "directoryObjects"
		if cast {
			name = "users"
		}
		return c.directoryPage(userType(), name, items, !cast)
	}
}

const (
	odataUser  = "#microsoft.graph.user"
	odataGroup = "#microsoft.graph.group"
)

func (t *tenant) allMembers(g *group, seen map[string]bool) []*entry {
	var out []*entry
	for _, e := range g.members {
		if seen[e.id] {
			continue
		}
		seen[e.id] = true
		out = append(out, e)
		for _, sub := range t.groups {
			if sub.id == e.id {
				out = append(out, t.allMembers(sub, seen)...)
			}
		}
	}
	return out
}

// mailboxSettings answers the few settings the simulator has.
func mailboxSettings(c *call) (*reply, error) {
	body, _ := json.Marshal(map[string]any{ // strings only: cannot fail
		"@odata.context": c.contextURL("mailboxSettings"), "timeZone": "W. Europe Standard Time", "dateFormat": "dd.MM.yyyy", "timeFormat": "HH:mm",
		"userPurpose": "user", "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
		"language": map[string]string{"locale": "de-DE", "displayName": "Deutsch (Deutschland)"},
	})
	return &reply{status: 200, body: body}, nil
}
