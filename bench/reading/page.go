package reading

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// The listing that is read: its length and that of its pages, in events. 1,000
// is the largest page that Graph gives of events.
const (
	total    = 10_000
	pageSize = 1_000
)

type object = map[string]any

// event is the i-th event in the form of Graph v1.0, with all properties that a
// plain listing has ("event resource type").
func event(i int) object {
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour)
	zoned := func(t time.Time) object {
		return object{"dateTime": t.Format("2006-01-02T15:04:05.0000000"), "timeZone": "UTC"}
	}
	person := func(name, address string) object {
		return object{"name": name, "address": address + "@contoso.example"}
	}
	place := object{"displayName": "Raum 1 Spree", "locationType": "default", "uniqueId": "Raum 1 Spree", "uniqueIdType": "private"}
	key := fmt.Sprintf("ZlnW4RIAV06KYYwlrfNZvQAAKGW%05d==", i)
	return object{
		"@odata.etag": fmt.Sprintf("W/%q", key), "id": fmt.Sprintf("AAMkAGIAAAoZDOFAAA%0130d=", i), "changeKey": key,
		"iCalUId":         fmt.Sprintf("040000008200E00074C5B7101A82E00800000000%060d", i),
		"createdDateTime": at.Format(time.RFC3339Nano), "lastModifiedDateTime": at.Format(time.RFC3339Nano), "categories": []string{"Kunde"},
		"originalStartTimeZone": "W. Europe Standard Time", "originalEndTimeZone": "W. Europe Standard Time",
		"reminderMinutesBeforeStart": 15, "isReminderOn": true, "hasAttachments": false, "hideAttendees": false, "isDraft": false,
		"subject": fmt.Sprintf("Planung %d", i), "bodyPreview": "Wir gehen die Punkte dieser Woche durch. Bitte Zahlen mitbringen.",
		"importance": "normal", "sensitivity": "normal", "isAllDay": false, "isCancelled": false, "isOrganizer": true, "responseRequested": true,
		"seriesMasterId": nil, "transactionId": nil, "showAs": "busy", "type": "singleInstance",
		"webLink":          fmt.Sprintf("https://outlook.example/owa/?itemid=AAMkAGIAAAoZDOFAAA%060d&exvsurl=1&path=/calendar/item", i),
		"onlineMeetingUrl": nil, "isOnlineMeeting": false, "onlineMeetingProvider": "unknown", "onlineMeeting": nil, "allowNewTimeProposals": true,
		"responseStatus": object{"response": "organizer", "time": "0001-01-01T00:00:00Z"},
		"body":           object{"contentType": "html", "content": "<html><head></head><body>\r\n<p>Wir gehen die Punkte dieser Woche durch. Bitte Zahlen mitbringen.</p>\r\n</body></html>\r\n"},
		"start":          zoned(at), "end": zoned(at.Add(time.Hour)), "location": place, "locations": []object{place}, "recurrence": nil,
		"attendees": []object{
			{"type": "required", "status": object{"response": "none", "time": "0001-01-01T00:00:00Z"}, "emailAddress": person("Samantha Booth", "samantha")},
			{"type": "optional", "status": object{"response": "accepted", "time": "2026-01-01T00:00:00Z"}, "emailAddress": person("Dana Swope", "dana")},
		},
		"organizer": object{"emailAddress": person("Ada Lovelace", "ada")},
	}
}

// page is one answer to a listing: events from first on, and the next link.
func page(first int, next string) ([]byte, error) {
	events := make([]object, pageSize)
	for i := range events {
		events[i] = event(first + i)
	}
	answer := object{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users('ada')/events", "value": events}
	if next != "" {
		answer["@odata.nextLink"] = next
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(answer)
	return b.Bytes(), err
}
