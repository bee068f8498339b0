package msgraph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// batchSize is the most requests that one $batch takes (microsoft-graph-docs, "Combine multiple requests using JSON batching").
const batchSize = 20

// batchItem is one reading request of a $batch; URL is relative to root.
type batchItem struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
}

// batchAnswer answers one item. err is what the item alone would have failed with.
type batchAnswer struct {
	Status  int
	Headers map[string]string
	Body    json.RawMessage
	err     error
}

// batch sends at most batchSize reading requests at once and returns their answers in order. An item without an answer fails with kind
// Unavailable. Items that were throttled are not repeated here.
func (g *graph) batch(ctx context.Context, mailbox string, items []batchItem) ([]batchAnswer, error) {
	for i := range items {
		items[i].ID = strconv.Itoa(i)
	}
	body, err := sdk.Encode(struct {
		Requests []batchItem `json:"requests"`
	}{items})
	if err != nil {
		return nil, err
	}
	resp, err := g.send(ctx, mailbox, rest.Request{Method: http.MethodPost, Link: root + "/$batch", Body: body, Safe: true})
	if err != nil {
		return nil, err
	}
	defer resp.Free()
	var out struct {
		Responses []struct {
			ID      string            `json:"id"`
			Status  int               `json:"status"`
			Headers map[string]string `json:"headers"`
			Body    json.RawMessage   `json:"body"`
		} `json:"responses"`
	}
	if err := resp.JSON(&out); err != nil {
		return nil, err
	}
	answers := make([]batchAnswer, len(items))
	for i := range answers {
		answers[i].err = sdk.Errorf(sdk.Unavailable, "batch_item_missing", "the batch has no answer to its request %d", i)
	}
	for _, r := range out.Responses {
		i, err := strconv.Atoi(r.ID)
		if err != nil || i < 0 || i >= len(items) {
			continue
		}
		answers[i] = batchAnswer{Status: r.Status, Headers: r.Headers, Body: r.Body}
		if r.Status < 200 || r.Status > 299 {
			answers[i].err = g.batchError(items[i], r.Status, r.Headers, r.Body)
		}
	}
	return answers, nil
}

// batchError makes the error that the item alone would have failed with.
func (g *graph) batchError(item batchItem, status int, headers map[string]string, body []byte) error {
	h := http.Header{}
	for k, v := range headers {
		h.Set(k, v)
	}
	f := &rest.Failure{Method: item.Method, Path: "/$batch", Status: status, Outcome: sdk.NotDone}
	e := &sdk.Error{Kind: rest.KindOfStatus(status), Err: f}
	refine(f, h, body, e)
	if e.Kind.Temporary() {
		if s := h.Get("Retry-After"); s != "" {
			e.RetryAfter = rest.RetryAfter(h, g.now())
		}
	}
	if status == 0 {
		e.Err = fmt.Errorf("the batch's answer has no status")
	}
	return e
}
