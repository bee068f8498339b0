package msgraph

import (
	"context"
	"fmt"

	"github.com/gleis-dev/gleis/sdk"
)

// Check implements sdk.Checker: sign-in, selection, and whether the first mailbox lets its events, tasks and contacts be read.
func (c *Conn) Check(ctx context.Context) ([]sdk.Finding, error) {
	if _, err := c.tokens.Token(ctx, sdk.Secret{}); err != nil {
		if sdk.KindOf(err) == sdk.Cancelled {
			return nil, err
		}
		return []sdk.Finding{finding("sign_in", err)}, nil
	}
	list := []sdk.Finding{{Name: "sign_in", Text: sdk.Text{EN: "the application signs in", DE: "die Anwendung meldet sich an"}}}
	s, failed, err := c.resolve(ctx)
	if err != nil {
		return append(list, finding("users", err)), nil
	}
	for _, f := range failed {
		x := finding("user", f.Err)
		x.Level, x.Text = sdk.Warning, sdk.Text{EN: f.Partition + ": " + x.Text.EN, DE: f.Partition + ": " + x.Text.In("de")}
		list = append(list, x)
	}
	if len(s.users) == 0 {
		return append(list, sdk.Finding{Level: sdk.Failed, Name: "users", Text: sdk.Text{EN: "the selection has no user with a mailbox", DE: "die Auswahl enthält keinen Benutzer mit Postfach"}}), nil
	}
	list = append(list, sdk.Finding{Name: "users", Text: sdk.Text{EN: fmt.Sprintf("%d users are selected", len(s.users)), DE: fmt.Sprintf("%d Benutzer sind ausgewählt", len(s.users))}})
	for _, object := range []string{objectEvent, objectTask, objectContact} {
		r := c.newRound(stepFor(object), sdk.ReadRequest{Object: object}, &s.users[0], s, nil)
		err := r.locate(ctx)
		if err == nil {
			err = r.answers(ctx)
		}
		if err != nil {
			list = append(list, finding("read_"+object, err))
			continue
		}
		list = append(list, sdk.Finding{Name: "read_" + object, Text: sdk.Text{EN: fmt.Sprintf("%ss of %s can be read", object, s.users[0].address()), DE: fmt.Sprintf("%s-Datensätze von %s sind lesbar", object, s.users[0].address())}})
	}
	return list, nil
}

func finding(name string, err error) sdk.Finding {
	return sdk.Finding{Level: sdk.Failed, Name: name, Text: sdk.Text{EN: err.Error()}, Hint: sdk.AsError(err).Hint}
}
