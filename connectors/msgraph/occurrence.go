package msgraph

import (
	"bytes"
	"context"
	"slices"

	"github.com/gleis-dev/gleis/sdk"
)

// Types of events (microsoft-graph-docs, "event resource type").
const (
	kindSingle     = "singleInstance"
	kindOccurrence = "occurrence"
	kindException  = "exception"
	kindSeries     = "seriesMaster"
)

// ownOnly are the fields of a series that its occurrences do not share. webLink would open the series.
var ownOnly = []string{
	"@odata.context", "@odata.etag", "@odata.type", "id", "changeKey", "type", "seriesMasterId", "start", "end", "originalStart", "recurrence", "webLink", "transactionId",
	"occurrenceId", "cancelledOccurrences", "exceptionOccurrences", "instances",
}

// series is what the occurrences of a series share: delta sends of an occurrence only id, start and end (microsoft-graph-docs issue 7632). The
// same is made of an occurrence however it was read, so that its content does not depend on the way.
type series struct {
	etag   string
	fields []member // shared with the occurrences
	own    []member // not shared
	tail   []byte   // the fields as ,"name":value …, with the organiser rule carried out
	rule   verdict
}

// maxSeries bounds the memory of remembered series; what is dropped is read again.
const maxSeries = 16 << 20

// seriesCache remembers the series of one read.
type seriesCache struct {
	byID  map[string]*series
	order []string
	bytes int
}

func (m *seriesCache) put(id string, s *series) {
	if m.byID == nil {
		m.byID = map[string]*series{}
	}
	if old := m.byID[id]; old != nil {
		m.bytes -= len(old.tail)
	} else {
		m.order = append(m.order, id)
	}
	m.byID[id] = s
	m.bytes += len(s.tail)
	for m.bytes > maxSeries && len(m.order) > 1 {
		first := m.order[0]
		m.order = m.order[1:]
		if first == id { // the newest of all
			m.order = append(m.order, id)
			continue
		}
		m.bytes -= len(m.byID[first].tail)
		delete(m.byID, first)
	}
}

// newSeries copies what is needed of a master's row.
func (e *eventStep) newSeries(r *round, w *row) (*series, error) {
	s := &series{etag: string(w.etag), rule: r.judge(w)}
	raw := bytes.Clone(w.raw)
	all, err := members(raw)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if slices.Contains(ownOnly, m.name) {
			s.own = append(s.own, m)
			continue
		}
		if m.name == "attendees" && s.rule == external {
			if left, changed := r.withoutUs(m.value); changed {
				m.value = left
			}
		}
		s.fields = append(s.fields, m)
		s.tail = appendMember(s.tail, m)
	}
	return s, nil
}

func appendMember(b []byte, m member) []byte {
	b = append(b, ',')
	b = appendQuote(b, m.name)
	b = append(b, ':')
	return append(b, m.value...)
}

// seriesOf returns the series of that id, reading it if it is not known.
func (e *eventStep) seriesOf(ctx context.Context, r *round, id string) (*series, error) {
	if s := e.known.byID[id]; s != nil {
		return s, nil
	}
	if err := checkID("series", id); err != nil {
		return nil, err
	}
	resp, err := r.c.graph.get(ctx, r.box.id, r.path("/events/"+escape(id)), r.c.graph.prefer())
	if err != nil {
		return nil, err
	}
	defer resp.Free()
	var p page
	w, err := p.item(resp.Body)
	if err != nil {
		return nil, err
	}
	s, err := e.newSeries(r, w)
	if err == nil {
		e.known.put(id, s)
	}
	return s, err
}

// occurrence makes the record of an occurrence from its row, stub or not, and its series.
func (r *round) occurrence(w *row, s *series) sdk.Record {
	if s.rule == release {
		return r.bare(sdk.Release, string(w.id))
	}
	data := r.bytes(func(b []byte) []byte {
		b = append(b, `{"@odata.etag":`...)
		b = appendQuote(b, string(w.etag))
		b = append(b, `,"id":`...)
		b = appendQuote(b, string(w.id))
		b = append(b, `,"type":"occurrence","seriesMasterId":`...)
		b = appendQuote(b, string(w.series))
		b = w.start.append(append(b, `,"start":`...), w.raw)
		b = w.end.append(append(b, `,"end":`...), w.raw)
		b = append(b, s.tail...)
		return append(append(b, r.extras[s.rule]...), '}')
	})
	at := lastOf(w.start.instant(&r.c.cfg, w.allDay), w.end.instant(&r.c.cfg, w.allDay))
	return r.record(w, string(w.etag)+" "+s.etag, at, data)
}

// filled makes the data of an exception that came without the fields it shares with its series ("full or nearly full").
func (r *round) filled(w *row, s *series, extra []byte) ([]byte, error) {
	own, err := members(w.raw)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, m := range own {
		have[m.name] = true
	}
	var more []byte
	for _, m := range s.fields {
		if !have[m.name] {
			more = appendMember(more, m)
		}
	}
	more = append(more, extra...)
	return r.bytes(func(b []byte) []byte { return w.appendRow(b, more, r.edits(w, s.rule)) }), nil
}

// append writes the moment without a fraction of zeros, null if it is not there.
func (m *moment) append(b, raw []byte) []byte {
	if m.whole.to == 0 {
		return append(b, "null"...)
	}
	if m.fraction.to == 0 {
		return append(b, m.whole.of(raw)...)
	}
	b = append(b, raw[m.whole.from:m.fraction.from]...)
	return append(b, raw[m.fraction.to:m.whole.to]...)
}
