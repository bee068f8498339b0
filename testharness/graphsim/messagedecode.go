package graphsim

import (
	"encoding/json"
	"net/http"
	"strings"
)

// mailFields is a set of message properties.
type mailFields uint32

const (
	mSubject mailFields = 1 << iota
	mBody
	mFrom
	mSender
	mTo
	mCC
	mBCC
	mReplyTo
	mCategories
	mImportance
	mInference
	mRead
	mReceipt
	mReadReceipt
	mFlag
	mMessageID
	mHeaders
	mExtended
	mAttachments
)

// mAlways are the properties that change on every message; the others only on drafts (microsoft-graph-docs, page "message-update").
const mAlways = mCategories | mRead | mFlag | mInference | mExtended

// messagePatch is a decoded message: which properties it sets, and their values.
type messagePatch struct {
	set      mailFields
	msg      message
	attached []*attachment
}

// ignoredMessage may be sent back and is ignored; readOnlyMessage is refused when a message is changed (microsoft-graph-docs issue 6439) and
// ignored when one is made.
var (
	ignoredMessage  = nameSet("id changeKey webLink parentFolderId")
	readOnlyMessage = nameSet("createdDateTime lastModifiedDateTime receivedDateTime sentDateTime hasAttachments bodyPreview conversationId conversationIndex isDraft uniqueBody")
)

// errDraftOnly refuses to change what only a draft lets change (microsoft-graph-docs issue 17008).
func errDraftOnly() *apiError {
	return fail(http.StatusBadRequest, "ErrorInvalidPropertySet", "Message is not draft.")
}

