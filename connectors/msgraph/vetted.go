package msgraph

import "github.com/gleis-dev/gleis/sdk"

// vetted is what the connector offers of one entity type of Graph. $metadata does not say what is read-only (there is no Computed or
// Immutable annotation on these types), so it stands here, as microsoft-graph-docs has it in the pages of event, todoTask and contact.
type vetted struct {
	object, entity string
	title          sdk.Text
	fields         []string // in the order shown; one that $metadata lacks is left out
	readOnly       []string
	createOnly     []string
	lists          []string // fields that are lists and can be written
	required       []string
}

func vettedObjects() []vetted {
	return []vetted{
		{
			object: objectEvent, entity: "event", title: sdk.Text{EN: "Event", DE: "Ereignis"},
			fields: []string{
				"id", "subject", "start", "end", "isAllDay", "location", "locations", "body", "bodyPreview", "organizer", "attendees", "recurrence", "seriesMasterId", "type", "originalStart",
				"categories", "importance", "sensitivity", "showAs", "isReminderOn", "reminderMinutesBeforeStart", "responseRequested", "allowNewTimeProposals", "hideAttendees",
				"isOnlineMeeting", "onlineMeetingProvider", "onlineMeeting", "onlineMeetingUrl", "responseStatus", "isCancelled", "isOrganizer", "isDraft", "hasAttachments", "iCalUId",
				"originalStartTimeZone", "originalEndTimeZone", "transactionId", "webLink", "changeKey", "createdDateTime", "lastModifiedDateTime",
			},
			readOnly: []string{
				"id", "changeKey", "createdDateTime", "lastModifiedDateTime", "bodyPreview", "hasAttachments", "iCalUId", "isCancelled", "isDraft", "isOrganizer", "onlineMeeting", "onlineMeetingUrl",
				"originalStart", "originalStartTimeZone", "originalEndTimeZone", "responseStatus", "seriesMasterId", "type", "webLink", "transactionId",
			},
			createOnly: []string{"organizer"},
			lists:      []string{"attendees", "categories", "locations"},
			required:   []string{"start", "end"},
		},
		{
			object: objectTask, entity: "todoTask", title: sdk.Text{EN: "Task", DE: "Aufgabe"},
			fields: []string{
				"id", "title", "status", "importance", "body", "dueDateTime", "startDateTime", "completedDateTime", "isReminderOn", "reminderDateTime", "recurrence", "categories",
				"hasAttachments", "bodyLastModifiedDateTime", "createdDateTime", "lastModifiedDateTime",
			},
			readOnly: []string{"id", "createdDateTime", "lastModifiedDateTime", "bodyLastModifiedDateTime", "hasAttachments", "isReminderOn"},
			lists:    []string{"categories"},
			required: []string{"title"},
		},
		{
			object: objectContact, entity: "contact", title: sdk.Text{EN: "Contact", DE: "Kontakt"},
			fields: []string{
				"id", "displayName", "givenName", "middleName", "surname", "title", "initials", "generation", "nickName", "fileAs", "companyName", "department", "jobTitle", "profession", "manager",
				"assistantName", "officeLocation", "emailAddresses", "businessPhones", "homePhones", "mobilePhone", "imAddresses", "businessAddress", "homeAddress", "otherAddress", "businessHomePage",
				"birthday", "spouseName", "children", "personalNotes", "categories", "yomiGivenName", "yomiSurname", "yomiCompanyName", "parentFolderId", "changeKey", "createdDateTime", "lastModifiedDateTime",
			},
			readOnly: []string{"id", "changeKey", "createdDateTime", "lastModifiedDateTime", "parentFolderId"},
			lists:    []string{"emailAddresses", "businessPhones", "homePhones", "imAddresses", "children", "categories"},
		},
	}
}

// vettedTypes are the types of $metadata that are kept while it is read: those of the objects, their bases and what their fields are made
// of.
func vettedTypes() map[string]bool {
	m := map[string]bool{}
	for _, n := range []string{
		"entity", "outlookItem", "event", "todoTask", "contact", "itemBody", "emailAddress", "recipient", "attendeeBase", "attendee", "timeSlot", "dateTimeTimeZone", "responseStatus", "location",
		"physicalAddress", "outlookGeoCoordinates", "patternedRecurrence", "recurrencePattern", "recurrenceRange", "onlineMeetingInfo", "phone",
		"bodyType", "attendeeType", "responseType", "locationType", "locationUniqueIdType", "recurrencePatternType", "recurrenceRangeType", "dayOfWeek", "weekIndex", "importance", "sensitivity",
		"freeBusyStatus", "eventType", "onlineMeetingProviderType", "phoneType", "taskStatus",
	} {
		m[n] = true
	}
	return m
}

// virtual are the fields that the connector adds.
func virtual(object string) []sdk.Field {
	fields := []sdk.Field{
		{
			Name: "user", Type: sdk.TypeText, CreateOnly: true, Title: sdk.Text{EN: "User", DE: "Benutzer"},
			Help: sdk.Text{EN: "Mail address of the mailbox; decides on creation where the record goes.", DE: "E-Mail-Adresse des Postfachs; entscheidet bei der Neuanlage, wohin der Datensatz kommt."},
		},
		{
			Name: "isDeleted", Type: sdk.TypeBool, ReadOnly: true, Title: sdk.Text{EN: "Is deleted", DE: "Ist gelöscht"},
			Help: sdk.Text{EN: "False in every record that is read; deletions come as deletions.", DE: "Falsch in jedem gelesenen Datensatz; Löschungen kommen als Löschungen."},
		},
	}
	if object == objectEvent {
		fields = append(fields, sdk.Field{
			Name: "isExternalOrganizer", Type: sdk.TypeBool, ReadOnly: true, Title: sdk.Text{EN: "Organiser is not selected", DE: "Organisator ist nicht ausgewählt"},
			Help: sdk.Text{EN: "The organiser is none of the selected users: the copy of this mailbox is kept.", DE: "Der Organisator ist keiner der ausgewählten Benutzer: die Kopie dieses Postfachs wird übernommen."},
		})
	}
	return fields
}
