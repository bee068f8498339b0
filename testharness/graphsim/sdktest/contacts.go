package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"time"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// property names the extended property that the proof reads and writes.
const property = "String {00020329-0000-0000-C000-000000000046} Name CrmId"

// contacts drives contacts, their folders, extended properties, photo and delta of part 4.
func contacts(ctx context.Context, p *proof) {
	anna := p.app.Users().ByUserId(p.people[0])
	var id string
	p.call("contacts: create one with an extended property", "Zoë Klein", func() (string, error) {
		c := models.NewContact()
		c.SetGivenName(ptr("Zoë"))
		c.SetSurname(ptr("Klein"))
		c.SetCategories([]string{"CRM"})
		c.SetBirthday(ptr(time.Date(1980, 2, 29, 0, 0, 0, 0, time.UTC)))
		mail := models.NewEmailAddress()
		mail.SetAddress(ptr("zoe@elsewhere.example"))
		c.SetEmailAddresses([]models.EmailAddressable{mail})
		value := models.NewSingleValueLegacyExtendedProperty()
		value.SetId(ptr(property))
		value.SetValue(ptr("4711"))
		c.SetSingleValueExtendedProperties([]models.SingleValueLegacyExtendedPropertyable{value})
		made, err := anna.Contacts().Post(ctx, c, nil)
		if err != nil {
			return "", err
		}
		id = str(made.GetId())
		return str(made.GetDisplayName()), nil
	})
	one := anna.Contacts().ByContactId(id)
	p.call("contacts: find it by the extended property", "4711", func() (string, error) {
		found, err := anna.Contacts().Get(ctx, &users.ItemContactsRequestBuilderGetRequestConfiguration{QueryParameters: &users.ItemContactsRequestBuilderGetQueryParameters{
			Filter: ptr("singleValueExtendedProperties/any(e: e/id eq '" + property + "' and e/value eq '4711')"),
			Expand: []string{"singleValueExtendedProperties($filter=id eq '" + property + "')"},
		}})
		if err != nil || len(found.GetValue()) != 1 {
			return "not one", err
		}
		return str(found.GetValue()[0].GetSingleValueExtendedProperties()[0].GetValue()), nil
	})
	p.call("contacts: read its birthday and address", "1980-02-29 zoe@elsewhere.example", func() (string, error) {
		c, err := one.Get(ctx, nil)
		if err != nil {
			return "", err
		}
		return c.GetBirthday().Format(time.DateOnly) + " " + str(c.GetEmailAddresses()[0].GetAddress()), nil
	})
	p.call("contacts: change its address", "Kiel", func() (string, error) {
		c := models.NewContact()
		home := models.NewPhysicalAddress()
		home.SetCity(ptr("Kiel"))
		c.SetHomeAddress(home)
		changed, err := one.Patch(ctx, c, nil)
		if err != nil {
			return "", err
		}
		return str(changed.GetHomeAddress().GetCity()), nil
	})
	photo(ctx, p, one)
	p.call("contacts: an open extension of it", "gold", func() (string, error) {
		e := models.NewOpenTypeExtension()
		e.SetExtensionName(ptr("example.gleis.card"))
		e.SetAdditionalData(map[string]any{"level": "gold"})
		made, err := one.Extensions().Post(ctx, e, nil)
		if err != nil {
			return "", err
		}
		level := made.GetAdditionalData()["level"]
		if s, ok := level.(*string); ok {
			level = *s
		}
		return fmt.Sprint(level), nil
	})
	p.call("contacts: those of a new folder", "0 contacts in Kunden", func() (string, error) {
		f := models.NewContactFolder()
		f.SetDisplayName(ptr("Kunden"))
		folder, err := anna.ContactFolders().Post(ctx, f, nil)
		if err != nil {
			return "", err
		}
		list, err := anna.ContactFolders().ByContactFolderId(str(folder.GetId())).Contacts().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d contacts in %s", len(list.GetValue()), str(folder.GetDisplayName())), nil
	})
	steps[models.Contactable]{
		what:  "contacts/delta",
		first: func() (any, error) { return anna.Contacts().Delta().GetAsDeltaGetResponse(ctx, nil) },
		next: func(link string) (any, error) {
			return anna.Contacts().Delta().WithUrl(link).GetAsDeltaGetResponse(ctx, nil)
		},
		make: users.CreateItemContactsDeltaGetResponseFromDiscriminatorValue,
		change: func() error {
			c := models.NewContact()
			c.SetGivenName(ptr("Neu"))
			if _, err := anna.Contacts().Post(ctx, c, nil); err != nil {
				return err
			}
			return one.Delete(ctx, nil)
		},
	}.run(ctx, p)
}

func photo(ctx context.Context, p *proof, one *users.ItemContactsContactItemRequestBuilder) {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, image.NewRGBA(image.Rect(0, 0, 48, 48)), nil); err != nil {
		p.call("contacts: prepare", "", func() (string, error) { return "", err })
		return
	}
	picture := file.Bytes()
	p.call("contacts: set its photo and read it back", "the same bytes", func() (string, error) {
		if _, err := one.Photo().Content().Put(ctx, picture, nil); err != nil {
			return "", err
		}
		back, err := one.Photo().Content().Get(ctx, nil)
		return choose(bytes.Equal(back, picture), "the same bytes", "other bytes"), err
	})
}
