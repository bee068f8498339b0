package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go-core/fileuploader"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

func message(subject, to string) models.Messageable {
	m := models.NewMessage()
	m.SetSubject(&subject)
	body := models.NewItemBody()
	body.SetContentType(ptr(models.TEXT_BODYTYPE))
	body.SetContent(ptr("Guten Tag"))
	m.SetBody(body)
	address := models.NewEmailAddress()
	address.SetAddress(&to)
	who := models.NewRecipient()
	who.SetEmailAddress(address)
	m.SetToRecipients([]models.Recipientable{who})
	return m
}

// mail drives folders, drafts, sending, attachments, the upload session and delta of part 4.
func mail(ctx context.Context, p *proof) {
	anna, bjoern := p.app.Users().ByUserId(p.people[0]), p.app.Users().ByUserId(p.people[1])
	p.call("mail: the folders, among them those of well-known names", "inbox, drafts and sentitems", func() (string, error) {
		list, err := anna.MailFolders().Get(ctx, &users.ItemMailFoldersRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemMailFoldersRequestBuilderGetQueryParameters{Top: ptr[int32](50)},
		})
		if err != nil {
			return "", err
		}
		for _, name := range []string{"inbox", "drafts", "sentitems"} {
			known, err := anna.MailFolders().ByMailFolderId(name).Get(ctx, nil)
			if err != nil {
				return "", err
			}
			if !slices.ContainsFunc(list.GetValue(), func(f models.MailFolderable) bool { return str(f.GetId()) == str(known.GetId()) }) {
				return name + " is not in the list", nil
			}
		}
		return "inbox, drafts and sentitems", nil
	})
	var id string
	p.call("mail: a draft", "Angebot, a draft", func() (string, error) {
		m, err := anna.Messages().Post(ctx, message("Angebot", p.people[1]), nil)
		if err != nil {
			return "", err
		}
		id = str(m.GetId())
		return str(m.GetSubject()) + choose(*m.GetIsDraft(), ", a draft", ", sent"), nil
	})
	draft := anna.Messages().ByMessageId(id)
	p.call("mail: change it", "high", func() (string, error) {
		m := models.NewMessage()
		m.SetImportance(ptr(models.HIGH_IMPORTANCE))
		changed, err := draft.Patch(ctx, m, nil)
		if err != nil {
			return "", err
		}
		return changed.GetImportance().String(), nil
	})
	p.call("mail: attach a small file", "preis.txt, 5 bytes back", func() (string, error) {
		a := models.NewFileAttachment()
		a.SetName(ptr("preis.txt"))
		a.SetContentBytes([]byte("100 €")[:5])
		made, err := draft.Attachments().Post(ctx, a, nil)
		if err != nil {
			return "", err
		}
		back, err := draft.Attachments().ByAttachmentId(str(made.GetId())).Get(ctx, nil)
		if err != nil {
			return "", err
		}
		file, ok := back.(models.FileAttachmentable)
		if !ok {
			return fmt.Sprintf("%T", back), nil
		}
		return fmt.Sprintf("%s, %d bytes back", str(made.GetName()), len(file.GetContentBytes())), nil
	})
	upload(ctx, p, draft)
	p.call("mail: send it", "done", func() (string, error) { return "done", draft.Send().Post(ctx, nil) })
	p.call("mail: it is in the recipient's inbox, with both files", "unread, 2 files", func() (string, error) {
		inbox, err := bjoern.MailFolders().ByMailFolderId("inbox").Messages().Get(ctx, &users.ItemMailFoldersItemMessagesRequestBuilderGetRequestConfiguration{
			QueryParameters: &users.ItemMailFoldersItemMessagesRequestBuilderGetQueryParameters{
				Filter: ptr("subject eq 'Angebot'"), Expand: []string{"attachments($select=id,name,size)"},
			},
		})
		if err != nil || len(inbox.GetValue()) != 1 {
			return "not one", err
		}
		m := inbox.GetValue()[0]
		return fmt.Sprintf("%s, %d files", choose(*m.GetIsRead(), "read", "unread"), len(m.GetAttachments())), nil
	})
	p.call("mail: send one without a draft", "done", func() (string, error) {
		body := users.NewItemSendMailPostRequestBody()
		body.SetMessage(message("Kurz", p.people[1]))
		body.SetSaveToSentItems(ptr(false))
		return "done", anna.SendMail().Post(ctx, body, nil)
	})
	messageDelta(ctx, p, bjoern)
}

