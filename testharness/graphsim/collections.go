package graphsim

// What Exchange's items have in common.
const (
	stampFilter = `
		createdDateTime      eq ne gt ge lt le
		lastModifiedDateTime eq ne gt ge lt le`
	// propertyFilter is of extended properties: numbers and GUIDs are compared as such by a cast (microsoft-graph-docs, page
	// "singlevaluelegacyextendedproperty-get"; Int64 and Double, and the values of multi-value properties, are unconfirmed).
	propertyFilter = `
		singleValueExtendedProperties/*/id               eq
		singleValueExtendedProperties/*/value            eq ne gt ge lt le contains startswith
		singleValueExtendedProperties/*/value/Edm.Int32  eq ne gt ge lt le
		singleValueExtendedProperties/*/value/Edm.Int64  eq ne gt ge lt le
		singleValueExtendedProperties/*/value/Edm.Double eq ne gt ge lt le
		singleValueExtendedProperties/*/value/Edm.Guid   eq ne
		multiValueExtendedProperties/*/id                eq
		multiValueExtendedProperties/*/value/*           eq`
	extrasFilter = propertyFilter + `
		extensions/*/id eq`
)

// eventFilter: ranges compare texts in UTC, and a series by its first occurrence (microsoft-graph-docs, page "user-list-events", issues
// 15892 and 18988 there). organizer and attendees are refused.
const eventFilter = stampFilter + extrasFilter + `
	subject        eq ne startswith contains
	start/dateTime eq ne gt ge lt le
	end/dateTime   eq ne gt ge lt le
	iCalUId        eq
	isCancelled    eq ne
	isAllDay       eq ne
	type           eq ne
	seriesMasterId eq ne
	categories/*   eq
	importance     eq ne
	sensitivity    eq ne
	showAs         eq ne`

const contactFilter = stampFilter + extrasFilter + `
	displayName              eq startswith
	givenName                eq startswith
	surname                  eq startswith
	companyName              eq startswith
	emailAddresses/*/address eq
	categories/*             eq`

// messageFilter follows microsoft-graph-docs, page "user-list-messages", and public reports.
const messageFilter = stampFilter + extrasFilter + `
	subject                     eq ne startswith contains
	receivedDateTime            eq ne gt ge lt le
	sentDateTime                eq ne gt ge lt le
	isRead                      eq ne
	isDraft                     eq ne
	hasAttachments              eq ne
	importance                  eq ne
	inferenceClassification     eq ne
	internetMessageId           eq ne
	conversationId              eq ne
	parentFolderId              eq ne
	isReadReceiptRequested      eq ne
	isDeliveryReceiptRequested  eq ne
	categories/*                eq
	flag/flagStatus             eq ne
	from/emailAddress/address   eq ne startswith contains
	from/emailAddress/name      eq ne startswith contains
	sender/emailAddress/address eq ne startswith contains
	sender/emailAddress/name    eq ne startswith contains
	bodyPreview                 contains startswith`

// taskFilter is what clients of consumer mailboxes measured, and public issue 3930 of microsoft-graph-explorer-v4.
const taskFilter = `
	status                 eq ne
	title                  eq ne startswith contains
	importance             eq ne
	createdDateTime        eq ne gt ge lt le
	lastModifiedDateTime   eq ne gt ge lt le
	dueDateTime/dateTime   eq ne gt ge lt le
	categories/*           eq
	categories/$count      eq ne gt ge lt le`

// nameFilter is for small collections. That they take it is unconfirmed except for calendars, where clients use it.
const nameFilter = `
	name        eq ne startswith contains
	displayName eq ne startswith contains`

const placeFilter = `
	displayName  eq ne startswith contains
	emailAddress eq ne startswith contains
	address/city eq ne startswith contains`

