package graphsim

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mailMirror is what a client knows of a mailbox that follows the delta rounds of its folders and of the messages of each folder.
type mailMirror struct {
	r       *rig
	box     string
	prefer  string
	rnd     *rand.Rand
	folders map[string]map[string]any
	mails   map[string]map[string]map[string]any // by folder and id
	links   map[string]string                    // by folder, "" for the folders themselves
}

// follow takes one round to its end. between runs after each of its pages.
func (m *mailMirror) follow(key, start string, known map[string]map[string]any, between func()) {
	m.r.Helper()
	path := m.links[key]
	if path == "" {
		path = start
	}
	for {
		page := m.r.get(path, m.prefer+", odata.maxpagesize="+itoa(1+m.rnd.IntN(4)))
		for _, row := range values(page) {
			id := row["id"].(string)
			switch {
			case row["@removed"] != nil:
				delete(known, id)
			case key != "" && row["subject"] == nil: // only read
				if known[id] == nil {
					m.r.Fatalf("a short row of an unknown message: %v", row)
				}
				known[id]["isRead"] = row["isRead"]
			default:
				known[id] = row
			}
		}
		between()
		if link, done := page["@odata.deltaLink"].(string); done {
			m.links[key] = link
			return
		}
		path = page["@odata.nextLink"].(string)
	}
}

func (m *mailMirror) sync(betweenFolders, betweenMessages func()) {
	m.r.Helper()
	m.follow("", m.box+"/mailFolders/delta", m.folders, betweenFolders)
	for id := range m.mails {
		if m.folders[id] == nil {
			delete(m.mails, id)
			delete(m.links, id)
		}
	}
	for id := range m.folders {
		if m.r.send("GET", m.box+"/mailFolders/"+id, nil).status == 404 {
			continue // deleted since the first page: the next round tells
		}
		if m.mails[id] == nil {
			m.mails[id] = map[string]map[string]any{}
		}
		m.follow(id, m.box+"/mailFolders/"+id+"/messages/delta", m.mails[id], betweenMessages)
	}
}

// facts are the members to compare.
func facts(rows map[string]map[string]any, names ...string) map[string][]any {
	out := map[string][]any{}
	for id, row := range rows {
		for _, name := range names {
			out[id] = append(out[id], row[name])
		}
	}
	return out
}

var (
	folderFacts  = []string{"displayName", "parentFolderId", "isHidden"}
	messageFacts = []string{"subject", "isRead", "categories", "parentFolderId", "isDraft"}
)

// check holds the mirror against what listings tell.
func (m *mailMirror) check() {
	m.r.Helper()
	truth := map[string]map[string]any{}
	var walk func(path string)
	walk = func(path string) {
		for _, f := range m.r.all(path+"?$top=100", m.prefer) {
			truth[f["id"].(string)] = f
			walk(m.box + "/mailFolders/" + f["id"].(string) + "/childFolders")
		}
	}
	walk(m.box + "/mailFolders")
	if diff := cmp.Diff(facts(truth, folderFacts...), facts(m.folders, folderFacts...)); diff != "" {
		m.r.Fatalf("folders (-truth +mirror):\n%s", diff)
	}
	for id := range truth {
		in := map[string]map[string]any{}
		for _, g := range m.r.all(m.box+"/mailFolders/"+id+"/messages?$top=100", m.prefer) {
			in[g["id"].(string)] = g
		}
		if diff := cmp.Diff(facts(in, messageFacts...), facts(m.mails[id], messageFacts...)); diff != "" {
			m.r.Fatalf("messages of %v (-truth +mirror):\n%s", truth[id]["displayName"], diff)
		}
	}
}

// places are folders to edit: default ones, and what was made below them.
func (m *mailMirror) places() []string {
	out := []string{"inbox", "archive", "deleteditems", "drafts"}
	for _, at := range out[:2] {
		out = append(out, ids(m.r.all(m.box+"/mailFolders/"+at+"/childFolders?$top=100"))...)
	}
	return out
}

