package transform_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gleis-dev/gleis/host/transform"
	"github.com/gleis-dev/gleis/sdk"
)

// events returns n records of about 2 KiB as Microsoft Graph sends them.
func events(n int) []sdk.Record {
	out := make([]sdk.Record, n)
	for i := range out {
		data := fmt.Sprintf(`{"@odata.etag":"W/\"DwAAABYAAADX\"","id":"AAMkAGI%06d=","createdDateTime":"2026-03-01T08:00:00.1234567Z","lastModifiedDateTime":"2026-03-02T09:30:00.7654321Z","changeKey":"XuEY","categories":["blue","red"],"transactionId":null,"originalStartTimeZone":"W. Europe Standard Time","iCalUId":"040000008200E00074C5B7101A82E00800000000%06d","reminderMinutesBeforeStart":15,"isReminderOn":true,"hasAttachments":false,"subject":"Planning %d","bodyPreview":"%s","importance":"normal","sensitivity":"normal","isAllDay":false,"isCancelled":false,"isOrganizer":true,"responseRequested":true,"seriesMasterId":null,"showAs":"busy","type":"singleInstance","webLink":"https://outlook.office365.com/owa/?itemid=AAMkAGI","body":{"contentType":"html","content":"<html><head></head><body><p>%s</p><p>Bring <b>cake</b> &amp; tea</p></body></html>"},"start":{"dateTime":"2026-03-10T10:00:00.0000000","timeZone":"W. Europe Standard Time"},"end":{"dateTime":"2026-03-10T11:00:00.0000000","timeZone":"W. Europe Standard Time"},"location":{"displayName":"Room 1","locationType":"default","uniqueIdType":"private"},"attendees":[{"type":"required","status":{"response":"none","time":"0001-01-01T00:00:00Z"},"emailAddress":{"name":"A","address":"a%d@x.example"}},{"type":"optional","status":{"response":"none","time":"0001-01-01T00:00:00Z"},"emailAddress":{"name":"B","address":"b@x.example"}}],"organizer":{"emailAddress":{"name":"O","address":"o%d@x.example"}}}`,
			i, i, i, strings.Repeat("preview ", 30), strings.Repeat("text ", 60), i, i%20)
		out[i] = sdk.Record{Key: fmt.Sprint(i), Data: []byte(data)}
	}
	return out
}

// BenchmarkBatch measures records of 2 KiB, 500 a batch.
func BenchmarkBatch(b *testing.B) {
	ask := func(_ context.Context, asked []transform.Lookup) []transform.Answer {
		out := make([]transform.Answer, len(asked))
		for i := range out {
			out[i].Data = []byte(`{"id":"7","email":"o@x.example"}`)
		}
		return out
	}
	for name, body := range map[string]string{
		"mapping":     "fields: {graph_id: id, title: subject, place: location.displayName, organizer: organizer.emailAddress.address, note: bodyPreview}",
		"conversions": "fields: {graph_id: id, title: subject, starts_at: start}",
		"where":       "where: \"!record.isCancelled && record.subject != ''\"\nfields: {graph_id: id, title: subject}",
		"html":        "rules: [{html_to_text: {from: body.content, to: note}}]\nfields: {graph_id: id, note: note}",
		"query":       "rules: [{query: {connection: c, object: people, filter: \"email|:|#organizer.emailAddress.address#|;|\", prefix: owner_}}]\nfields: {graph_id: id, owner: owner_id}",
	} {
		b.Run(name, func(b *testing.B) {
			src := event()
			src.Fields = append(src.Fields, text("bodyPreview"), object("location", text("displayName")))
			dst := &sdk.Object{Name: "meeting", Fields: []sdk.Field{text("graph_id"), text("title"), text("place"), text("organizer"), text("note"), text("owner"), {Name: "starts_at", Type: sdk.TypeInstant}}}
			p := compile(b, body, src, dst)
			recs := events(500)
			size := 0
			for _, r := range recs {
				size += len(r.Data)
			}
			if r := p.Batch(b.Context(), recs[:1], ask)[0]; r.Err != nil || r.Data == nil {
				b.Fatal(r.Err, r.Dropped)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				p.Batch(b.Context(), recs, ask)
			}
			b.ReportMetric(float64(b.N*len(recs))/b.Elapsed().Seconds(), "records/s")
		})
	}
}
