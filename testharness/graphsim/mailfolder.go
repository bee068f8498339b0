package graphsim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/gleis-dev/gleis/testharness/graphsim/internal/odata"
)

// folderShape is how mail folders are shown.
type folderShape struct {
	shape
	counts map[uint64]mailCount
	hidden bool
}

func (c *call) folderShape() folderShape {
	return folderShape{shape: c.shape(), counts: c.box.post().counts(), hidden: c.withHidden()}
}

func (c *call) withHidden() bool {
	return strings.EqualFold(c.query.Get("includehiddenfolders"), "true")
}

func (sh *folderShape) appendMailFolder(b []byte, f *mailFolder, lead string) []byte {
	post := sh.box.post()
	w := writer{b: append(append(b, '{'), lead...), sel: sh.sel}
	if sh.typed {
		w.member("@odata.type")
		w.b = append(w.b, `"#microsoft.graph.mailFolder"`...)
	}
	w.member("id")
	w.b = append(sh.box.mailFolderID(f).append(append(w.b, '"'), sh.immutable), '"')
	w.text("displayName", f.name)
	if w.key("parentFolderId") {
		parent := post.folder(f.parent)
		if parent == nil {
			parent = post.folder(folderRoot)
		}
		w.b = append(sh.box.mailFolderID(parent).append(append(w.b, '"'), sh.immutable), '"')
	}
	children := post.children(f.num, sh.hidden)
	w.raw("childFolderCount", itoa(len(children)))
	w.raw("unreadItemCount", itoa(sh.counts[f.num].unread))
	w.raw("totalItemCount", itoa(sh.counts[f.num].total))
	w.bool("isHidden", f.hidden)
	sh.writeExtras(&w, "mailFolders", sh.box.mailFolderID(f), f.extras)
	for _, x := range sh.expand {
		if strings.EqualFold(x.Name, "childFolders") {
			inner := *sh
			inner.sel, inner.expand = nil, nil
			w.member("childFolders")
			w.b = append(w.b, '[')
			for i, child := range children {
				if i > 0 {
					w.b = append(w.b, ',')
				}
				w.b = inner.appendMailFolder(w.b, child, "")
			}
			w.b = append(w.b, ']')
		}
	}
	return append(w.b, '}')
}

func (sh *folderShape) get(f *mailFolder) getter {
	return func(path string) value {
		switch path {
		case "displayname":
			return odata.String(f.name.plain())
		case "unreaditemcount":
			return odata.Number(float64(sh.counts[f.num].unread))
		case "totalitemcount":
			return odata.Number(float64(sh.counts[f.num].total))
		case "childfoldercount":
			return odata.Number(float64(len(sh.box.post().children(f.num, sh.hidden))))
		case "ishidden":
			return odata.Bool(f.hidden)
		default:
			return f.extras.get(path)
		}
	}
}

// listMailFolders answers the folders directly below the root.
func listMailFolders(c *call) (*reply, error) { return c.folderPage(folderRoot, "mailFolders") }

func listChildFolders(c *call) (*reply, error) {
	f, err := c.mailFolder()
	if err != nil {
		return nil, err
	}
	return c.folderPage(f.num, "mailFolders('"+c.vars["mailfolder"]+"')/childFolders")
}

func (c *call) folderPage(of uint64, collection string) (*reply, error) {
	sh := c.folderShape()
	list := c.box.post().children(of, sh.hidden)
	list = slices.DeleteFunc(list, func(f *mailFolder) bool { return !c.query.Filter.Holds(sh.get(f)) })
	if len(c.query.OrderBy) == 0 {
		slices.SortStableFunc(list, func(a, b *mailFolder) int {
			return strings.Compare(strings.ToLower(a.name.plain()), strings.ToLower(b.name.plain()))
		})
	}
	odata.Sort(list, c.query.OrderBy, sh.get)
	return listPage(c, collection, list, func(b []byte, f *mailFolder) []byte { return sh.appendMailFolder(b, f, "") }), nil
}

