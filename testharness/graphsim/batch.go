package graphsim

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
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

// batchOrder is how the items of a batch relate (microsoft-graph-docs, page "json-batching").
type batchOrder int

const (
	parallelBatch batchOrder = iota // none depends on another
	serialBatch                     // each depends on the one before it
	sameBatch                       // all others depend on the first; they too run one after the other (unconfirmed)
)

// batch carries out up to 20 requests. Each has its own status, budget and throttling; the whole is 200 unless the batch itself is malformed.
func batch(c *call) (*reply, error) {
	var body struct {
		Requests []batchItem `json:"requests"`
	}
	if err := json.Unmarshal(c.body, &body); err != nil || len(body.Requests) == 0 {
		return nil, errBatch("Invalid batch payload format.")
	}
	order, err := orderOf(body.Requests)
	if err != nil {
		return nil, err
	}
	var answers []batchAnswer
	if order == parallelBatch {
		answers = c.together(body.Requests)
	} else {
		answers = c.inTurn(body.Requests)
	}
	b := []byte(`{"responses":[`)
	for i, a := range answers {
		if a.rep.drop {
			return a.rep, nil
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = c.s.appendBatchReply(b, a)
	}
	return &reply{status: 200, body: append(b, "]}"...)}, nil
}

func errBatch(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "BadRequest", format, args...)
}

// orderOf refuses a batch as a whole, or tells its order. Requests name only earlier ones (issue 891 of
// microsoftgraph/msgraph-sdk-dotnet-core); mixed orders are refused (microsoft-graph-docs issue 16280).
func orderOf(items []batchItem) (batchOrder, *apiError) {
	if len(items) > maxBatch {
		return 0, errBatch("Number of requests inside batch exceed the limit.")
	}
	seen := map[string]bool{}
	serial, same, chained := 0, 0, 0
	for i, item := range items {
		id := strings.ToLower(item.ID)
		if id == "" || seen[id] {
			return 0, errBatch("Invalid batch payload format: request ids must be given and unique.")
		}
		for _, on := range item.DependsOn {
			if !seen[strings.ToLower(on)] {
				return 0, errBatch("Invalid dependency for request Id: %s.", item.ID)
			}
		}
		seen[id] = true
		if len(item.DependsOn) == 0 {
			continue
		}
		chained++
		if len(item.DependsOn) == 1 && strings.EqualFold(item.DependsOn[0], items[i-1].ID) {
			serial++
		}
		if len(item.DependsOn) == 1 && strings.EqualFold(item.DependsOn[0], items[0].ID) {
			same++
		}
	}
	switch rest := len(items) - 1; {
	case chained == 0:
		return parallelBatch, nil
	case serial == rest:
		return serialBatch, nil
	case same == rest:
		return sameBatch, nil
	default:
		return 0, errBatch("Batch should be either fully sequential or fully parallel.")
	}
}

// batchAnswer is the answer to an item.
type batchAnswer struct {
	id  string
	sub *call
	rep *reply
}

// inTurn carries items out one after the other. Whose predecessor failed is not carried out.
func (c *call) inTurn(items []batchItem) []batchAnswer {
	var out []batchAnswer
	failed := map[string]bool{}
	for _, item := range items {
		sub, err := c.batchCall(item)
		var rep *reply
		switch {
		case slices.ContainsFunc(item.DependsOn, func(id string) bool { return failed[strings.ToLower(id)] }):
			rep = fail(http.StatusFailedDependency, "FailedDependency", "Requests from the batch failed due to a dependency on a failed request.").reply(sub)
		case err != nil:
			rep = err.reply(sub)
		default:
			rep = c.s.handle(sub)
		}
		failed[strings.ToLower(item.ID)] = rep.status >= 400
		out = append(out, batchAnswer{item.ID, sub, rep})
	}
	return out
}

