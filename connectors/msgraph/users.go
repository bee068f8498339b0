package msgraph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/gleis-dev/gleis/sdk"
	"github.com/gleis-dev/gleis/sdk/pace"
	"github.com/gleis-dev/gleis/sdk/rest"
)

// userFields are what the connector reads of a user.
const userFields = "id,displayName,mail,userPrincipalName,proxyAddresses,userType"

// directoryUser is a user as the directory knows him.
type directoryUser struct {
	Type  string   `json:"@odata.type"`
	ID    string   `json:"id"`
	Name  string   `json:"displayName"`
	Mail  string   `json:"mail"`
	UPN   string   `json:"userPrincipalName"`
	Proxy []string `json:"proxyAddresses"`
}

type directoryPage struct {
	Value []directoryUser `json:"value"`
	Next  string          `json:"@odata.nextLink"`
}

// filterHint says how to write a filter that Graph refused. Typographic quotes, as word processors set them, are the usual cause: then it
// gives the filter with straight ones.
func filterHint(filter string) sdk.Text {
	straight := strings.NewReplacer("‘", "'", "’", "'", "‚", "'", "‛", "'", "“", "'", "”", "'", "„", "'").Replace(filter)
	if straight != filter {
		return sdk.Text{EN: "write it with straight quotes: " + straight, DE: "mit geraden Anführungszeichen schreiben: " + straight}
	}
	return sdk.Text{EN: "write an OData filter of users, as in userType eq 'Member'", DE: "einen OData-Filter für Benutzer schreiben, wie userType eq 'Member'"}
}

// resolve makes the scope of a run from the selection. Members that cannot be resolved are returned as failures; the others go on.
func (c *Conn) resolve(ctx context.Context) (*scope, []sdk.Failure, error) {
	var found []directoryUser
	var failed []sdk.Failure
	var err error
	switch c.cfg.selection {
	case "filter":
		found, err = c.listUsers(ctx, query(root+"/users", "$filter", c.cfg.filter, "$select", userFields, "$top", "999"), advanced(c.cfg.filter))
	case "group":
		found, err = c.groupMembers(ctx)
	case "list":
		found, failed, err = c.lookUpUsers(ctx)
	default:
		err = &sdk.Error{Kind: sdk.Invalid, Code: "no_users", Err: errors.New("no users are selected"), Hint: sdk.Text{
			EN: "fill user_list, user_filter or group_name of the connection", DE: "user_list, user_filter oder group_name der Verbindung füllen",
		}}
	}
	if err != nil {
		e := *sdk.AsError(err)
		e.Op = "select users"
		if c.cfg.selection == "filter" && e.Kind == sdk.Invalid {
			e.Args, e.Hint = map[string]string{"setting": "user_filter"}, filterHint(c.cfg.filter)
		}
		return nil, nil, &e
	}
	var users []user
	seen := map[string]bool{}
	for _, d := range found {
		u, err := d.user()
		switch {
		case err != nil:
			failed = append(failed, sdk.Failure{Partition: d.shown(), Err: err})
		case !seen[u.id]:
			seen[u.id] = true
			users = append(users, u)
		}
	}
	return newScope(users), failed, nil
}

func (d directoryUser) shown() string {
	for _, s := range []string{d.Mail, d.UPN, d.Name, d.ID} {
		if s != "" {
			return s
		}
	}
	return "?"
}

// user takes a directory user with a mailbox. Who has one always has mail set: Exchange writes it.
func (d directoryUser) user() (user, error) {
	if d.Mail == "" && d.UPN == "" && d.Name == "" { // without the right to read users a member is an id and nothing else
		return user{}, &sdk.Error{Kind: sdk.Auth, Code: codeDenied, Err: fmt.Errorf("the directory shows nothing of the user %s but his id", d.ID), Hint: hintDenied}
	}
	if d.ID == "" || d.Mail == "" {
		return user{}, &sdk.Error{Kind: sdk.NotFound, Code: codeNoMailbox, Err: fmt.Errorf("%s has no mail address", d.shown()), Hint: hintNoMailbox}
	}
	u := user{id: d.ID}
	add := func(a string) {
		a = strings.ToLower(strings.TrimSpace(a))
		for _, x := range u.addresses {
			if x == a {
				return
			}
		}
		if a != "" {
			u.addresses = append(u.addresses, a)
		}
	}
	add(d.Mail)
	add(d.UPN)
	for _, p := range d.Proxy {
		if kind, a, ok := strings.Cut(p, ":"); ok && strings.EqualFold(kind, "smtp") {
			add(a)
		}
	}
	return u, nil
}

// advanced tells whether a filter needs the directory's advanced queries (microsoft-graph-docs, "Advanced query capabilities"): they take a
// header and $count, and lag behind, so they are used only then.
func advanced(filter string) bool {
	f := strings.ToLower(filter)
	for _, s := range []string{" ne ", "not(", "not ", "endswith(", "/$count"} {
		if strings.Contains(f, s) {
			return true
		}
	}
	return false
}

