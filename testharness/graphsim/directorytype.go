package graphsim

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/csdl"
)

// directoryType is what the directory knows about a kind of its objects.
type directoryType struct {
	name      string // "User" in messages
	set       string // "users"
	odata     string // "#microsoft.graph.user"
	byDefault []string
	names     func() map[string]csdl.Property // by lower-case name
	single    map[string]bool                 // lower-case names of what only an object by itself shows, not in lists
	rules     map[string]filterRule
	sort      []string              // by default
	sortMore  []string              // only by advanced queries
	search    []string              // $search, always an advanced query
	expand    map[string]permission // relationships and who may read them
}

// In the rules "ne", "not" and null, which are advanced for all properties, are left out. The rules are those of microsoft-graph-docs, page "aad-advanced-queries": operators that work by default, a bar, and those that need an
// advanced query.
const userRules = `
	id                             eq in
	accountEnabled                 eq in | ge le
	ageGroup                       eq in
	assignedLicenses/*/skuId       eq
	assignedLicenses/$count        | eq ne gt ge lt le
	assignedPlans/*/service        eq
	assignedPlans/*/servicePlanId  eq
	assignedPlans/*/capabilityStatus eq
	assignedPlans/$count           | eq ne gt ge lt le
	businessPhones/*               eq | startswith
	businessPhones/$count          | eq ne gt ge lt le
	city                           eq in ge le startswith
	companyName                    | eq in ge le startswith
	country                        eq in ge le startswith
	createdDateTime                eq ge le gt lt | in
	creationType                   eq in
	deletedDateTime                eq ge le gt lt | in
	department                     eq in ge le startswith
	displayName                    eq in ge le startswith
	employeeHireDate               | eq ge le in
	employeeId                     eq in startswith | le
	employeeType                   | eq ge le in startswith
	externalUserState              eq in
	givenName                      eq in ge le startswith
	identities/*/issuer            eq
	identities/*/issuerAssignedId  eq
	imAddresses/*                  eq ge le startswith
	isResourceAccount              eq
	jobTitle                       eq in ge le startswith
	mail                           eq in ge le startswith | endswith
	mailNickname                   eq in ge le startswith
	mobilePhone                    | eq in ge le startswith
	officeLocation                 | eq in ge le startswith
	onPremisesExtensionAttributes/extensionAttribute1 | eq ge le in
	onPremisesImmutableId          eq | ge le in
	onPremisesLastSyncDateTime     | eq ge le in
	onPremisesSamAccountName       | eq ge le in startswith
	onPremisesSecurityIdentifier   eq in
	onPremisesSyncEnabled          eq in
	onPremisesUserPrincipalName    eq in ge le startswith
	otherMails/*                   eq in ge le startswith | endswith
	otherMails/$count              | eq ne gt ge lt le
	postalCode                     | eq in ge le startswith
	preferredLanguage              | eq in ge le startswith
	proxyAddresses/*               eq ge le startswith | endswith
	proxyAddresses/$count          | eq ne gt ge lt le
	showInAddressList              | eq ge le in
	state                          eq in ge le startswith
	streetAddress                  | eq in ge le startswith
	surname                        eq in ge le startswith
	usageLocation                  eq in ge le startswith
	userPrincipalName              eq in ge le startswith | endswith
	userType                       eq in`

const groupRules = `
	id                          eq in
	assignedLicenses/*/skuId    eq
	classification              | eq in ge le startswith
	createdDateTime             eq ge le gt lt | in
	deletedDateTime             eq ge le gt lt | in
	description                 | eq in ge le startswith
	displayName                 eq in ge le startswith
	expirationDateTime          eq ge le gt lt | in
	groupTypes/*                eq
	groupTypes/$count           | eq ne gt ge lt le
	hasMembersWithLicenseErrors | eq
	isAssignableToRole          eq
	mail                        eq in ge le startswith | endswith
	mailEnabled                 eq | in
	mailNickname                eq in ge le startswith
	membershipRule              | eq in ge le startswith
	membershipRuleProcessingState | eq in
	onPremisesLastSyncDateTime  eq ge le in
	onPremisesSyncEnabled       eq in
	preferredLanguage           | eq in ge le startswith
	proxyAddresses/*            eq startswith | endswith
	renewedDateTime             eq ge le gt lt | in
	securityEnabled             eq in
	theme                       | eq in startswith
	uniqueName                  eq in
	visibility                  | eq in`

const orgContactRules = `
	id               eq in
	companyName      | eq in ge le startswith
	department       eq in ge le startswith
	displayName      eq in ge le startswith
	givenName        eq in ge le startswith
	jobTitle         eq in ge le startswith
	mail             eq in ge le startswith | endswith
	mailNickname     eq in ge le startswith
	proxyAddresses/* eq startswith | endswith
	surname          eq in ge le startswith`

