package graphsim

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// follower keeps a copy of a collection by its delta rounds alone; a token that is gone makes it begin anew.
type follower struct {
	r           *rig
	path, link  string
	header      []string
	known       map[string]map[string]any
	beginnings  int
	missingPath bool // the collection itself is gone
}

// sync takes a round to its end and calls between after each page.
func (f *follower) sync(between func()) {
	f.r.Helper()
	next := f.link
	for done := false; !done; between() {
		if next == "" {
			next, f.known = f.path+"/delta", map[string]map[string]any{}
			f.beginnings++
		}
		a := f.r.send("GET", next, nil, f.header...)
		switch a.status {
		case 200:
		case 410:
			next = ""
			continue
		case 404:
			f.missingPath, f.known = true, map[string]map[string]any{}
			return
		default:
			f.r.Fatalf("%s: %d %v", next, a.status, a.body)
		}
		for _, row := range values(a.body) {
			delete(f.known, row["id"].(string))
			if row["@removed"] == nil {
				delete(row, "@odata.type")
				f.known[row["id"].(string)] = row
			}
		}
		if f.link, done = a.body["@odata.deltaLink"].(string); !done {
			next = a.body["@odata.nextLink"].(string)
		}
	}
}

// truth lists what the follower should know; below, if not "", is a collection of each row to be listed as well.
func (f *follower) truth(path, below string) map[string]map[string]any {
	f.r.Helper()
	out := map[string]map[string]any{}
	for _, row := range f.r.all(path+"?$top=50", f.header...) {
		id := row["id"].(string)
		out[id] = row
		if below != "" {
			maps.Copy(out, f.truth(f.path+"/"+id+"/"+below, below))
		}
	}
	return out
}

// clerk edits a mailbox at random; a refusal is fine.
type clerk struct {
	*rig
	*rand.Rand
}

func (k clerk) pick(path string) string {
	rows := values(k.send("GET", path+"?$top=500", nil).body)
	if len(rows) == 0 {
		return "none"
	}
	return rows[k.IntN(len(rows))]["id"].(string)
}

func (k clerk) name() map[string]any { return map[string]any{"displayName": "n" + itoa(k.IntN(1000))} }

// editTasks does one thing to the lists or tasks of the first user.
func (k clerk) editTasks() {
	lists := k.box(0) + "/todo/lists"
	list := lists + "/" + k.pick(lists)
	task := list + "/tasks/" + k.pick(list+"/tasks")
	due := moment(epoch.AddDate(0, 0, k.IntN(9)), "UTC")
	switch k.IntN(10) {
	case 0:
		k.send("POST", lists, k.name())
	case 1:
		k.send("PATCH", list, k.name())
	case 2:
		if k.IntN(3) == 0 {
			k.send("DELETE", list, nil)
		}
	case 3:
		k.send("POST", list+"/tasks", map[string]any{"title": "neu", "dueDateTime": due, "recurrence": weeklyRule(epoch, "UTC", 9, "friday")})
	case 4:
		k.send("PATCH", task, map[string]any{"status": "completed"})
	case 5:
		k.send("PATCH", task, map[string]any{"dueDateTime": due})
	case 6:
		k.send("POST", task+"/checklistItems", k.name())
	case 7:
		k.send("DELETE", task, nil)
	case 8:
		_, _ = k.ctl.MoveTask(k.users[0].UPN, k.pick(list+"/tasks"), k.pick(lists))
	default:
		k.send("POST", list+"/tasks", map[string]any{"title": "neu"})
	}
}

// editContacts does one thing to the contacts or their folders of the first user.
func (k clerk) editContacts() {
	folders := k.box(0) + "/contactFolders"
	folder := folders + "/" + k.pick(folders)
	if k.IntN(3) == 0 {
		folder = folders + "/contacts"
	}
	id := k.pick(folder + "/contacts")
	contact := k.box(0) + "/contacts/" + id
	switch k.IntN(9) {
	case 0:
		k.send("POST", folders, k.name())
	case 1:
		k.send("POST", folder+"/childFolders", k.name())
	case 2:
		k.send("PATCH", folder, k.name())
	case 3:
		k.send("PATCH", folder, map[string]any{"parentFolderId": k.pick(folders)})
	case 4:
		if k.IntN(3) == 0 {
			k.send("DELETE", folder, nil)
		}
	case 5:
		k.send("PATCH", contact, map[string]any{"nickName": "n" + itoa(k.IntN(1000))})
	case 6:
		k.send("DELETE", contact, nil)
	case 7:
		for range 1 + k.IntN(3) { // to another folder, and perhaps back
			if moved, err := k.ctl.MoveContact(k.users[0].UPN, id, []string{"contacts", k.pick(folders)}[k.IntN(2)]); err == nil {
				id = moved
			}
		}
	default:
		k.send("POST", folder+"/contacts", map[string]any{"givenName": "Eva"})
	}
}

// follow edits, lets followers of a collection and of what lies in its rows take rounds, and holds their copies against the truth.
// Changes during a round need another round.
func (k clerk) follow(collection, items, below string, header []string, edit func()) (beginnings int) {
	k.Helper()
	box := k.box(0)
	outer := &follower{r: k.rig, path: box + collection, header: header}
	inner := map[string]*follower{}
	if items == "contacts" {
		inner["contacts"] = &follower{r: k.rig, path: box + "/contacts", header: header}
	}
	hold := func(f *follower, below string) {
		want := f.truth(f.path, below)
		if below != "" { // folders below the default one, which is in no listing
			maps.Copy(want, f.truth(f.path+"/contacts/"+below, below))
		}
		if diff := cmp.Diff(want, f.known); diff != "" {
			k.Fatalf("%s: (-truth +copy)\n%s", f.path, diff)
		}
	}
	for range 10 {
		for range k.IntN(5) {
			edit()
		}
		if k.IntN(5) == 0 {
			k.ctl.ExpireDelta(k.users[0].UPN)
		}
		during := func() {
			if k.IntN(4) == 0 {
				edit()
			}
		}
		outer.sync(during)
		outer.sync(func() {})
		hold(outer, below)
		for id := range outer.known {
			if inner[id] == nil {
				inner[id] = &follower{r: k.rig, path: outer.path + "/" + id + "/" + items, header: header}
			}
		}
		for _, id := range slices.Sorted(maps.Keys(inner)) {
			f := inner[id]
			f.sync(during)
			f.sync(func() {})
			if f.missingPath {
				delete(inner, id)
				continue
			}
			hold(f, "")
		}
	}
	return outer.beginnings
}

// TestFollowersOfTasksAndContactsKnowTheTruth edits lists, tasks, folders and contacts at random: moved, deleted, between pages, with
// tokens that end.
func TestFollowersOfTasksAndContactsKnowTheTruth(t *testing.T) {
	t.Parallel()
	begun := 0
	for seed := range uint64(6) {
		r := newRig(t, Config{Seed: seed + 1, Users: 2, Small: true})
		k := clerk{r, rand.New(rand.NewPCG(seed, 2))}
		header := []string{"Prefer: odata.maxpagesize=" + itoa(1+k.IntN(4))}
		if seed%2 == 1 {
			header[0] += `, IdType="ImmutableId"`
		}
		begun += k.follow("/todo/lists", "tasks", "", header, k.editTasks)
		begun += k.follow("/contactFolders", "contacts", "childFolders", header, k.editContacts)
	}
	if begun <= 12 {
		t.Error("no token ended")
	}
}
