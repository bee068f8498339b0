package graphsim

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// attachKind is the type of an attachment.
type attachKind byte

const (
	fileAttachment attachKind = iota
	itemAttachment
	referenceAttachment
	taskAttachment
)

var attachTypes = [...]string{"fileAttachment", "itemAttachment", "referenceAttachment", "taskFileAttachment"}

// attachKey says what attachments hang on: an item by its number in the mailbox and, of a series, the date of an exception.
type attachKey struct {
	num  uint64
	date int32
}

// attachment is a file, an item or a link that hangs on an item. It is never changed, so that copies of an item share it.
type attachment struct {
	num         uint64
	kind        attachKind
	name        text
	contentType text
	contentID   text
	location    text
	inline      bool
	modified    int64
	content     []byte
	item        json.RawMessage // of an item attachment, with its @odata.type
}

// size is what an attachment counts for; an item is more than its JSON.
func (a *attachment) size() int {
	if a.kind == itemAttachment {
		return len(a.item) + 2048
	}
	return len(a.content)
}

// hasAttachments tells whether an item has attachments; inline ones do not count.
func (m *mailbox) hasAttachments(of attachKey) bool {
	return slices.ContainsFunc(m.attached[of], func(a *attachment) bool { return !a.inline })
}

// attach hangs attachments on an item.
func (m *mailbox) attach(to attachKey, list ...*attachment) {
	if len(list) == 0 {
		return
	}
	if m.attached == nil {
		m.attached = map[attachKey][]*attachment{}
	}
	for _, a := range list {
		copied := *a
		copied.num = m.nextNum()
		m.attached[to] = append(slices.Clip(m.attached[to]), &copied)
	}
}

// carryAttachments gives the copies of a meeting what hangs on the organiser's event, as the mail of an invitation or update does.
func (s *Server) carryAttachments(m *mailbox, e *event, to []attendee) {
	if m == nil || len(m.attached) == 0 {
		return
	}
	s.copies(m, e, to, func(box *mailbox, twin *event) {
		box.dropAttached(twin.num)
		for k, list := range m.attached {
			if k.num == e.num {
				box.attach(attachKey{twin.num, k.date}, list...)
			}
		}
	})
}

// detach forgets what hangs on an item and, of a series, on its exceptions, with what is being uploaded for them.
func (m *mailbox) detach(num uint64) {
	m.dropAttached(num)
	maps.DeleteFunc(m.uploads, func(_ uint64, u *upload) bool { return u.of.num == num })
}

func (m *mailbox) dropAttached(num uint64) {
	maps.DeleteFunc(m.attached, func(k attachKey, _ []*attachment) bool { return k.num == num })
}

func (m *mailbox) attachmentID(a *attachment) itemID {
	return itemID{class: classAttachment, box: m.key, num: a.num, date: noDate}
}

// decodeAttachments reads the attachments in the body of a message.
func (s *Server) decodeAttachments(raw json.RawMessage) ([]*attachment, *apiError) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, errDeserialize("Cannot read the value of 'attachments'.")
	}
	var out []*attachment
	for _, item := range list {
		a, err := s.decodeAttachment(item, false)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// decodeAttachment reads an attachment, of a task or of an Outlook item; its @odata.type says which kind it is.
func (s *Server) decodeAttachment(raw []byte, ofTask bool) (*attachment, *apiError) {
	var kind struct {
		Type string `json:"@odata.type"`
	}
	if json.Unmarshal(raw, &kind) != nil {
		return nil, errDeserialize("Unable to deserialize the request body: a JSON object is expected.")
	}
	a := &attachment{modified: s.stamp()}
	name := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(kind.Type), "#"), "microsoft.graph.")
	i := slices.IndexFunc(attachTypes[:], func(t string) bool { return strings.EqualFold(t, name) })
	if i < 0 || ofTask != (attachKind(i) == taskAttachment) {
		return nil, errDeserialize("The type '%s' is not an attachment that can be added here; the property '@odata.type' must name one.", kind.Type)
	}
	a.kind = attachKind(i)
	members, err := decodeObject(raw)
	if err != nil {
		return nil, err
	}
	for name, v := range members {
		if err := a.set(name, v); err != nil {
			return nil, err
		}
	}
	if a.name == "" {
		return nil, errValidation("The attachment's name is required.")
	}
	if a.kind == itemAttachment && a.item == nil || (a.kind == fileAttachment || a.kind == taskAttachment) && a.content == nil {
		return nil, errValidation("The attachment's content is required.")
	}
	return a, nil
}

// set takes one member of a request.
func (a *attachment) set(name string, raw json.RawMessage) *apiError {
	isFile := a.kind == fileAttachment || a.kind == taskAttachment
	switch {
	case name == "name":
		return decodeText(raw, &a.name)
	case name == "contenttype":
		return decodeText(raw, &a.contentType)
	case name == "isinline" && a.kind != taskAttachment:
		return decodeBool(name, raw, &a.inline)
	case name == "contentid" && a.kind == fileAttachment:
		return decodeText(raw, &a.contentID)
	case name == "contentlocation" && a.kind == fileAttachment:
		return decodeText(raw, &a.location)
	case name == "contentbytes" && isFile:
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return errDeserialize("Cannot convert the value of 'contentBytes' to the expected type 'Edm.Binary'.")
		}
		content, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return errDeserialize("Cannot convert the literal to the expected type 'Edm.Binary': the value is not valid base64.")
		}
		a.content = append([]byte{}, content...)
		return nil
	case name == "item" && a.kind == itemAttachment:
		return a.setItem(raw)
	case name == "id" || name == "size" || name == "lastmodifieddatetime":
		return nil
	}
	return errDeserialize("The property '%s' does not exist on type 'microsoft.graph.%s'. Make sure to only use property names that are defined by the type.", name, attachTypes[a.kind])
}