// singleUserNames work only on a single user; on the collection they answer 501 (microsoft-graph-docs, page "user-list").
const singleUserNames = `aboutMe birthday deviceEnrollmentLimit hireDate interests mySite pastProjects preferredName responsibilities schools skills mailboxSettings`

// singleGroupNames work only on a single group (microsoft-graph-docs, page "group-get").
const singleGroupNames = `accessType allowExternalSenders autoSubscribeNewMembers hideFromAddressLists hideFromOutlookClients isArchived isFavorite
	isSubscribedByMail unseenConversationsCount unseenCount unseenMessagesCount welcomeMessageEnabled`

const (
	odataUser         = "#microsoft.graph.user"
	odataGroup        = "#microsoft.graph.group"
	odataContact      = "#microsoft.graph.orgContact"
	odataOrganization = "#microsoft.graph.organization"
)

var (
	userType = &directoryType{
		name: "User", set: "users", odata: odataUser, names: structural("user"), single: nameSet(singleUserNames), rules: readFilters(userRules),
		byDefault: strings.Fields("businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname userPrincipalName id"),
		sort:      strings.Fields("displayname userprincipalname"),
		sortMore:  strings.Fields("createddatetime deleteddatetime"),
		search:    strings.Fields("displayname mail givenname surname userprincipalname mailnickname othermails proxyaddresses"),
		expand: map[string]permission{
			"manager": seeUsers, "directreports": seeUsers, "memberof": readMembership, "transitivememberof": readAllMembership,
		},
	}
	groupType = &directoryType{
		name: "Group", set: "groups", odata: odataGroup, names: structural("group"), single: nameSet(singleGroupNames), rules: readFilters(groupRules),
		byDefault: strings.Fields(`id deletedDateTime classification createdDateTime description displayName expirationDateTime groupTypes
			isAssignableToRole mail mailEnabled mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName
			onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled
			preferredDataLocation preferredLanguage proxyAddresses renewedDateTime resourceBehaviorOptions resourceProvisioningOptions
			securityEnabled securityIdentifier theme uniqueName visibility onPremisesProvisioningErrors serviceProvisioningErrors`),
		sort:     strings.Fields("displayname"),
		sortMore: strings.Fields("deleteddatetime"),
		search:   strings.Fields("displayname description mail mailnickname"),
		expand: map[string]permission{
			"members": readMembers, "owners": readOwners, "memberof": groupsAsOne, "transitivemembers": readMembers, "transitivememberof": groupsAsOne,
		},
	}
	contactType = &directoryType{
		name: "OrgContact", set: "contacts", odata: odataContact, names: structural("orgContact"), rules: readFilters(orgContactRules),
		byDefault: strings.Fields(`id deletedDateTime addresses companyName department displayName givenName jobTitle mail mailNickname
			onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSyncEnabled phones proxyAddresses serviceProvisioningErrors surname`),
		sortMore: strings.Fields("displayname"),
		search:   strings.Fields("displayname mail"),
		expand:   map[string]permission{"manager": readContacts, "directreports": readContacts, "memberof": readContacts},
	}
	// objectType is what lists of several kinds of objects have in common: what one of the kinds knows may be asked for.
	objectType = mixedType(userType, groupType, contactType)
)

// structural reads the properties of types from the model, without relationships, by lower-case name.
func structural(types ...string) func() map[string]csdl.Property {
	return sync.OnceValue(func() map[string]csdl.Property {
		names := map[string]csdl.Property{}
		m, err := csdl.Load()
		if err != nil {
			return names // a test rules it out
		}
		for _, t := range types {
			for _, p := range m.Type(t).All() {
				if !p.Navigation {
					names[strings.ToLower(p.Name)] = p
				}
			}
		}
		return names
	})
}

// listed is the name of a property that lists can show, "" when there is none of this name.
func (t *directoryType) listed(name string) string {
	if lower := strings.ToLower(name); !t.single[lower] {
		return t.names()[lower].Name
	}
	return ""
}

func mixedType(types ...*directoryType) *directoryType {
	var names []string
	mixed := &directoryType{
		name: "DirectoryObject", set: "directoryObjects", single: map[string]bool{}, rules: map[string]filterRule{}, byDefault: []string{"id"},
	}
	for _, t := range types {
		names = append(names, t.typeName())
		maps.Copy(mixed.single, t.single)
		for path, rule := range t.rules {
			// what the kinds do not have in common is read from the index of advanced queries
			mixed.rules[path] = filterRule{advanced: slices.Concat(rule.always, rule.advanced)}
		}
		mixed.sortMore = append(mixed.sortMore, slices.Concat(t.sort, t.sortMore)...)
		mixed.search = append(mixed.search, t.search...)
	}
	mixed.names = structural(names...)
	return mixed
}

// typeOf is the type of a directory object.
func typeOf(e *entry) *directoryType {
	switch e.odata {
	case odataUser:
		return userType
	case odataGroup:
		return groupType
	default:
		return contactType
	}
}