// listUsers reads a listing of the directory to its end. An expired page begins it anew, once.
func (c *Conn) listUsers(ctx context.Context, first string, adv bool) ([]directoryUser, error) {
	header := http.Header{}
	if adv {
		header.Set("ConsistencyLevel", "eventual")
		first = query(first, "$count", "true")
	}
	var list []directoryUser
	again, seen := true, map[string]bool{}
	for link := first; link != ""; {
		if seen[link] {
			return nil, sdk.Errorf(sdk.Unavailable, "endless_list", "the directory's list does not end")
		}
		seen[link] = true
		resp, err := c.graph.get(ctx, directory, link, header)
		if err != nil {
			if codeOf(err) == "page_expired" && again {
				again, list, link = false, nil, first
				clear(seen)
				continue
			}
			return nil, err
		}
		var p directoryPage
		if err := decodePage(resp, &p); err != nil {
			return nil, err
		}
		list = append(list, p.Value...)
		link = p.Next
		c.env.Progress(int64(len(list)), 0, "users")
	}
	return list, nil
}

// decodePage decodes a listing, which must have a value: an answer without is not an empty list.
func decodePage(resp *rest.Response, p *directoryPage) error {
	p.Value = nil
	defer resp.Free()
	if err := resp.JSON(p); err != nil {
		return err
	}
	if p.Value == nil {
		return sdk.Errorf(sdk.Unavailable, codeMalformed, `the list has no "value"`)
	}
	return nil
}

func (c *Conn) groupMembers(ctx context.Context) ([]directoryUser, error) {
	groups, err := c.listUsers(ctx, query(root+"/groups", "$filter", "displayName eq "+quote(c.cfg.group), "$select", "id,displayName"), false)
	if err != nil {
		return nil, err
	}
	if len(groups) != 1 {
		return nil, &sdk.Error{
			Kind: sdk.Invalid, Code: "group_name", Args: map[string]string{"setting": "group_name", "count": fmt.Sprint(len(groups))},
			Err:  fmt.Errorf("%d groups are named %q", len(groups), c.cfg.group),
			Hint: sdk.Text{EN: "set group_name to the name of exactly one group", DE: "group_name auf den Namen genau einer Gruppe setzen"},
		}
	}
	members, err := c.listUsers(ctx, query(root+"/groups/"+escape(groups[0].ID)+"/members", "$select", userFields, "$top", "999"), false)
	if err != nil {
		return nil, err
	}
	users := members[:0]
	for _, m := range members {
		// Members are of all kinds; without the right to a kind only its type and id are seen.
		if m.Type == "" || m.Type == "#microsoft.graph.user" {
			users = append(users, m)
		}
	}
	return users, nil
}

// lookUpUsers resolves the list of addresses, 20 in a request; who is not found by name is looked for by address. Where the application may not
// read the directory the address itself stands for the user: Exchange's paths take it.
func (c *Conn) lookUpUsers(ctx context.Context) (found []directoryUser, failed []sdk.Failure, err error) {
	for from := 0; from < len(c.cfg.list); from += batchSize {
		names := c.cfg.list[from:min(from+batchSize, len(c.cfg.list))]
		items := make([]batchItem, len(names))
		for i, a := range names {
			items[i] = batchItem{Method: http.MethodGet, URL: query(strings.TrimPrefix(mailboxPath(a), root), "$select", userFields)}
		}
		answers, err := c.graph.batch(ctx, directory, items)
		if err != nil {
			return nil, nil, err
		}
		for i, a := range answers {
			d, err := c.lookedUp(ctx, names[i], items[i], a)
			if err != nil {
				// Who is left out of the selection for a moment would make outsiders of the meetings that he organises: two records of
				// each (invariant I-14). So what may pass ends the look-up as a whole.
				if pace.Temporary(err) || sdk.KindOf(err) == sdk.Cancelled {
					return nil, nil, err
				}
				failed = append(failed, sdk.Failure{Partition: names[i], Err: err})
				continue
			}
			found = append(found, d)
		}
		c.env.Progress(int64(from+len(names)), int64(len(c.cfg.list)), "users")
	}
	return found, failed, nil
}

func (c *Conn) lookedUp(ctx context.Context, name string, item batchItem, a batchAnswer) (d directoryUser, err error) {
	if err = a.err; err != nil && pace.Temporary(err) { // throttled, for example: once more, by itself and in its time
		c.graph.budget.Hold(c.graph.key(directory), sdk.AsError(err).RetryAfter)
		var resp *rest.Response
		if resp, err = c.graph.get(ctx, directory, root+item.URL, nil); err == nil {
			a.Body = resp.Body
		}
	}
	if err == nil {
		if jerr := json.Unmarshal(a.Body, &d); jerr != nil || d.ID == "" {
			err = sdk.Errorf(sdk.Unavailable, codeMalformed, "the answer is no user")
		}
		return d, err
	}
	if sdk.KindOf(err) == sdk.NotFound {
		// An address that is not the user's sign-in name.
		filter := "mail eq " + quote(name) + " or proxyAddresses/any(p:p eq " + quote("smtp:"+name) + ")"
		list, lerr := c.listUsers(ctx, query(root+"/users", "$filter", filter, "$select", userFields), false)
		switch {
		case lerr != nil:
			err = lerr
		case len(list) == 1:
			return list[0], nil
		default:
			return d, &sdk.Error{
				Kind: sdk.NotFound, Code: codeUserGone, Err: fmt.Errorf("%d users have the address %s", len(list), name),
				Hint: sdk.Text{EN: "correct or remove the address in user_list", DE: "die Adresse in user_list berichtigen oder entfernen"},
			}
		}
	}
	if codeOf(err) == codeDenied {
		c.env.Log.Warn("the directory may not be read; the address stands for the user", "user", name)
		return directoryUser{ID: strings.ToLower(name), Mail: name}, nil
	}
	return d, err
}
