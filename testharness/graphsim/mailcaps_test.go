package graphsim

import (
	"strings"
	"testing"
	"time"
)

// fill delivers many messages to user 0, a second apart.
func (r *rig) fill(n int) {
	r.Helper()
	for i := range n {
		if _, err := r.ctl.DeliverMail(r.users[0].UPN, map[string]any{"subject": itoa(i)}); err != nil {
			r.Fatal(err)
		}
		r.ctl.Advance(time.Second)
	}
}

// pages follows a round and gives the number of rows of each page, and the delta link.
func (r *rig) pages(path string, headers ...string) (sizes []int, link string) {
	r.Helper()
	for link == "" {
		page := r.get(path, headers...)
		sizes = append(sizes, len(values(page)))
		path, _ = page["@odata.nextLink"].(string)
		link, _ = page["@odata.deltaLink"].(string)
	}
	return sizes, link
}

func TestMessageDeltaHasItsLimits(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, EventsPerUser: -1, TasksPerUser: -1, ContactsPerUser: -1, TokenLife: 24 * time.Hour})
	r.fill(mailDeltaFound + 7)
	at := r.box(0) + inboxDelta + "?$select=subject"
	large := "Prefer: odata.maxpagesize=1000"

	if page := r.get(at); len(values(page)) != 10 {
		t.Errorf("a page has %d rows by default", len(values(page)))
	}
	total := func(sizes []int) (n int) {
		for _, size := range sizes {
			n += size
		}
		return n
	}
	sizes, _ := r.pages(at, large)
	if sizes[0] != 512 || total(sizes) != mailDeltaFound+7 {
		t.Errorf("pages %v", sizes)
	}
	since := "&$filter=receivedDateTime ge " + epoch.Format(time.RFC3339)
	sizes, link := r.pages(at+since, large)
	if sizes[0] != 512 || total(sizes) != 5000 {
		t.Errorf("filtered pages %v", sizes)
	}
	if sizes, _ = r.pages(at+since+"&$orderby=receivedDateTime desc", large); total(sizes) != 5000 {
		t.Errorf("filtered and sorted pages %v", sizes)
	}
	r.fill(2)
	if sizes, _ = r.pages(link, large); total(sizes) != 2 {
		t.Errorf("later rounds tell of what is new: %v", sizes)
	}
	since = strings.Replace(since, " ge ", " gt ", 1)
	if sizes, _ = r.pages(at+since+"&$top=3", large); total(sizes) != 3 {
		t.Errorf("$top and a filter: %v", sizes)
	}
}

func TestAMessageThatMovesBetweenThePagesOfARoundLosesNoRemoval(t *testing.T) {
	t.Parallel()
	r := empty(t)
	r.arrive("a")
	at := r.box(1)
	rows, link := r.round(at + inboxDelta)
	first := rows[0]["id"].(string)
	move := func(id, to string) string {
		return r.do("POST", at+"/messages/"+id+"/move", map[string]any{"destinationId": to}, 201)["id"].(string)
	}
	back := move(move(first, "archive"), "inbox")
	one := "Prefer: odata.maxpagesize=1"
	page := r.get(link, one)
	if row := values(page)[0]; row["id"] != back {
		t.Fatalf("first page %v", row)
	}
	move(back, "archive")
	gone := map[string]bool{}
	rows, link = r.round(page["@odata.nextLink"].(string), one)
	more, _ := r.round(link)
	for _, row := range append(rows, more...) {
		gone[row["id"].(string)] = row["@removed"] != nil
	}
	if !gone[first] || !gone[back] {
		t.Errorf("removed %v, want %s and %s", gone, first, back)
	}
}