// together carries out items that come at the same time: all take their places at the mailboxes before the first is carried out, so that
// the fifth for one mailbox meets its limit, every time. They are then carried out in their order, so that new ids do not depend on chance.
// The answers stand as they came: refusals first, and the rest from the last to the first, since clients must not rely on an order.
func (c *call) together(items []batchItem) []batchAnswer {
	var refused, done []batchAnswer
	for wave := range slices.Chunk(items, c.s.cfg.BatchParallel) {
		visits := make([]visit, len(wave))
		delay := time.Duration(0)
		for i, item := range wave {
			sub, err := c.batchCall(item)
			if err != nil {
				visits[i] = visit{c: sub, rep: err.reply(sub)}
				continue
			}
			visits[i] = c.s.enter(sub)
			delay = max(delay, visits[i].delay())
		}
		c.wait(delay)
		for i := range visits {
			v := &visits[i]
			a := batchAnswer{id: wave[i].ID, sub: v.c}
			switch {
			case v.leave == nil:
				a.rep = v.rep
				refused = append(refused, a)
			case v.rep != nil:
				a.rep = v.finish()
				refused = append(refused, a)
			default:
				a.rep = v.finish()
				done = append(done, a)
			}
		}
	}
	slices.Reverse(done)
	return append(refused, done...)
}

// batchCall makes the call of an item. The call is never nil, so that an error can be answered.
func (c *call) batchCall(item batchItem) (*call, *apiError) {
	sub := &call{
		s: c.s, ctx: c.ctx, method: strings.ToUpper(item.Method), header: http.Header{}, origin: c.origin,
		requestID: c.s.requestID(), clientID: c.clientID, inBatch: true, direct: c.direct, token: c.token,
	}
	for k, v := range item.Headers {
		sub.header.Set(k, v)
	}
	path, query, _ := strings.Cut(item.URL, "?")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	sub.path, sub.rawQuery = path, query
	if item.Method == "" || item.URL == "" || strings.HasPrefix(strings.ToLower(path), "/$batch") {
		return sub, errBatch("Invalid batch payload format.")
	}
	if len(item.Body) == 0 || string(item.Body) == "null" {
		return sub, nil
	}
	kind := strings.ToLower(sub.header.Get("Content-Type"))
	if kind == "" {
		return sub, errBatch("Write request id : %s does not contain Content-Type header or body.", item.ID)
	}
	sub.body = item.Body
	if strings.Contains(kind, "json") {
		return sub, nil
	}
	raw, ok := decodeBatchBody(item.Body)
	if !ok {
		return sub, errBatch("Invalid batch payload format: the body of request id : %s is not base64.", item.ID) // text unconfirmed
	}
	sub.body = raw
	return sub, nil
}

// decodeBatchBody reads a body that is not JSON: a string in one of the alphabets of base64.
func decodeBatchBody(raw json.RawMessage) ([]byte, bool) {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return nil, false
	}
	s = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/", "\r", "", "\n", "").Replace(s), "=")
	body, err := base64.RawStdEncoding.DecodeString(s)
	return body, err == nil
}

func (s *Server) appendBatchReply(b []byte, a batchAnswer) []byte {
	h := http.Header{}
	s.commonHeaders(h, a.sub, a.rep)
	flat := map[string]string{"Cache-Control": h.Get("Cache-Control")}
	for name := range maps.Keys(h) {
		switch lower := strings.ToLower(name); {
		case name == "Content-Type", name == "Location", name == "Retry-After", name == "Preference-Applied":
			flat[name] = h.Get(name)
		case name == "Etag":
			flat["ETag"] = h.Get(name)
		case strings.HasPrefix(lower, "x-ms-resource-unit"), strings.HasPrefix(lower, "x-ms-throttle-"):
			flat[lower] = h.Get(name)
		}
	}
	b = append(b, `{"id":`...)
	b = append(append(appendQuoted(b, a.id), `,"status":`...), itoa(a.rep.status)...)
	b = append(append(b, `,"headers":`...), rawJSON(flat)...)
	switch {
	case len(a.rep.body) == 0:
	case strings.Contains(h.Get("Content-Type"), "json") && json.Valid(a.rep.body):
		b = append(append(b, `,"body":`...), a.rep.body...)
	default:
		b = append(append(b, `,"body":`...), rawJSON(a.rep.body)...) // base64, as for all that is not JSON
	}
	return append(b, '}')
}