// collections is the table. The directory's objects have their rules with their types, see directorytype.go.
func collections() []collection {
	return []collection{
		{
			paths: "events calendarView instances", page: defaultPage, most: mostPage,
			filter: eventFilter, sort: "start/dateTime end/dateTime subject lastModifiedDateTime createdDateTime", more: checkEvents,
		},
		{paths: "calendarView/delta", tracking: "CalendarView", refused: "orderby filter select expand search"},
		{paths: "events/delta", tracking: "Events", refused: "orderby filter select expand search top"},
		{paths: "reminderView reminderView/{}", page: defaultPage, most: mostPage},
		{paths: "calendars", page: defaultPage, most: mostPage, filter: nameFilter + propertyFilter, sort: "name"},
		{paths: "calendarGroups", page: defaultPage, most: mostPage, filter: nameFilter, sort: "name", generic: true},
		{paths: "calendarPermissions", page: 100, most: mostPage},
		{
			paths: "users/{}/contacts contactFolders/{}/contacts childFolders/{}/contacts", page: defaultPage, most: mostPage, search: true,
			filter: contactFilter, sort: "displayName givenName surname lastModifiedDateTime createdDateTime",
		},
		{paths: "users/{}/contacts/delta", tracking: "Contacts", refused: "orderby filter select expand search top"},
		{paths: "contacts/{}/photo", own: true},
		{paths: "contactFolders/{}/contacts/delta childFolders/{}/contacts/delta", tracking: "Contacts", refused: "orderby filter expand search top"},
		{
			paths: "contactFolders contactFolders/{}/childFolders contactFolders/{}/childFolders/{}/childFolders", page: defaultPage, most: mostPage,
			filter: nameFilter + propertyFilter, sort: "displayName",
		},
		{paths: "contactFolders/delta", tracking: "ContactFolders", refused: "orderby filter expand search top"},
		{
			paths: "messages", page: defaultPage, most: mostPage, search: true, filter: messageFilter, more: checkMessages,
			sort: `subject receivedDateTime sentDateTime createdDateTime lastModifiedDateTime isRead isDraft hasAttachments importance flag/flagStatus
				from/emailAddress/address from/emailAddress/name sender/emailAddress/address sender/emailAddress/name`,
		},
		{
			paths: "mailFolders mailFolders/{}/childFolders mailFolders/{}/childFolders/{}/childFolders", page: defaultPage, most: mostPage,
			filter: nameFilter + propertyFilter + `
				unreadItemCount  eq ne gt ge lt le
				totalItemCount   eq ne gt ge lt le
				childFolderCount eq ne gt ge lt le
				isHidden         eq ne`,
			sort: "displayName unreadItemCount totalItemCount",
		},
		{
			paths: "attachments", page: defaultPage, most: mostPage, own: true, generic: true, sort: "name size lastModifiedDateTime",
			filter: `
				name        eq ne startswith contains
				contentType eq ne startswith
				isInline    eq ne
				size        eq ne gt ge lt le`,
		},
		{paths: "masterCategories", page: 100, most: mostPage, filter: nameFilter, sort: "displayName", generic: true},
		{paths: "todo/lists", page: 100, most: mostPage, sort: "displayName", generic: true}, // nobody saw a filter of lists: unconfirmed
		{
			paths: "tasks", page: 50, most: mostPage, filter: taskFilter,
			sort: "createdDateTime lastModifiedDateTime dueDateTime/dateTime status title importance",
		},
		{paths: "checklistItems linkedResources", page: 100, most: mostPage, filter: nameFilter, sort: "displayName", generic: true},
		{paths: "tasks/{}/attachments", page: defaultPage, most: mostPage, own: true},
		{paths: "extensions supportedLanguages supportedTimeZones supportedTimeZones/{}", page: 100, most: mostPage},
		{paths: "subscriptions", page: 100, most: 100},
		{ // what can be filtered is unconfirmed
			paths: "microsoft.graph.room microsoft.graph.roomList/rooms", page: maxPlaces, most: maxPlaces, generic: true,
			filter: placeFilter + `
				building              eq ne startswith contains
				floorLabel            eq ne startswith contains
				floorNumber           eq ne gt ge lt le
				capacity              eq ne gt ge lt le
				bookingType           eq ne
				tags/*                eq`,
		},
		{paths: "microsoft.graph.roomList", page: maxPlaces, most: maxPlaces, generic: true, filter: placeFilter},
	}
}