// setItem takes an attached item: a message, an event or a contact.
func (a *attachment) setItem(raw json.RawMessage) *apiError {
	kind, ok := itemType(raw)
	if !ok {
		return errDeserialize("Cannot read the value of 'item'.")
	}
	switch kind {
	case "microsoft.graph.message", "microsoft.graph.event", "microsoft.graph.contact":
	default:
		return errDeserialize("The property '@odata.type' of 'item' must be microsoft.graph.message, microsoft.graph.event or microsoft.graph.contact.")
	}
	a.item = slices.Clone(raw)
	return nil
}

// itemType is the type of an attached item in lower case; "" when it names none. ok tells an object.
func itemType(raw json.RawMessage) (kind string, ok bool) {
	var item map[string]json.RawMessage
	if json.Unmarshal(raw, &item) != nil || item == nil {
		return "", false
	}
	_ = json.Unmarshal(item["@odata.type"], &kind) // absent or not a string: none
	return strings.TrimPrefix(strings.ToLower(kind), "#"), true
}

// attachShape is how attachments are shown.
type attachShape struct {
	sel       map[string]bool
	content   bool // with contentBytes, where nothing is selected
	item      bool // with the item of an item attachment
	immutable bool
}

// attachNames are the properties that every attachment has; others need the type's name before them.
var attachNames = nameSet("id contentType isInline lastModifiedDateTime name size")

// shapeAttachments reads $select and $expand. contentBytes belongs to a derived type and is selected by its name with the type before it.
func (c *call) shapeAttachments(sel []string, expand []odata.Expansion, content bool) (attachShape, *apiError) {
	sh := attachShape{content: content, immutable: c.prefer.immutable}
	if len(sel) > 0 {
		sh.sel = map[string]bool{"id": true}
	}
	for _, name := range sel {
		lower := strings.ToLower(name)
		if rest, ok := strings.CutPrefix(lower, "microsoft.graph.fileattachment/"); ok && (rest == "contentbytes" || rest == "contentid" || rest == "contentlocation") {
			lower = rest
		} else if !attachNames[lower] {
			return sh, fail(http.StatusBadRequest, "RequestBroker--ParseUri", "Could not find a property named '%s' on type 'microsoft.graph.attachment'.", name)
		}
		sh.sel[lower] = true
	}
	for _, x := range expand {
		if !strings.EqualFold(x.Name, "microsoft.graph.itemattachment/item") {
			return sh, fail(http.StatusBadRequest, "RequestBroker--ParseUri", "Could not find a property named '%s' on type 'microsoft.graph.attachment'.", x.Name)
		}
		sh.item = true
	}
	return sh, nil
}

// append writes an attachment.
func (sh attachShape) append(b []byte, m *mailbox, a *attachment, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...), sel: sh.sel}
	w.member("@odata.type")
	w.b = append(append(append(w.b, `"#microsoft.graph.`...), attachTypes[a.kind]...), '"')
	if a.kind == fileAttachment {
		w.member("@odata.mediaContentType")
		w.b = appendText(w.b, a.contentType)
	}
	w.member("id")
	w.b = append(m.attachmentID(a).append(append(w.b, '"'), sh.immutable), '"')
	if w.key("lastModifiedDateTime") {
		w.b = appendInstant(w.b, floorDiv(a.modified, ticksPerSecond))
	}
	w.text("name", a.name)
	w.text("contentType", a.contentType)
	w.raw("size", itoa(a.size()))
	if a.kind != taskAttachment {
		w.bool("isInline", a.inline)
	}
	if a.kind == fileAttachment {
		w.text("contentId", a.contentID)
		w.text("contentLocation", a.location)
	}
	if (a.kind == fileAttachment || a.kind == taskAttachment) && sh.content && w.key("contentBytes") {
		w.b = append(base64.StdEncoding.AppendEncode(append(w.b, '"'), a.content), '"')
	}
	if a.kind == itemAttachment && sh.item {
		w.member("item")
		w.b = append(w.b, a.item...)
	}
	return append(w.b, '}')
}

// writeAttachments writes the expanded attachments of an item.
func (sh *shape) writeAttachments(w *writer, of attachKey, x odata.Expansion) {
	inner := attachShape{content: true, immutable: sh.immutable}
	if len(x.Select) > 0 {
		q := query{odata.Options{Select: x.Select}}
		inner.sel = q.selection()
	}
	w.member("attachments")
	w.b = append(w.b, '[')
	for i, a := range sh.box.attached[of] {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = inner.append(w.b, sh.box, a, "")
	}
	w.b = append(w.b, ']')
}
