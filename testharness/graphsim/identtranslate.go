package graphsim

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// translateIDs are the permissions of translateExchangeIds.
var translateIDs = permission{
	[]string{"User.ReadBasic.All", "User.Read", "User.ReadWrite", "User.Read.All", "User.ReadWrite.All"}, []string{"User.Read.All", "User.ReadWrite.All"},
}

// maxTranslated is how many ids a request may translate (microsoft-graph-docs, page "user-translateexchangeids").
const maxTranslated = 1000

// Formats of ids, in the order of the enum exchangeIdFormat.
var idFormats = [...]string{"entryId", "ewsId", "immutableEntryId", "restId", "restImmutableEntryId"}

const (
	formatEntry byte = iota
	formatEWS
	formatImmutableEntry
	formatREST
	formatImmutableREST
)

// ewsToREST is how the ids of EWS are written in URLs (microsoft-graph-docs issue 3598).
var ewsToREST = strings.NewReplacer("/", "-", "+", "_")

// entryHead begins the binary formats here, so that they are told from the others; what Exchange's look like is unconfirmed.
const entryHead = "AAAAAA"

// translateExchangeIDs answers with each id in another format, or why it has none.
func translateExchangeIDs(c *call) (*reply, error) {
	var body struct {
		InputIDs     []string        `json:"inputIds"`
		SourceIDType json.RawMessage `json:"sourceIdType"`
		TargetIDType json.RawMessage `json:"targetIdType"`
	}
	if json.Unmarshal(c.body, &body) != nil {
		return nil, errDeserialize("Unable to deserialize the request body: inputIds, sourceIdType and targetIdType are expected.")
	}
	var source, target byte
	if err := decodeEnum(body.SourceIDType, idFormats[:], &source); err != nil {
		return nil, err
	}
	if err := decodeEnum(body.TargetIDType, idFormats[:], &target); err != nil {
		return nil, err
	}
	if n := len(body.InputIDs); n == 0 || n > maxTranslated {
		// The code is unconfirmed.
		return nil, fail(http.StatusBadRequest, "ErrorInvalidParameter", "The number of ids must lie between 1 and %d.", maxTranslated)
	}
	b := appendQuoted([]byte(`{"@odata.context":`), c.origin+"/v1.0/$metadata#Collection(microsoft.graph.convertIdResult)")
	b = append(b, `,"value":[`...)
	for i, in := range body.InputIDs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(append(b, `{"sourceId":`...), in)
		id, err := c.box.translatable(in, source)
		if err != nil {
			b = appendQuoted(append(b, `,"targetId":null,"errorDetails":{"code":`...), err.code)
			b = append(appendQuoted(append(b, `,"message":`...), err.message), `}}`...)
			continue
		}
		b = append(appendQuoted(append(b, `,"targetId":`...), id.as(target)), '}')
	}
	return c.entity(http.StatusOK, append(b, "]}"...)), nil
}

// translatable reads an id of the mailbox in a format. The item's present folder is put into it, so that ids that last become ones that do not.
func (m *mailbox) translatable(s string, format byte) (itemID, *apiError) {
	switch format {
	case formatEWS:
		s = ewsToREST.Replace(s)
	case formatEntry, formatImmutableEntry:
		rest, ok := strings.CutPrefix(s, entryHead)
		if !ok {
			return itemID{}, errMalformedID()
		}
		s = rest
	}
	id, err := readID(s)
	if err != nil {
		return id, err
	}
	if id.box != m.key {
		return id, errItemNotFound()
	}
	if id.moves != anyMoves {
		return id, nil
	}
	id.moves = 0
	switch id.class {
	case classEvent:
		if e, ok := m.events.get(id.num); ok {
			id.moves = e.moves
		}
	case classMessage:
		if g, ok := m.post().messages.get(id.num); ok {
			id.moves = g.moves
		}
	case classContact:
		if k, ok := m.contacts.get(id.num); ok {
			id.moves = k.moves
		}
	}
	return id, nil
}

// as writes an id in a format.
func (id itemID) as(format byte) string {
	switch format {
	case formatEWS:
		raw, _ := base64.URLEncoding.DecodeString(id.text(false)) // its own encoding: cannot fail
		return base64.StdEncoding.EncodeToString(raw)
	case formatEntry:
		return entryHead + id.text(false)
	case formatImmutableEntry:
		return entryHead + id.text(true)
	default:
		return id.text(format == formatImmutableREST)
	}
}