func TestFoldersAreFoundAtAnyDepth(t *testing.T) {
	t.Parallel()
	r := empty(t)
	path, deep := r.box(0)+"/mailFolders/inbox", ""
	for i := range 5 {
		deep = r.do("POST", path+"/childFolders", map[string]any{"displayName": itoa(i)}, 201)["id"].(string)
		path += "/childFolders/" + deep
	}
	made := r.do("POST", path+"/messages", mailTo("tief"), 201)
	if got := r.get(path + "/messages/" + made["id"].(string)); got["parentFolderId"] != deep {
		t.Errorf("message %v", got)
	}
	if list := r.all(path + "/messages?$top=1&$count=true"); len(list) != 1 {
		t.Errorf("messages %v", list)
	}
	if rows, link := r.round(path + "/messages/delta"); len(rows) != 1 {
		t.Errorf("delta %v", rows)
	} else if rows, _ = r.round(link); len(rows) != 0 {
		t.Errorf("delta %v", rows)
	}
	if f := r.get(path); f["displayName"] != "4" || f["totalItemCount"] != 1.0 {
		t.Errorf("folder %v", f)
	}
	up := path[:strings.LastIndex(path, "/childFolders/")]
	if list := r.all(up + "/childFolders"); len(list) != 1 || list[0]["id"] != deep {
		t.Errorf("children of the fourth: %v", list)
	}
	skipped := strings.Replace(path, "/inbox/childFolders/", "/archive/childFolders/", 1)
	r.refused(r.send("GET", skipped, nil), 404, "ErrorItemNotFound")
	r.refused(r.send("GET", path+"/unsinn", nil), 400, "BadRequest")
	r.do("POST", path+"/move", map[string]any{"destinationId": "inbox"}, 201)
	r.refused(r.send("GET", path, nil), 404, "ErrorItemNotFound")
}

func TestACopyOfAFolderNeedsAFreeName(t *testing.T) {
	t.Parallel()
	r := empty(t)
	a := r.box(0) + "/mailFolders/" + r.do("POST", r.box(0)+"/mailFolders", map[string]any{"displayName": "A"}, 201)["id"].(string)
	root := map[string]any{"destinationId": "msgfolderroot"}
	r.refused(r.send("POST", a+"/copy", root), 409, "ErrorFolderExists")
	r.do("POST", a+"/move", root, 201)
	r.do("POST", a+"/copy", map[string]any{"destinationId": "inbox"}, 201)
	r.refused(r.send("POST", a+"/move", map[string]any{"destinationId": "inbox"}), 409, "ErrorFolderExists")
}

func TestHiddenFoldersAreInRoundsThatAskForThem(t *testing.T) {
	t.Parallel()
	r := empty(t)
	box := r.box(0)
	_, shown := r.round(box + "/mailFolders/delta")
	all, hidden := r.round(box + "/mailFolders/delta?includeHiddenFolders=true")
	if len(all) <= 8 {
		t.Errorf("with hidden ones %d", len(all))
	}
	f := r.do("POST", box+"/mailFolders", map[string]any{"displayName": "unsichtbar", "isHidden": true}, 201)
	if rows, _ := r.round(shown); len(rows) != 0 {
		t.Errorf("a hidden folder in %v", rows)
	}
	if rows, _ := r.round(hidden); len(rows) != 1 || rows[0]["id"] != f["id"] {
		t.Errorf("with hidden ones %v", rows)
	}
	a := r.do("POST", box+"/mailFolders", map[string]any{"displayName": "A"}, 201)["id"].(string)
	b := r.do("POST", box+"/mailFolders/"+a+"/childFolders", map[string]any{"displayName": "B"}, 201)["id"].(string)
	_, link := r.round(box + "/mailFolders/delta")
	r.do("POST", box+"/mailFolders/"+a+"/move", map[string]any{"destinationId": "recoverableitemsdeletions"}, 201)
	if rows, _ := r.round(link); len(rows) != 2 || rows[0]["id"] != a || rows[0]["@removed"] == nil || rows[1]["id"] != b || rows[1]["@removed"] == nil {
		t.Errorf("folders that left the tree: %v", rows)
	}
}
