package graphsim

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// contactKind is how a contact's property is checked, stored and filled when it is not set.
type contactKind byte

const (
	plainText contactKind = iota
	textList
	addressObject
	mailList
	birthDate
)

// contactField is a row of the table of a contact's properties.
type contactField struct {
	name string
	kind contactKind
	most int // entries of a list that Exchange takes; zero: any number
}

// contactFields are the properties of a contact in the order of its JSON, as Exchange sends it.
var contactFields = [...]contactField{
	{"categories", textList, 0}, {"birthday", birthDate, 0}, {"fileAs", plainText, 0}, {"displayName", plainText, 0},
	{"givenName", plainText, 0}, {"initials", plainText, 0}, {"middleName", plainText, 0}, {"nickName", plainText, 0},
	{"surname", plainText, 0}, {"title", plainText, 0}, {"yomiGivenName", plainText, 0}, {"yomiSurname", plainText, 0},
	{"yomiCompanyName", plainText, 0}, {"generation", plainText, 0}, {"imAddresses", textList, 3}, {"jobTitle", plainText, 0},
	{"companyName", plainText, 0}, {"department", plainText, 0}, {"officeLocation", plainText, 0}, {"profession", plainText, 0},
	{"businessHomePage", plainText, 0}, {"assistantName", plainText, 0}, {"manager", plainText, 0}, {"homePhones", textList, 2},
	{"mobilePhone", plainText, 0}, {"businessPhones", textList, 2}, {"spouseName", plainText, 0}, {"personalNotes", plainText, 0},
	{"children", textList, 0}, {"emailAddresses", mailList, 3}, {"homeAddress", addressObject, 0}, {"businessAddress", addressObject, 0},
	{"otherAddress", addressObject, 0},
}

func contactIndex(lower string) int {
	for i, f := range contactFields {
		if strings.EqualFold(f.name, lower) {
			return i
		}
	}
	return -1
}

// emptyContact is how a property that is not set is sent.
func (k contactKind) empty() string {
	switch k {
	case textList, mailList:
		return "[]"
	case addressObject:
		return "{}"
	default:
		return "null"
	}
}

type mailAddress struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

type postalAddress struct {
	Street          string `json:"street,omitempty"`
	City            string `json:"city,omitempty"`
	State           string `json:"state,omitempty"`
	CountryOrRegion string `json:"countryOrRegion,omitempty"`
	PostalCode      string `json:"postalCode,omitempty"`
}

// mailSlots show the entries of emailAddresses one by one.
var mailSlots = []string{"primaryEmailAddress", "secondaryEmailAddress", "tertiaryEmailAddress"}

// setSlots sets entries of emailAddresses by their own names; null takes one out. That they can be written is unconfirmed.
func (k *contact) setSlots(members map[string]json.RawMessage) *apiError {
	if !slices.ContainsFunc(mailSlots, func(name string) bool { return members[strings.ToLower(name)] != nil }) {
		return nil
	}
	field := contactIndex("emailAddresses")
	list := k.addresses()
	for i := len(mailSlots) - 1; i >= 0; i-- {
		raw, ok := members[strings.ToLower(mailSlots[i])]
		if ok && isNull(raw) && i < len(list) {
			list = append(list[:i:i], list[i+1:]...)
		}
	}
	for i, name := range mailSlots {
		raw, ok := members[strings.ToLower(name)]
		if !ok || isNull(raw) {
			continue
		}
		one, err := contactFields[field].normal(json.RawMessage("[" + string(raw) + "]"))
		if err != nil {
			return err
		}
		var entry []mailAddress
		_ = json.Unmarshal([]byte(one), &entry) // written by normal
		if i < len(list) {
			list[i] = entry[0]
		} else {
			list = append(list, entry[0])
		}
	}
	if len(list) == 0 {
		k.set(field, "")
		return nil
	}
	k.set(field, rawJSON(list))
	return nil
}

// birthday gives a date its time of day: as Exchange keeps it, a minute before noon in UTC, so that it is the same day in most zones.
func birthday(s string) (string, bool) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return `"` + t.UTC().Format(time.DateOnly) + `T11:59:00Z"`, true
		}
	}
	return "", false
}

// normal checks a value that was sent and gives it in stored form; "" means not set.
func (f contactField) normal(raw json.RawMessage) (string, *apiError) {
	bad := errDeserialize("Cannot read the value of '%s'.", f.name)
	if isNull(raw) {
		if f.kind == textList || f.kind == mailList {
			return "", bad
		}
		return "", nil
	}
	switch f.kind {
	case textList:
		var list []string
		if json.Unmarshal(raw, &list) != nil {
			return "", bad
		}
		return f.limited(len(list), rawJSON(list))
	case mailList:
		var list []mailAddress
		if json.Unmarshal(raw, &list) != nil {
			return "", bad
		}
		for i := range list {
			if list[i].Name == "" {
				list[i].Name = list[i].Address
			}
		}
		return f.limited(len(list), rawJSON(list))
	case addressObject:
		var a postalAddress
		if json.Unmarshal(raw, &a) != nil {
			return "", bad
		}
		return rawJSON(a), nil
	case birthDate:
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return "", bad
		}
		day, ok := birthday(s)
		if !ok {
			return "", bad
		}
		return day, nil
	default:
		var t text
		if err := decodeText(raw, &t); err != nil {
			return "", err
		}
		return string(t), nil
	}
}

func (f contactField) limited(n int, raw string) (string, *apiError) {
	if f.most > 0 && n > f.most {
		return "", errValidation("The multi value property %s has %d entries, that exceeds the max allowed value of %d",
			strings.ToUpper(f.name[:1])+f.name[1:], n, f.most)
	}
	return raw, nil
}

// rawJSON encodes strings and structs of strings, which cannot fail.
func rawJSON(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) //nolint:errcheck // strings only
	return strings.TrimSuffix(b.String(), "\n")
}