// upload sends 5 MB through an upload session, in slices, with the library's LargeFileUploadTask.
func upload(ctx context.Context, p *proof, draft *users.ItemMessagesMessageItemRequestBuilder) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 5<<16)
	p.call("mail: attach 5 MB with an upload session (LargeFileUploadTask)", "5242880 bytes in slices", func() (string, error) {
		item := models.NewAttachmentItem()
		item.SetAttachmentType(ptr(models.FILE_ATTACHMENTTYPE))
		item.SetName(ptr("plan.bin"))
		item.SetSize(ptr(int64(len(content))))
		body := users.NewItemMessagesItemAttachmentsCreateUploadSessionPostRequestBody()
		body.SetAttachmentItem(item)
		session, err := draft.Attachments().CreateUploadSession().Post(ctx, body, nil)
		if err != nil {
			return "", err
		}
		dir, err := os.MkdirTemp("", "sdktest-")
		if err != nil {
			return "", err
		}
		defer os.RemoveAll(dir)
		name := filepath.Join(dir, "plan.bin")
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return "", err
		}
		file, err := os.Open(name)
		if err != nil {
			return "", err
		}
		defer file.Close()
		errs := graphErrors()
		task := fileuploader.NewLargeFileUploadTask[models.Attachmentable](p.app.GetAdapter(), session, file, 320<<10*6, models.CreateAttachmentFromDiscriminatorValue, errs)
		var sent, slices int64
		result := task.Upload(func(current, _ int64) { sent, slices = current, slices+1 })
		for _, err := range result.GetResponseErrors() {
			return "", err
		}
		if !result.GetUploadSucceeded() || slices < 2 {
			return fmt.Sprintf("%d slices up to %d", slices, sent), nil
		}
		list, err := draft.Attachments().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		for _, a := range list.GetValue() {
			if f, ok := a.(models.FileAttachmentable); ok && str(a.GetName()) == "plan.bin" {
				return fmt.Sprintf("%d bytes in slices%s", len(f.GetContentBytes()), choose(bytes.Equal(f.GetContentBytes(), content), "", ", other bytes")), nil
			}
		}
		return "no such attachment", nil
	})
}

func messageDelta(ctx context.Context, p *proof, bjoern *users.UserItemRequestBuilder) {
	inbox := bjoern.MailFolders().ByMailFolderId("inbox")
	old, err := inbox.Messages().Post(ctx, message("alt", p.people[0]), nil)
	if err != nil {
		p.call("messages/delta: prepare", "", func() (string, error) { return "", err })
		return
	}
	steps[models.Messageable]{
		what:  "messages/delta of a folder",
		first: func() (any, error) { return inbox.Messages().Delta().GetAsDeltaGetResponse(ctx, nil) },
		next: func(link string) (any, error) {
			return inbox.Messages().Delta().WithUrl(link).GetAsDeltaGetResponse(ctx, nil)
		},
		make: users.CreateItemMailFoldersItemMessagesDeltaGetResponseFromDiscriminatorValue,
		change: func() error {
			m := message("neu", p.people[0])
			m.SetReceivedDateTime(ptr(p.now.Add(-time.Hour)))
			if _, err := inbox.Messages().Post(ctx, m, nil); err != nil {
				return err
			}
			return inbox.Messages().ByMessageId(str(old.GetId())).Delete(ctx, nil)
		},
	}.run(ctx, p)
	p.call("mail: move a message", "in another folder", func() (string, error) {
		m, err := inbox.Messages().Post(ctx, message("wandert", p.people[0]), nil)
		if err != nil {
			return "", err
		}
		body := users.NewItemMessagesItemMovePostRequestBody()
		body.SetDestinationId(ptr("archive"))
		moved, err := bjoern.Messages().ByMessageId(str(m.GetId())).Move().Post(ctx, body, nil)
		if err != nil {
			return "", err
		}
		return choose(str(moved.GetParentFolderId()) != str(m.GetParentFolderId()), "in another folder", "in the same"), nil
	})
}