// decodeMessage reads the body of a create or, with update, of a change.
func (s *Server) decodeMessage(body []byte, update bool) (*messagePatch, *apiError) {
	members, err := decodeObject(body)
	if err != nil {
		return nil, err
	}
	p := &messagePatch{}
	for name, raw := range members {
		switch {
		case ignoredMessage[name]:
		case readOnlyMessage[name] && update:
			return nil, fail(http.StatusBadRequest, "ErrorInvalidPropertySet", "Set action is invalid for property.")
		case readOnlyMessage[name]:
		default:
			if err := s.decodeMessageField(p, name, raw); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

func (s *Server) decodeMessageField(p *messagePatch, name string, raw json.RawMessage) *apiError {
	g := &p.msg
	var bit mailFields
	var err *apiError
	switch name {
	case "subject":
		bit, err = mSubject, decodeText(raw, &g.subject)
	case "body":
		bit = mBody
		g.body, g.preview, err = decodeItemBody(raw)
	case "from":
		bit, err = mFrom, decodeRecipient(name, raw, &g.from)
	case "sender":
		bit, err = mSender, decodeRecipient(name, raw, &g.sender)
	case "torecipients":
		bit, err = mTo, decodeRecipients(name, raw, &g.to)
	case "ccrecipients":
		bit, err = mCC, decodeRecipients(name, raw, &g.cc)
	case "bccrecipients":
		bit, err = mBCC, decodeRecipients(name, raw, &g.bcc)
	case "replyto":
		bit, err = mReplyTo, decodeRecipients(name, raw, &g.replyTo)
	case "categories":
		bit = mCategories
		g.categories, err = decodeTexts(name, raw)
	case "importance":
		bit, err = mImportance, decodeEnum(raw, importanceNames[:], &g.importance)
	case "inferenceclassification":
		bit, err = mInference, decodeEnum(raw, inferenceNames[:], &g.inference)
	case "isread":
		bit, err = mRead, decodeBool(name, raw, &g.read)
	case "isdeliveryreceiptrequested":
		bit, err = mReceipt, decodeBool(name, raw, &g.receipt)
	case "isreadreceiptrequested":
		bit, err = mReadReceipt, decodeBool(name, raw, &g.readReceipt)
	case "flag":
		bit = mFlag
		g.flag, err = s.decodeFlag(raw)
	case "internetmessageid":
		bit, err = mMessageID, decodeText(raw, &g.mid)
	case "internetmessageheaders":
		bit = mHeaders
		g.headers, err = decodeHeaders(raw)
	case "singlevalueextendedproperties", "multivalueextendedproperties", "extensions":
		bit = mExtended
		g.extras, err = g.extras.decoded(name, raw)
	case "attachments":
		bit = mAttachments
		p.attached, err = s.decodeAttachments(raw)
	default:
		return errNoMember(name, "Message")
	}
	p.set |= bit
	return err
}

// decodeItemBody reads an itemBody. Exchange answers with HTML, so text is kept as HTML.
func decodeItemBody(raw json.RawMessage) (body, preview text, err *apiError) {
	var b struct{ ContentType, Content string }
	if json.Unmarshal(raw, &b) != nil {
		return "", "", errDeserialize("Cannot read the value of 'body'.")
	}
	html := b.Content
	switch strings.ToLower(b.ContentType) {
	case "html":
	case "", "text":
		html = textToHTML(b.Content)
	default:
		return "", "", errDeserialize("Requested value '%s' was not found.", b.ContentType)
	}
	return quote(html), previewOf(html), nil
}

type rawRecipient struct {
	EmailAddress *struct{ Name, Address string }
}

func (r rawRecipient) person() person {
	if r.EmailAddress == nil {
		return person{}
	}
	name := r.EmailAddress.Name
	if name == "" {
		name = r.EmailAddress.Address
	}
	return person{quote(name), quote(r.EmailAddress.Address)}
}

func decodeRecipient(name string, raw json.RawMessage, into *person) *apiError {
	var r rawRecipient
	if json.Unmarshal(raw, &r) != nil {
		return errDeserialize("Cannot read the value of '%s'.", name)
	}
	*into = r.person()
	return nil
}

func decodeRecipients(name string, raw json.RawMessage, into *[]person) *apiError {
	var list []rawRecipient
	if json.Unmarshal(raw, &list) != nil {
		return errDeserialize("Cannot read the value of '%s'.", name)
	}
	if isNull(raw) {
		return errDeserialize("A null value was found for the property named '%s', which has the expected type 'Collection(microsoft.graph.recipient)[Nullable=True]'.", name)
	}
	*into = nil
	for _, r := range list {
		if r.EmailAddress == nil {
			return errDeserialize("Cannot read the value of '%s'.", name)
		}
		*into = append(*into, r.person())
	}
	return nil
}

// maxHeaders is how many custom headers a message takes.
const maxHeaders = 5

// decodeHeaders reads custom headers: one to five, with names in "x-" (messages quoted in msgraph-sdk-dotnet issue 2208 and others).
func decodeHeaders(raw json.RawMessage) ([]mailHeader, *apiError) {
	var list []struct{ Name, Value string }
	if json.Unmarshal(raw, &list) != nil {
		return nil, errDeserialize("Cannot read the value of 'internetMessageHeaders'.")
	}
	if isNull(raw) {
		return nil, nil
	}
	if len(list) == 0 || len(list) > maxHeaders {
		return nil, fail(http.StatusBadRequest, "InvalidInternetMessageHeaderCollection", "Maximum number of headers in one message should be less than or equal to %d.", maxHeaders)
	}
	var out []mailHeader
	for _, h := range list {
		if len(h.Name) < 2 || !strings.EqualFold(h.Name[:2], "x-") || strings.ContainsFunc(h.Name, notInHeaderName) {
			return nil, fail(http.StatusBadRequest, "InvalidInternetMessageHeader", "The internet message header name '%s' should start with 'x-' or 'X-'.", h.Name)
		}
		out = append(out, mailHeader{h.Name, h.Value})
	}
	return out, nil
}

// notInHeaderName tells the characters that the name of a header cannot have (RFC 5322).
func notInHeaderName(r rune) bool { return r <= ' ' || r >= 0x7f || r == ':' }

// decodeFlag reads a followupFlag. A flag with a due date needs a start date, and one that is done has its day.
func (s *Server) decodeFlag(raw json.RawMessage) (*followup, *apiError) {
	var in struct {
		FlagStatus                                    string
		StartDateTime, DueDateTime, CompletedDateTime json.RawMessage
	}
	if json.Unmarshal(raw, &in) != nil {
		return nil, errDeserialize("Cannot read the value of 'flag'.")
	}
	f := &followup{start: noInstant, due: noInstant, completed: noInstant}
	if in.FlagStatus != "" {
		if err := decodeEnum(json.RawMessage(`"`+in.FlagStatus+`"`), flagNames[:], &f.status); err != nil {
			return nil, err
		}
	}
	for _, d := range []struct {
		name string
		raw  json.RawMessage
		at   *int64
	}{
		{"startDateTime", in.StartDateTime, &f.start}, {"dueDateTime", in.DueDateTime, &f.due}, {"completedDateTime", in.CompletedDateTime, &f.completed},
	} {
		if len(d.raw) == 0 || isNull(d.raw) {
			continue
		}
		var err *apiError
		if *d.at, _, err = s.decodeMoment(d.name, d.raw); err != nil {
			return nil, err
		}
	}
	if (f.due != noInstant) != (f.start != noInstant) || f.due < f.start {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidArgument", "The flag needs both a start date and a due date that is not before it.")
	}
	if f.status == 1 && f.completed == noInstant {
		f.completed = floorDiv(s.now().Unix(), daySeconds) * daySeconds
	}
	if f.status == 0 {
		return nil, nil
	}
	return f, nil
}

// take copies the properties of a set from another message.
func (g *message) take(from *message, set mailFields) {
	for _, f := range [...]struct {
		bit  mailFields
		copy func()
	}{
		{mSubject, func() { g.subject = from.subject }},
		{mBody, func() { g.body, g.preview, g.unique = from.body, from.preview, "" }},
		{mFrom, func() { g.from = from.from }},
		{mSender, func() { g.sender = from.sender }},
		{mTo, func() { g.to = from.to }},
		{mCC, func() { g.cc = from.cc }},
		{mBCC, func() { g.bcc = from.bcc }},
		{mReplyTo, func() { g.replyTo = from.replyTo }},
		{mCategories, func() { g.categories = from.categories }},
		{mImportance, func() { g.importance = from.importance }},
		{mInference, func() { g.inference = from.inference }},
		{mRead, func() { g.read = from.read }},
		{mReceipt, func() { g.receipt = from.receipt }},
		{mReadReceipt, func() { g.readReceipt = from.readReceipt }},
		{mFlag, func() { g.flag = from.flag }},
		{mMessageID, func() { g.mid = from.mid }},
		{mHeaders, func() { g.headers = from.headers }},
		{mExtended, func() { g.extras = g.extras.merged(from.extras) }},
	} {
		if set&f.bit != 0 {
			f.copy()
		}
	}
}