func (c *call) mailFolderReply(status int, f *mailFolder) *reply {
	sh := c.folderShape()
	sh.hidden = true
	rep := c.entity(status, sh.appendMailFolder(nil, f, c.context("mailFolders")))
	if status == http.StatusCreated {
		rep.set("Location", c.origin+"/v1.0/users('"+c.user.id+"')/mailFolders('"+c.box.mailFolderID(f).text(c.prefer.immutable)+"')")
	}
	return rep
}

func getMailFolder(c *call) (*reply, error) {
	f, err := c.mailFolder()
	if err != nil {
		return nil, err
	}
	return c.mailFolderReply(http.StatusOK, f), nil
}

func errFolderExists() *apiError {
	return fail(http.StatusConflict, "ErrorFolderExists", "A folder with the specified name already exists.")
}

func errDistinguished() *apiError {
	return fail(http.StatusBadRequest, "ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
}

// decodeMailFolder sets the name, the extended properties and, when a folder is made, whether it is hidden.
func decodeMailFolder(body []byte, f *mailFolder) *apiError {
	members, err := decodeObject(body)
	if err != nil {
		return err
	}
	var set *extras
	for member, raw := range members {
		switch {
		case member == "displayname":
			err = decodeText(raw, &f.name)
		case member == "ishidden" && f.num == 0:
			err = decodeBool(member, raw, &f.hidden)
		case extrasNames[member] && member != "extensions":
			set, err = set.decoded(member, raw)
		case !declares("mailFolder", member):
			err = errNoMember(member, "MailFolder")
		}
		if err != nil {
			return err
		}
	}
	f.extras = f.extras.merged(set)
	if strings.TrimSpace(f.name.plain()) == "" {
		return errValidation("The folder's display name is required.")
	}
	return nil
}

// taken tells whether a folder has another child of that name; names are compared without case.
func (p *mailStore) taken(parent uint64, name text, but *mailFolder) bool {
	return slices.ContainsFunc(p.folders, func(f *mailFolder) bool {
		return f != but && f.parent == parent && strings.EqualFold(f.name.plain(), name.plain())
	})
}

func createMailFolder(c *call) (*reply, error) {
	post := c.box.post()
	parent := folderRoot
	if c.vars["mailfolder"] != "" {
		f, err := c.mailFolder()
		if err != nil {
			return nil, err
		}
		parent = f.num
	}
	f := &mailFolder{parent: parent}
	if err := decodeMailFolder(c.body, f); err != nil {
		return nil, err
	}
	if post.taken(parent, f.name, nil) {
		return nil, errFolderExists()
	}
	post.addFolder(f)
	return c.mailFolderReply(http.StatusCreated, f), nil
}

func (p *mailStore) addFolder(f *mailFolder) *mailFolder {
	p.nums++
	f.num = p.nums
	p.folders = append(p.folders, f)
	p.feed.add(change{num: f.num, date: noDate})
	return f
}

func updateMailFolder(c *call) (*reply, error) {
	f, err := c.mailFolder()
	if err != nil {
		return nil, err
	}
	next := mailFolder{num: f.num, name: f.name, extras: f.extras}
	if err := decodeMailFolder(c.body, &next); err != nil {
		return nil, err
	}
	if c.box.post().taken(f.parent, next.name, f) {
		return nil, errFolderExists()
	}
	f.name, f.extras = next.name, next.extras
	c.box.post().feed.add(change{num: f.num, date: noDate})
	return c.mailFolderReply(http.StatusOK, f), nil
}

// deleteMailFolder puts a folder with its content below Deleted Items; from there it goes for good (so does Outlook; unconfirmed for
// Graph).
func deleteMailFolder(c *call) (*reply, error) {
	f, err := c.mailFolder()
	if err != nil {
		return nil, err
	}
	if f.known != "" {
		return nil, errDistinguished()
	}
	post := c.box.post()
	if post.below(f, folderDeleted) {
		c.s.dropFolder(c.box, f)
	} else {
		post.moveFolder(f, folderDeleted)
	}
	return &reply{status: http.StatusNoContent}, nil
}

func permanentDeleteMailFolder(c *call) (*reply, error) {
	f, err := c.mailFolder()
	if err != nil {
		return nil, err
	}
	if f.known != "" {
		return nil, errDistinguished()
	}
	c.s.dropFolder(c.box, f)
	return &reply{status: http.StatusNoContent}, nil
}

// dropFolder removes a folder with all that it holds.
func (s *Server) dropFolder(m *mailbox, f *mailFolder) {
	post := m.post()
	for _, child := range post.children(f.num, true) {
		s.dropFolder(m, child)
	}
	for _, g := range slices.Clone(post.messages.items) {
		if g.folder == f.num {
			s.dropMessage(m, g)
		}
	}
	post.folders = slices.DeleteFunc(slices.Clone(post.folders), func(x *mailFolder) bool { return x == f })
	post.feed.add(change{num: f.num, date: noDate})
}

// moveFolder puts a folder below another one. A name that is taken there gets a number.
func (p *mailStore) moveFolder(f *mailFolder, to uint64) {
	name := f.name.plain()
	for i := 1; p.taken(to, f.name, f); i++ {
		f.name = quote(name + itoa(i))
	}
	listed := p.below(f, folderRoot)
	f.parent = to
	if listed == p.below(f, folderRoot) {
		p.feed.add(change{num: f.num, date: noDate})
		return
	}
	for _, x := range p.folders { // all of them come into the listings, or leave them
		if p.below(x, f.num) {
			p.feed.add(change{num: x.num, date: noDate})
		}
	}
}

// destination reads the folder that a move or copy names.
func (c *call) destination() (*mailFolder, *apiError) {
	var in struct{ DestinationID string }
	if json.Unmarshal(c.body, &in) != nil {
		return nil, errDeserialize("Unable to deserialize the request body: a JSON object is expected.")
	}
	if in.DestinationID == "" {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidParameter", "The value '' of parameter 'DestinationId' is invalid.")
	}
	return c.box.findMailFolder(in.DestinationID)
}

// folderAndDestination is the folder of a move or copy, neither a default one nor around the destination. There its name must be free; to
// stay where it is a folder may keep it.
func (c *call) folderAndDestination(moving bool) (f, to *mailFolder, err *apiError) {
	if f, err = c.mailFolder(); err != nil {
		return nil, nil, err
	}
	if to, err = c.destination(); err != nil {
		return nil, nil, err
	}
	var staying *mailFolder
	if moving {
		staying = f
	}
	switch post := c.box.post(); {
	case f.known != "":
		return nil, nil, fail(http.StatusBadRequest, "ErrorMoveDistinguishedFolder", "Distinguished folders cannot be moved.")
	case post.below(to, f.num):
		return nil, nil, fail(http.StatusBadRequest, "ErrorMoveCopyFailed", "The move or copy operation failed.")
	case post.taken(to.num, f.name, staying):
		return nil, nil, errFolderExists()
	}
	return f, to, nil
}

func moveMailFolder(c *call) (*reply, error) {
	f, to, err := c.folderAndDestination(true)
	if err != nil {
		return nil, err
	}
	c.box.post().moveFolder(f, to.num)
	return c.mailFolderReply(http.StatusCreated, f), nil
}

func copyMailFolder(c *call) (*reply, error) {
	f, to, err := c.folderAndDestination(false)
	if err != nil {
		return nil, err
	}
	return c.mailFolderReply(http.StatusCreated, c.s.copyFolder(c.box, f, to.num)), nil
}

// copyFolder copies a folder with all that it holds.
func (s *Server) copyFolder(m *mailbox, f *mailFolder, to uint64) *mailFolder {
	post := m.post()
	children, items := post.children(f.num, true), slices.Clone(post.messages.items)
	twin := post.addFolder(&mailFolder{parent: to, name: f.name, hidden: f.hidden})
	for _, g := range items {
		if g.folder == f.num {
			s.copyMessage(m, g, twin)
		}
	}
	for _, child := range children {
		s.copyFolder(m, child, twin.num)
	}
	return twin
}
