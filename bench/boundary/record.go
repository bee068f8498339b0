package boundary

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/gleis-dev/gleis/sdk"
)

// pool is how many different records there are; they are sent again and again.
const pool = 500

// meeting is a record of 19 fields, about 1 KiB as JSON.
type meeting struct {
	ID          string    `json:"id"`
	ChangeKey   string    `json:"changeKey"`
	ICalUID     string    `json:"iCalUId"`
	Subject     string    `json:"subject"`
	Body        string    `json:"bodyPreview"`
	Start       time.Time `json:"start"`
	End         time.Time `json:"end"`
	TimeZone    string    `json:"timeZone"`
	AllDay      bool      `json:"isAllDay"`
	Cancelled   bool      `json:"isCancelled"`
	Attendees   int       `json:"attendeeCount"`
	Importance  string    `json:"importance"`
	Sensitivity string    `json:"sensitivity"`
	OrgName     string    `json:"organizerName"`
	OrgMail     string    `json:"organizerAddress"`
	Location    string    `json:"location"`
	Modified    time.Time `json:"lastModified"`
	Price       float64   `json:"price"`
	Categories  []string  `json:"categories"`
}

func newMeeting(i int) meeting {
	at := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour)
	return meeting{
		ID: fmt.Sprintf("AAMkAGI2%0140d", i), ChangeKey: fmt.Sprintf("CQAAABYAAAD%020d", i), ICalUID: fmt.Sprintf("040000008200E00074C5B7101A82E008%040d", i),
		Subject: fmt.Sprintf("Weekly planning meeting number %d", i), Body: strings.Repeat(`agenda item with "quotes" and text `, 8),
		Start: at, End: at.Add(time.Hour), TimeZone: "W. Europe Standard Time", Attendees: i % 20, Importance: "normal", Sensitivity: "normal",
		OrgName: "Ada Lovelace", OrgMail: "ada.lovelace@contoso.example", Location: "Meeting room 4711", Modified: at, Price: 1.5 * float64(i),
		Categories: []string{"blue", "customer"},
	}
}

// records are the pool as a connector emits it.
func records() ([]sdk.Record, error) {
	list := make([]sdk.Record, pool)
	for i := range list {
		m := newMeeting(i)
		data, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		list[i] = sdk.Record{Key: m.ID, Stamp: m.ChangeKey, Data: data}
	}
	return list, nil
}

// structs are the pool as messages of the well-known type Struct.
func structs() ([]*structpb.Struct, error) {
	from, err := records()
	if err != nil {
		return nil, err
	}
	list := make([]*structpb.Struct, len(from))
	for i, r := range from {
		list[i] = &structpb.Struct{}
		if err := list[i].UnmarshalJSON(r.Data); err != nil {
			return nil, err
		}
	}
	return list, nil
}
