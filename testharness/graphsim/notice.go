package graphsim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Notifications come from the feeds, as delta rounds do: after each write, every subscription looks at what its feeds logged since it last
// looked. So nothing is kept per item, and nobody who stores items has to know of subscriptions.

// notice is a notification on its way. Times are stamps.
type notice struct {
	Subscription string
	Lifecycle    string // the event, of a lifecycle notification
	ChangeType   string
	Item         string // its id
	URL          string
	Body         json.RawMessage // without the content, which is read when it is sent
	Path         string          // of the item's content; empty: none is sent
	Made, Due    int64
	Tries        int
}

// changeNotification is an entry of the body that Graph posts.
type changeNotification struct {
	ID             string            `json:"id"`
	SubscriptionID string            `json:"subscriptionId"`
	Expires        string            `json:"subscriptionExpirationDateTime"`
	ChangeType     string            `json:"changeType,omitempty"`
	LifecycleEvent string            `json:"lifecycleEvent,omitempty"`
	Resource       string            `json:"resource"`
	ClientState    *string           `json:"clientState"`
	TenantID       string            `json:"tenantId"`
	ResourceData   *resourceData     `json:"resourceData,omitempty"`
	Content        *encryptedContent `json:"encryptedContent,omitempty"`
}

type resourceData struct {
	Type string `json:"@odata.type"`
	Path string `json:"@odata.id"`
	ETag string `json:"@odata.etag,omitempty"`
	ID   string `json:"id"`
}

// noticeChanges puts what changed for each subscription into the queue. The tenant is locked.
func (s *Server) noticeChanges() {
	t, now := s.tenant, ticksOf(s.now())
	t.subscriptions = slices.DeleteFunc(t.subscriptions, func(sub *subscription) bool { return sub.Expires <= now })
	s.endSubscriptions(func(sub *subscription) bool { // of mailboxes that are gone
		u := t.byID[sub.User]
		return sub.User != "" && (u == nil || u.box == nil)
	})
	for _, sub := range t.subscriptions {
		kind, _ := kindOf(sub.Kind)
		if kind.log != nil {
			s.noticeDirectory(sub, &kind)
			continue
		}
		u := t.byID[sub.User]
		changed := map[uint64]change{}
		for num, f := range kind.feeds(u.box) {
			if sub.Collection == 0 || sub.Collection == num {
				for _, ch := range f.since(sub.Seen[num]) {
					changed[ch.num] = ch
				}
			}
			sub.Seen[num] = f.seq
		}
		list := make([]change, 0, len(changed))
		for _, ch := range changed {
			list = append(list, ch)
		}
		slices.SortFunc(list, func(a, b change) int { return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.num, b.num)) })
		for _, ch := range list {
			s.notice(sub, &kind, u.box, ch)
		}
		sub.Known = u.box.nums
	}
}

// notice puts one change into the queue, if the subscription asks for its kind and no notice waits that says as much.
func (s *Server) notice(sub *subscription, kind *watchedKind, m *mailbox, ch change) {
	version, folder, id, ok := kind.item(m, ch.num)
	ok = ok && (sub.Collection == 0 || folder == sub.Collection)
	what := "updated"
	switch {
	case !ok && ch.num > sub.Known:
		return // came and went
	case !ok:
		what = "deleted"
		id = itemID{class: kind.class, box: m.key, num: ch.num, moves: ch.moves, date: noDate}
	case ch.num > sub.Known:
		what = "created"
	}
	text := id.text(sub.Immutable)
	if ok && !sub.wants(kind, m, ch.num) || s.needless(sub, what, text) {
		return
	}
	list := itemID{class: classTaskList, box: m.key, num: sub.Collection, date: noDate}.text(sub.Immutable)
	path := "Users/" + sub.User + "/" + strings.ReplaceAll(kind.path, "{folder}", list) + "/" + text
	data := &resourceData{Type: kind.odata, Path: path, ID: text}
	n := &notice{Subscription: sub.ID, ChangeType: what, Item: text, URL: sub.NotificationURL}
	if ok {
		data.ETag = etagOf(version)
		if sub.IncludeData {
			n.Path = "/" + strings.ToLower(path[:1]) + path[1:] + "?" + sub.Query
		}
	}
	s.enqueue(n, sub, &changeNotification{ChangeType: what, Resource: path, ResourceData: data})
}

// needless tells that a subscription did not ask for a change, or that a notice waits that says as much.
func (s *Server) needless(sub *subscription, what, item string) bool {
	return !slices.Contains(strings.Split(sub.ChangeType, ","), what) || slices.ContainsFunc(s.tenant.notices, func(old *notice) bool {
		same := old.ChangeType == what || old.ChangeType == "created" && what == "updated"
		return same && old.Subscription == sub.ID && old.Item == item && old.Tries == 0
	})
}

// noticeDirectory puts what changed in a collection of the directory into the queue. New objects, and deleted ones that can be restored,
// are updates (microsoft-graph-docs, page "change-notifications-overview").
func (s *Server) noticeDirectory(sub *subscription, kind *watchedKind) {
	log := kind.log(s.tenant)
	for _, sum := range log.between(sub.Seen[0], log.seq) {
		what := "updated"
		if sum.removed == "deleted" {
			what = "deleted"
		}
		if s.needless(sub, what, sum.id) {
			continue
		}
		path := kind.path + "/" + sum.id
		n := &notice{Subscription: sub.ID, ChangeType: what, Item: sum.id, URL: sub.NotificationURL}
		s.enqueue(n, sub, &changeNotification{ChangeType: what, Resource: path, ResourceData: &resourceData{Type: kind.odata, Path: path, ID: sum.id}})
	}
	sub.Seen[0] = log.seq
}

// wants applies the $filter of the resource.
func (sub *subscription) wants(kind *watchedKind, m *mailbox, num uint64) bool {
	if kind.get == nil {
		return true
	}
	q, err := parseQuery(sub.Query)
	return err == nil && (q.Filter == nil || q.Filter.Holds(kind.get(m, num)))
}

func (s *Server) enqueue(n *notice, sub *subscription, body *changeNotification) {
	body.ID = s.requestID()
	body.SubscriptionID, body.ClientState, body.TenantID = sub.ID, sub.ClientState, s.tenant.id
	body.Expires = time.Unix(0, sub.Expires*100).UTC().Format("2006-01-02T15:04:05.9999999-07:00")
	n.Body = json.RawMessage(rawJSON(body))
	n.Made = ticksOf(s.now())
	n.Due = n.Made
	s.tenant.notices = append(s.tenant.notices, n)
}

// lifecycle puts a lifecycle notification into the queue, if there is an address for it.
func (s *Server) lifecycle(sub *subscription, event string) {
	if sub.LifecycleURL == "" {
		return
	}
	n := &notice{Subscription: sub.ID, Lifecycle: event, URL: sub.LifecycleURL}
	s.enqueue(n, sub, &changeNotification{LifecycleEvent: event, Resource: sub.Resource})
}
