package graphsim

import (
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// upload is a session that takes a large attachment in parts (microsoft-graph-docs, pages "attachment-createuploadsession" and
// "outlook-large-attachments"; for tasks "todo-attachments-overview").
type upload struct {
	num     uint64
	of      attachKey
	todo    bool
	what    attachment // without its content
	size    int64
	expires int64 // seconds since 1970
	content []byte
}

// Sizes of uploads in bytes. The smallest session was measured (msgraph-sdk-java pull request 52); the page says 3 MB. A part may have as
// many bytes as any request.
const (
	minUpload     = 2 << 20
	maxUpload     = 150 << 20
	maxTaskUpload = 25 << 20
)

// uploadLife is how long a session lives; the documentation names no time, so this is unconfirmed.
const uploadLife = 24 * time.Hour

// createUpload opens a session. Of other people's mailboxes a person may not (microsoft-graph-docs, page "known-issues").
func createUpload(c *call) (*reply, error) {
	of, err := c.bearerOfPath(true)
	if err != nil {
		return nil, err
	}
	if c.token != nil && c.token.delegated() && c.token.user != c.user.id && !of.todo {
		return nil, errAccessDenied()
	}
	u, err := decodeUpload(c.body, of.todo)
	if err != nil {
		return nil, err
	}
	u.num, u.of, u.todo = c.box.nextNum(), of.key, of.todo
	u.expires = c.s.now().Add(uploadLife).Unix()
	c.s.dropExpiredUploads()
	if c.box.uploads == nil {
		c.box.uploads = map[uint64]*upload{}
	}
	c.box.uploads[u.num] = u
	b := append([]byte(nil), `{"@odata.context":`...)
	b = appendQuoted(b, c.origin+"/v1.0/$metadata#microsoft.graph.uploadSession")
	b = append(b, `,"uploadUrl":`...)
	b = appendQuoted(b, c.uploadURL(u, of))
	return &reply{status: http.StatusCreated, body: u.appendState(append(b, ','))}, nil
}

// dropExpiredUploads frees what came of uploads that nobody finished in time.
func (s *Server) dropExpiredUploads() {
	now := s.now().Unix()
	for _, u := range s.tenant.users {
		if u.box != nil {
			maps.DeleteFunc(u.box.uploads, func(_ uint64, x *upload) bool { return now >= x.expires })
		}
	}
}

// add takes the next part. The content grows by doubling, to no more than it will have.
func (u *upload) add(part []byte) {
	if need := len(u.content) + len(part); need > cap(u.content) {
		u.content = append(make([]byte, 0, min(max(2*cap(u.content), need), int(u.size))), u.content...)
	}
	u.content = append(u.content, part...)
}

// uploadURL is where the parts go: for Outlook's items an address of Outlook with a token of its own, for tasks one of Graph.
func (c *call) uploadURL(u *upload, of bearer) string {
	id := itemID{class: classUpload, box: c.box.key, num: u.num, date: noDate}.text(false)
	if of.todo {
		return c.origin + "/v1.0/users/" + c.user.id + "/todo/lists/" + c.vars["list"] + "/tasks/" + c.vars["task"] + "/attachmentSessions/" + id
	}
	return c.origin + outlookPath + "users('" + c.user.id + "@" + c.s.tenant.id + "')/" + of.path + "/AttachmentSessions('" + id + "')?authtoken=" + c.s.uploadToken(id)
}

// outlookPath is where Outlook's own address lies on the simulator's one host.
const outlookPath = "/api/gv1.0/"

// uploadToken signs a session's id, so that its address needs no other proof.
func (s *Server) uploadToken(id string) string {
	return hex.EncodeToString(s.sign([]byte("upload " + id)))
}

func decodeUpload(body []byte, todo bool) (*upload, *apiError) {
	var in struct {
		AttachmentItem *struct {
			AttachmentType, Name, ContentType, ContentID string
			Size                                         *int64
			IsInline                                     bool
		}
		AttachmentInfo *struct {
			AttachmentType, Name, ContentType string
			Size                              *int64
		}
	}
	if json.Unmarshal(body, &in) != nil {
		return nil, errDeserialize("Unable to deserialize the request body: a JSON object is expected.")
	}
	u := &upload{}
	var kind string
	var size *int64
	switch item, info := in.AttachmentItem, in.AttachmentInfo; {
	case item != nil && !todo:
		kind, size = item.AttachmentType, item.Size
		u.what = attachment{name: quote(item.Name), inline: item.IsInline}
		if item.ContentID != "" {
			u.what.contentID = quote(item.ContentID)
		}
		u.what.setContentType(item.ContentType)
	case info != nil && todo:
		kind, size = info.AttachmentType, info.Size
		u.what = attachment{kind: taskAttachment, name: quote(info.Name)}
		u.what.setContentType(info.ContentType)
	default:
		return nil, errDeserialize("The parameter of createUploadSession is missing.")
	}
	if !strings.EqualFold(kind, "file") || u.what.name == emptyText || size == nil || *size <= 0 {
		return nil, errValidation("The attachment needs the type file, a name and a size.")
	}
	u.size = *size
	return u, u.checkSize(todo)
}

func (u *upload) checkSize(todo bool) *apiError {
	most := int64(maxUpload)
	if todo {
		most = maxTaskUpload
	}
	switch {
	case u.size > most:
		return fail(http.StatusBadRequest, "ErrorAttachmentSizeLimitExceeded", "The attachment size exceeds the maximum of %d MB.", most>>20)
	case u.size < minUpload && !todo:
		return fail(http.StatusBadRequest, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", "Attachment size should not be less than the minimum size of an upload session.")
	}
	return nil
}

func (a *attachment) setContentType(s string) {
	if s != "" {
		a.contentType = quote(s)
	}
}

// appendState writes the members that say how far a session is, and closes the object.
func (u *upload) appendState(b []byte) []byte {
	b = append(b, `"expirationDateTime":`...)
	b = appendInstant(b, u.expires)
	return fmt.Appendf(b, `,"nextExpectedRanges":["%d-"]}`, len(u.content))
}

// sessionOfPath finds the session that an address names and checks its token. Sessions that are over are gone.
func (c *call) sessionOfPath() (*upload, *apiError) {
	key := c.vars["session"]
	id, err := parseID(key, classUpload)
	if err != nil {
		return nil, err
	}
	if c.route.area == areaOpen {
		if !hmac.Equal([]byte(c.query.Get("authtoken")), []byte(c.s.uploadToken(key))) {
			return nil, errUnauthorized("The upload session's token is not valid.")
		}
		u := c.s.tenant.byID[strings.ToLower(strings.SplitN(c.vars["owner"], "@", 2)[0])]
		if u == nil || u.box == nil {
			return nil, errItemNotFound()
		}
		c.user, c.box = u, u.box
	}
	u := c.box.uploads[id.num]
	if u == nil || id.box != c.box.key || c.s.now().Unix() >= u.expires {
		return nil, errItemNotFound()
	}
	return u, nil
}

func getUpload(c *call) (*reply, error) {
	u, err := c.sessionOfPath()
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, body: u.appendState([]byte{'{'})}, nil
}

func deleteUpload(c *call) (*reply, error) {
	u, err := c.sessionOfPath()
	if err != nil {
		return nil, err
	}
	delete(c.box.uploads, u.num)
	return &reply{status: http.StatusNoContent}, nil
}

// putUpload takes the next part. The last one makes the attachment and answers 201 with its address.
func putUpload(c *call) (*reply, error) {
	u, err := c.sessionOfPath()
	if err != nil {
		return nil, err
	}
	of, err := c.bearerOfUpload(u)
	if err != nil {
		return nil, err
	}
	if err := u.checkRange(c.header.Get("Content-Range"), int64(len(c.body))); err != nil {
		return nil, err
	}
	u.add(c.body)
	if int64(len(u.content)) < u.size {
		return &reply{status: http.StatusOK, body: u.appendState(append(appendQuoted([]byte(`{"@odata.context":`), c.origin+"/v1.0/$metadata#microsoft.graph.uploadSession"), ','))}, nil
	}
	u.what.content, u.what.modified = u.content, c.s.stamp()
	a := c.addAttachment(of, &u.what)
	delete(c.box.uploads, u.num)
	rep := &reply{status: http.StatusCreated}
	base := c.origin + outlookPath
	if u.todo {
		base = c.origin + "/v1.0/"
	}
	rep.set("Location", base+"users('"+c.user.id+"')/"+of.path+"/attachments('"+c.box.attachmentID(a).text(false)+"')")
	return rep, nil
}

// bearerOfUpload is the item of a session's address, if it is still there and the session is for it.
func (c *call) bearerOfUpload(u *upload) (bearer, *apiError) {
	of, err := c.bearerOfPath(false)
	if err == nil && of.key != u.of {
		err = errItemNotFound()
	}
	return of, err
}

// checkRange holds a part's Content-Range, "bytes 0-2097151/3483322", against what is expected next. The codes are unconfirmed.
func (u *upload) checkRange(header string, length int64) *apiError {
	span, total, ok := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	first, last, dash := strings.Cut(span, "-")
	from, err1 := strconv.ParseInt(first, 10, 64)
	to, err2 := strconv.ParseInt(last, 10, 64)
	size, err3 := strconv.ParseInt(total, 10, 64)
	if !ok || !dash || err1 != nil || err2 != nil || err3 != nil || !strings.HasPrefix(header, "bytes ") {
		return fail(http.StatusBadRequest, "InvalidContentRangeHeader", "The Content-Range header is missing or malformed.")
	}
	if from != int64(len(u.content)) || to < from || to >= u.size || size != u.size {
		return fail(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The uploaded fragment is not the one that is expected next: %d-.", len(u.content))
	}
	if to-from+1 != length {
		return fail(http.StatusBadRequest, "InvalidContentRangeHeader", "The Content-Range header length does not match the provided number of bytes.")
	}
	return nil
}
