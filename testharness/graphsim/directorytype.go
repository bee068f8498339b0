package graphsim

import (
	"slices"
	"strings"
)

// directoryType is what the directory knows about a kind of its objects.
type directoryType struct {
	name      string // "User" in messages
	set       string // "users"
	odata     string // "#microsoft.graph.user"
	byDefault []string
	known     map[string]string // lower-case name: name
	single    map[string]string // known only for an object by itself, not in lists
	rules     map[string]filterRule
	sort      []string // by default
	sortMore  []string // only by advanced queries
	search    []string // $search, always an advanced query
	expand    []string
}

// filterRule says which operators a property takes in $filter: always, or only with the marks of an advanced query. "ne", "not" and null
// are advanced for all properties.
type filterRule struct{ always, advanced string }

// The rules are those of microsoft-graph-docs, page "aad-advanced-queries": operators that work by default, a bar, and those that need an
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

const groupNames = `id deletedDateTime assignedLabels assignedLicenses classification createdDateTime description displayName
	expirationDateTime groupTypes hasMembersWithLicenseErrors infoCatalogs isAssignableToRole isManagementRestricted licenseProcessingState mail
	mailEnabled mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName onPremisesExtensionAttributes
	onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier
	onPremisesSyncEnabled organizationId preferredDataLocation preferredLanguage proxyAddresses renewedDateTime resourceBehaviorOptions
	resourceProvisioningOptions securityEnabled securityIdentifier serviceProvisioningErrors theme uniqueName visibility`

// singleGroupNames work only on a single group (microsoft-graph-docs, page "group-get").
const singleGroupNames = `accessType allowExternalSenders autoSubscribeNewMembers hideFromAddressLists hideFromOutlookClients isArchived isFavorite
	isSubscribedByMail unseenConversationsCount unseenCount unseenMessagesCount welcomeMessageEnabled`

const orgContactNames = `id deletedDateTime addresses companyName department displayName givenName jobTitle mail mailNickname
	onPremisesLastSyncDateTime onPremisesProvisioningErrors onPremisesSyncEnabled phones proxyAddresses serviceProvisioningErrors surname`

const (
	odataUser    = "#microsoft.graph.user"
	odataGroup   = "#microsoft.graph.group"
	odataContact = "#microsoft.graph.orgContact"
)

var (
	userType = &directoryType{
		name: "User", set: "users", odata: odataUser, known: canonical(userNames), single: canonical(singleUserNames), rules: parseRules(userRules),
		byDefault: strings.Fields("businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname userPrincipalName id"),
		sort:      strings.Fields("displayname userprincipalname"),
		sortMore:  strings.Fields("createddatetime deleteddatetime"),
		search:    strings.Fields("displayname mail givenname surname userprincipalname mailnickname othermails proxyaddresses"),
		expand:    strings.Fields("manager directreports memberof transitivememberof"),
	}
	groupType = &directoryType{
		name: "Group", set: "groups", odata: odataGroup, known: canonical(groupNames), single: canonical(singleGroupNames), rules: parseRules(groupRules),
		byDefault: strings.Fields(`id deletedDateTime classification createdDateTime description displayName expirationDateTime groupTypes
			isAssignableToRole mail mailEnabled mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName
			onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled
			preferredDataLocation preferredLanguage proxyAddresses renewedDateTime resourceBehaviorOptions resourceProvisioningOptions
			securityEnabled securityIdentifier theme uniqueName visibility onPremisesProvisioningErrors serviceProvisioningErrors`),
		sort:     strings.Fields("displayname"),
		sortMore: strings.Fields("deleteddatetime"),
		search:   strings.Fields("displayname description mail mailnickname"),
		expand:   strings.Fields("members owners memberof transitivemembers transitivememberof"),
	}
	contactType = &directoryType{
		name: "OrgContact", set: "contacts", odata: odataContact, known: canonical(orgContactNames), rules: parseRules(orgContactRules),
		byDefault: strings.Fields(orgContactNames),
		sortMore:  strings.Fields("displayname"),
		search:    strings.Fields("displayname mail"),
		expand:    strings.Fields("manager directreports memberof"),
	}
	// objectType is what lists of several kinds of objects have in common: what one of the kinds knows may be asked for.
	objectType = mixedType(userType, groupType, contactType)
)

// directoryLists are the properties that are empty lists when they have no value.
var directoryLists = nameSet(`businessPhones otherMails proxyAddresses assignedLicenses assignedPlans groupTypes imAddresses provisionedPlans
	identities onPremisesProvisioningErrors serviceProvisioningErrors infoCatalogs resourceBehaviorOptions resourceProvisioningOptions
	assignedLabels addresses phones interests pastProjects responsibilities schools skills licenseAssignmentStates verifiedDomains
	marketingNotificationEmails securityComplianceNotificationMails securityComplianceNotificationPhones technicalNotificationMails`)

func canonical(names string) map[string]string {
	m := map[string]string{}
	for _, n := range strings.Fields(names) {
		m[strings.ToLower(n)] = n
	}
	return m
}

func parseRules(table string) map[string]filterRule {
	rules := map[string]filterRule{}
	for line := range strings.Lines(table) {
		path, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		always, advanced, _ := strings.Cut(rest, "|")
		rules[strings.ToLower(path)] = filterRule{always, advanced}
	}
	return rules
}

func mixedType(types ...*directoryType) *directoryType {
	mixed := &directoryType{
		name: "DirectoryObject", set: "directoryObjects", known: map[string]string{}, rules: map[string]filterRule{}, byDefault: []string{"id"},
	}
	for _, t := range types {
		for lower, name := range t.known {
			mixed.known[lower] = name
		}
		for path, rule := range t.rules {
			// what the kinds do not have in common is read from the index of advanced queries
			mixed.rules[path] = filterRule{advanced: rule.always + " " + rule.advanced}
		}
		mixed.sortMore = append(mixed.sortMore, slices.Concat(t.sort, t.sortMore)...)
		mixed.search = append(mixed.search, t.search...)
	}
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
