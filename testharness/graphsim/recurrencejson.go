package graphsim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// recurrenceBody is patternedRecurrence as it is sent.
type recurrenceBody struct {
	Pattern struct {
		Type           string   `json:"type"`
		Interval       *int     `json:"interval"`
		Month          int      `json:"month"`
		DayOfMonth     int      `json:"dayOfMonth"`
		DaysOfWeek     []string `json:"daysOfWeek"`
		FirstDayOfWeek string   `json:"firstDayOfWeek"`
		Index          string   `json:"index"`
	} `json:"pattern"`
	Range struct {
		Type                string `json:"type"`
		StartDate           string `json:"startDate"`
		EndDate             string `json:"endDate"`
		RecurrenceTimeZone  string `json:"recurrenceTimeZone"`
		NumberOfOccurrences int    `json:"numberOfOccurrences"`
	} `json:"range"`
}

// parseRecurrence reads a patternedRecurrence; without recurrenceTimeZone it is in zone z.
func (s *Server) parseRecurrence(raw json.RawMessage, z *zone) (*recurrence, *apiError) {
	var body recurrenceBody
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, errDeserialize("Requested value for property 'recurrence' could not be read: %s", err.Error())
	}
	r := &recurrence{zone: z, interval: 1}
	p, g := body.Pattern, body.Range
	kind := nameIndex(patternNames[:], p.Type)
	bounds := nameIndex(rangeNames[:], g.Type)
	if kind < 0 || bounds < 0 {
		return nil, errDeserialize("Requested value '%s' was not found.", p.Type+g.Type)
	}
	r.kind, r.bounds = patternType(kind), rangeType(bounds)
	if p.Interval != nil {
		r.interval = *p.Interval
	}
	r.month, r.dayOfMonth, r.count = p.Month, p.DayOfMonth, g.NumberOfOccurrences
	for _, name := range p.DaysOfWeek {
		i := nameIndex(weekdayNames[:], name)
		if i < 0 {
			return nil, errDeserialize("Requested value '%s' was not found.", name)
		}
		r.days |= 1 << i
	}
	if p.FirstDayOfWeek != "" {
		r.firstDay = nameIndex(weekdayNames[:], p.FirstDayOfWeek)
	}
	if p.Index != "" {
		r.index = nameIndex(indexNames[:], p.Index)
	}
	if r.firstDay < 0 || r.index < 0 {
		return nil, errDeserialize("Requested value '%s' was not found.", p.FirstDayOfWeek+p.Index)
	}
	if err := s.parseRange(r, g.StartDate, g.EndDate, g.RecurrenceTimeZone); err != nil {
		return nil, err
	}
	if !r.valid() {
		return nil, errValidation("")
	}
	return r, nil
}

func (s *Server) parseRange(r *recurrence, start, end, zoneName string) *apiError {
	var ok bool
	if r.start, ok = parseDate(start); !ok {
		return errValidation("")
	}
	if r.bounds == endDate {
		if r.end, ok = parseDate(end); !ok {
			return errValidation("")
		}
	} else if _, ok = parseDate(end); !ok && end != "" {
		return errValidation("")
	}
	if r.bounds != numberedRange {
		r.count = 0
	}
	if zoneName != "" {
		z, ok := s.zones.stored(zoneName)
		if !ok {
			return errZone(zoneName)
		}
		r.zone = z
	}
	return nil
}

func parseDate(s string) (int32, bool) {
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		return 0, false
	}
	return int32(floorDiv(t.Unix(), daySeconds)), true
}

func nameIndex(names []string, name string) int {
	return slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// appendRecurrence writes a rule with the defaults that Graph puts in for what does not apply.
func appendRecurrence(b []byte, r *recurrence) []byte {
	if r == nil {
		return append(b, "null"...)
	}
	w := writer{b: append(b, `{"pattern":{`...)}
	w.word("type", patternNames[r.kind])
	w.raw("interval", itoa(r.interval))
	w.raw("month", itoa(r.month))
	w.raw("dayOfMonth", itoa(r.dayOfMonth))
	if r.days != 0 {
		w.member("daysOfWeek")
		w.b = append(w.b, '[')
		for i, name := range weekdayNames {
			if r.days&(1<<i) != 0 {
				if w.b[len(w.b)-1] != '[' {
					w.b = append(w.b, ',')
				}
				w.b = append(append(append(w.b, '"'), name...), '"')
			}
		}
		w.b = append(w.b, ']')
	}
	w.word("firstDayOfWeek", weekdayNames[r.firstDay])
	w.word("index", indexNames[r.index])
	w.b = append(w.b, `},"range":{`...)
	w.word("type", rangeNames[r.bounds])
	w.member("startDate")
	w.b = append(appendDate(append(w.b, '"'), int64(r.start)), '"')
	w.member("endDate")
	if r.bounds == endDate {
		w.b = append(appendDate(append(w.b, '"'), int64(r.end)), '"')
	} else {
		w.b = append(w.b, `"0001-01-01"`...)
	}
	w.str("recurrenceTimeZone", r.zone.name)
	w.raw("numberOfOccurrences", itoa(r.count))
	return append(w.b, "}}"...)
}
