package graphsim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// maxBatch is how many requests a batch may hold.
const maxBatch = 20

type batchItem struct {
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers"`
	Body      json.RawMessage   `json:"body"`
	DependsOn []string          `json:"dependsOn"`
}

// batch carries out up to 20 requests one after the other. Each has its own status, budget and throttling; the whole is 200 unless the
// batch itself is malformed.
func batch(c *call) (*reply, error) {
	var body struct {
		Requests []batchItem `json:"requests"`
	}
	if err := json.Unmarshal(c.body, &body); err != nil {
		return nil, fail(http.StatusBadRequest, "BadRequest", "Invalid batch payload format.")
	}
	if err := checkBatch(body.Requests); err != nil {
		return nil, err
	}
	failed := map[string]bool{}
	b := []byte(`{"responses":[`)
	for i, item := range body.Requests {
		sub := c.batchCall(item)
		var rep *reply
		if slices.ContainsFunc(item.DependsOn, func(id string) bool { return failed[strings.ToLower(id)] }) {
			rep = fail(http.StatusFailedDependency, "FailedDependency", "Requests from the batch failed due to a dependency on a failed request.").reply(sub)
		} else if err := item.check(); err != nil {
			rep = err.reply(sub)
		} else {
			rep = c.s.handle(sub)
		}
		if rep.drop {
			return rep, nil
		}
		failed[strings.ToLower(item.ID)] = rep.status >= 400
		if i > 0 {
			b = append(b, ',')
		}
		b = c.s.appendBatchReply(b, item.ID, sub, rep)
	}
	return &reply{status: 200, body: append(b, "]}"...)}, nil
}

// checkBatch refuses a batch as a whole. The items that depend on others must form one chain.
func checkBatch(items []batchItem) *apiError {
	if len(items) > maxBatch {
		return fail(http.StatusBadRequest, "BadRequest", "Number of requests inside batch exceed the limit.")
	}
	seen := map[string]bool{}
	chained := 0
	for i, item := range items {
		id := strings.ToLower(item.ID)
		if id == "" || seen[id] {
			return fail(http.StatusBadRequest, "BadRequest", "Invalid batch payload format: request ids must be given and unique.")
		}
		seen[id] = true
		if len(item.DependsOn) == 0 {
			continue
		}
		chained++
		if len(item.DependsOn) != 1 || i == 0 || !strings.EqualFold(item.DependsOn[0], items[i-1].ID) {
			return fail(http.StatusBadRequest, "BadRequest", "Batch should be either fully sequential or fully parallel.")
		}
	}
	if chained != 0 && chained != len(items)-1 {
		return fail(http.StatusBadRequest, "BadRequest", "Batch should be either fully sequential or fully parallel.")
	}
	return nil
}

func (item *batchItem) check() *apiError {
	if item.Method == "" || item.URL == "" || strings.HasPrefix(strings.ToLower(item.URL), "/$batch") {
		return fail(http.StatusBadRequest, "BadRequest", "Invalid batch payload format.")
	}
	if len(item.Body) > 0 && !slices.ContainsFunc(slices.Collect(maps.Keys(item.Headers)), func(k string) bool { return strings.EqualFold(k, "Content-Type") }) {
		return fail(http.StatusBadRequest, "BadRequest", "Write request id : %s does not contain Content-Type header or body.", item.ID)
	}
	return nil
}

func (c *call) batchCall(item batchItem) *call {
	sub := &call{
		s: c.s, ctx: c.ctx, method: strings.ToUpper(item.Method), header: http.Header{}, body: item.Body, origin: c.origin,
		requestID: c.s.requestID(), inBatch: true, direct: c.direct, token: c.token,
	}
	sub.clientID = c.clientID
	for k, v := range item.Headers {
		sub.header.Set(k, v)
	}
	path, query, _ := strings.Cut(item.URL, "?")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	sub.path, sub.rawQuery = path, query
	return sub
}

func (s *Server) appendBatchReply(b []byte, id string, c *call, rep *reply) []byte {
	h := http.Header{}
	s.commonHeaders(h, c, rep)
	flat := map[string]string{"Cache-Control": h.Get("Cache-Control")}
	for name := range h {
		switch name {
		case "Content-Type", "Etag", "Location", "Retry-After", "Preference-Applied":
			flat[name] = h.Get(name)
		}
	}
	if v, ok := flat["Etag"]; ok {
		delete(flat, "Etag")
		flat["ETag"] = v
	}
	b = append(b, `{"id":`...)
	b = append(append(appendQuoted(b, id), `,"status":`...), itoa(rep.status)...)
	b = append(append(b, `,"headers":`...), rawJSON(flat)...)
	switch {
	case len(rep.body) == 0:
	case json.Valid(rep.body):
		b = append(append(b, `,"body":`...), rep.body...)
	default:
		b = append(append(b, `,"body":`...), rawJSON(rep.body)...) // base64, as for all that is not JSON
	}
	return append(b, '}')
}
