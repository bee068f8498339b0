package msgraph

import (
	"context"
	"fmt"

	"github.com/gleis-dev/gleis/sdk"
)

// defaultList returns the id of a user's default task list, whose name differs from language to language. The connection remembers it: the list cannot be
// deleted, only come anew with a new mailbox.
func (c *Conn) defaultList(ctx context.Context, u *user) (string, error) {
	c.mu.Lock()
	id := c.lists[u.id]
	c.mu.Unlock()
	if id != "" {
		return id, nil
	}
	for link, pages := mailboxPath(u.id)+"/todo/lists", 0; link != "" && pages < 1000; pages++ {
		resp, err := c.graph.get(ctx, u.id, link, nil)
		if err != nil {
			return "", err
		}
		var p struct {
			Value []struct {
				ID   string `json:"id"`
				Kind string `json:"wellknownListName"`
			} `json:"value"`
			Next string `json:"@odata.nextLink"`
		}
		err = resp.JSON(&p)
		resp.Free()
		if err != nil {
			return "", err
		}
		for _, l := range p.Value {
			if l.Kind == "defaultList" && l.ID != "" {
				c.mu.Lock()
				c.lists[u.id] = l.ID
				c.mu.Unlock()
				return l.ID, nil
			}
		}
		if p.Next == link {
			break
		}
		link = p.Next
	}
	return "", &sdk.Error{Kind: sdk.NotFound, Code: codeNoList, Err: fmt.Errorf("%s has no default task list", u.address()), Hint: sdk.Text{
		EN: "the user opens Microsoft To Do once; that makes the list", DE: "der Benutzer öffnet einmal Microsoft To Do; dabei entsteht die Liste",
	}}
}

// forgetList looks the default list up again the next time.
func (c *Conn) forgetList(u *user) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.lists, u.id)
}