// editMessage does one thing that a person does to a message; a refusal is fine.
func (m *mailMirror) editMessage() {
	r, rnd := m.r, m.rnd
	all := ids(r.all(m.box + "/messages?$top=100&$select=id"))
	if len(all) == 0 || rnd.IntN(4) == 0 {
		if _, err := r.ctl.DeliverMail(r.users[0].UPN, mailTo("neu "+itoa(rnd.IntN(1000)))); err != nil {
			r.Fatal(err)
		}
		return
	}
	at := m.box + "/messages/" + all[rnd.IntN(len(all))]
	places := m.places()
	to := map[string]any{"destinationId": places[rnd.IntN(len(places))]}
	switch rnd.IntN(9) {
	case 0:
		r.send("DELETE", at, nil)
	case 1:
		r.send("POST", at+"/permanentDelete", nil)
	case 2, 3, 4:
		r.send("POST", at+"/move", to)
	case 5:
		r.send("POST", at+"/copy", to)
	case 6, 7:
		r.send("PATCH", at, map[string]any{"isRead": rnd.IntN(2) == 0})
	default:
		r.send("PATCH", at, map[string]any{"categories": []string{itoa(rnd.IntN(9))}})
	}
}

// editFolder does one thing that a person does to a folder; a refusal is fine.
func (m *mailMirror) editFolder() {
	r, rnd := m.r, m.rnd
	places := m.places()
	at := m.box + "/mailFolders/" + places[rnd.IntN(len(places))]
	to := map[string]any{"destinationId": []string{"inbox", "archive", "recoverableitemsdeletions"}[rnd.IntN(3)]}
	name := map[string]any{"displayName": itoa(rnd.IntN(9))}
	switch rnd.IntN(6) {
	case 0, 1:
		name["isHidden"] = rnd.IntN(4) == 0
		r.send("POST", at+"/childFolders", name)
	case 2:
		r.send("PATCH", at, name)
	case 3:
		r.send("POST", at+"/move", to)
	case 4:
		r.send("POST", at+"/copy", to)
	default:
		r.send("DELETE", at, nil)
	}
}

// TestAClientThatFollowsMailDeltaKnowsTheTruth edits a mailbox at random, also between the pages of rounds, and compares what a client knows
// from its rounds with the mailbox.
func TestAClientThatFollowsMailDeltaKnowsTheTruth(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(itoa(int(seed)), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, Config{Users: 2, EventsPerUser: -1, TasksPerUser: -1, ContactsPerUser: -1, MessagesPerUser: 12})
			m := &mailMirror{
				r: r, box: r.box(0), rnd: rand.New(rand.NewPCG(seed, 2)), prefer: "Prefer: odata.track-changes", folders: map[string]map[string]any{},
				mails: map[string]map[string]map[string]any{}, links: map[string]string{},
			}
			if seed%2 == 1 {
				m.prefer = `Prefer: IdType="ImmutableId"`
			}
			for range 6 {
				for range m.rnd.IntN(5) {
					m.editFolder()
					m.editMessage()
				}
				quiet := func() {}
				m.sync(m.editFolder, m.editMessage)
				m.sync(quiet, quiet)
				m.check()
			}
		})
	}
}

func TestAStateWhoseMessageIsInNoFolderIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Users: 1, Small: true, MessagesPerUser: 1})
	var saved bytes.Buffer
	if err := r.ctl.SaveState(&saved); err != nil {
		t.Fatal(err)
	}
	store := r.s.tenant.users[0].box.post()
	folder := `"folder":` + itoa(int(store.messages.items[0].folder))
	damaged := strings.Replace(saved.String(), folder+`,"version"`, `"folder":99,"version"`, 1)
	if damaged == saved.String() {
		t.Fatalf("no message in the state: %s", folder)
	}
	if err := r.ctl.LoadState(strings.NewReader(damaged)); err == nil || !strings.Contains(err.Error(), "in no folder") {
		t.Errorf("loaded: %v", err)
	}
	if list := r.all(r.box(0) + "/messages"); len(list) != 1 {
		t.Errorf("messages after the refusal: %v", list)
	}
}
