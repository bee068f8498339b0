package graphsim

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
)

// Enums of messages, in the order of their numbers.
var (
	flagNames      = [...]string{"notFlagged", "complete", "flagged"}
	inferenceNames = [...]string{"focused", "other"}
)

// message is a mail. Slices and strings may be shared with other messages and are never changed in place.
type message struct {
	num, folder uint64
	moves       uint32
	version     uint64

	created, modified, received, sent int64 // stamps

	subject, body, preview text
	unique                 text // body without what it quotes; "": all of it
	from, sender           person
	to, cc, bcc, replyTo   []person
	categories             []text

	importance, inference byte
	draft, read           bool
	receipt, readReceipt  bool

	flag         *followup
	mid          text // Internet message id
	conversation [16]byte
	thread       []byte // conversation index: a header block and one more for each answer
	headers      []mailHeader
	extras       *extras
}

func (g *message) number() uint64 { return g.num }

// followup is a flag for later. Times that are not set are noInstant.
type followup struct {
	status                byte
	start, due, completed int64
}

// mailHeader is a header of a message as it came.
type mailHeader struct{ Name, Value string }

func (m *mailbox) messageID(g *message) itemID {
	return itemID{class: classMessage, box: m.key, num: g.num, moves: g.moves, date: noDate}
}

// appendConversationID writes the id of a conversation in a mailbox.
func (m *mailbox) appendConversationID(b []byte, g *message) []byte {
	raw := []byte{0x00, 0x04, 0x24}
	raw = binary.BigEndian.AppendUint64(raw, m.key)
	raw = append(append(raw, g.conversation[:]...), 0x10, 0x00)
	return append(base64.URLEncoding.AppendEncode(append(b, '"'), raw), '"')
}

// newThread is the conversation index of a first message: a reserved byte, the time in units of 2^24 × 100 ns since 1601, the
// conversation (MS-OXOMSG, PidTagConversationIndex).
func newThread(at int64, conversation [16]byte) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(at+filetimeEpoch))
	b = append([]byte{0x01}, b[:5]...)
	return append(b, conversation[:]...)
}

// filetimeEpoch is how many units of 100 ns lie between 1601 and 1970.
const filetimeEpoch = 116_444_736_000_000_000

// answerThread is the index of an answer: five bytes more, of the time that passed.
func answerThread(thread []byte, at int64) []byte {
	b := append([]byte(nil), thread...)
	return append(binary.BigEndian.AppendUint32(b, uint32(at>>18)), 0x10)
}

// newMessageID makes an Internet message id of the tenant.
func (s *Server) newMessageID(m *mailbox, num uint64) text {
	return quote(fmt.Sprintf("<%016X%08X@%s>", m.key, num, s.tenant.domain))
}

// bareSubject is a subject without the prefixes of answers and forwards.
func bareSubject(s string) string {
	for {
		i := strings.Index(s, ": ")
		if i < 1 || i > 3 || strings.ContainsAny(s[:i], " \t") {
			return s
		}
		s = s[i+2:]
	}
}
