package graphsim

import "encoding/json"

// linkedResource ties a task to an item of another system.
type linkedResource struct {
	id                                        string
	webURL, application, displayName, foreign text
}

// taskLinks are the linkedResources of tasks.
func taskLinks() taskChild[linkedResource] {
	return taskChild[linkedResource]{
		name: "linkedResources",
		list: func(t *task) *[]linkedResource { return &t.links },
		id:   func(l linkedResource) string { return l.id },
		decode: func(c *call, raw []byte, l linkedResource) (linkedResource, *apiError) {
			into := map[string]*text{"weburl": &l.webURL, "applicationname": &l.application, "displayname": &l.displayName, "externalid": &l.foreign}
			err := c.decodeChild(raw, "linkedResource", &l.id, func(name string, value json.RawMessage) (bool, *apiError) {
				if into[name] == nil {
					return false, nil
				}
				return true, decodeText(value, into[name])
			})
			return l, err
		},
		append: linkedResource.append,
	}
}

// decodeChild reads a thing below a task: set takes the members by lower-case name and tells those it does not know. A new one gets an id.
func (c *call) decodeChild(raw []byte, kind string, id *string, set func(name string, value json.RawMessage) (bool, *apiError)) *apiError {
	members, err := decodeObject(raw)
	if err != nil {
		return err
	}
	for name, value := range members {
		if name == "id" {
			continue
		}
		known, err := set(name, value)
		if err != nil {
			return err
		}
		if !known {
			return errUnknownProperty(name, kind)
		}
	}
	if *id == "" {
		*id = c.s.requestID()
	}
	return nil
}

func (l linkedResource) append(b []byte, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...)}
	w.text("webUrl", l.webURL)
	w.text("applicationName", l.application)
	w.text("displayName", l.displayName)
	w.text("externalId", l.foreign)
	w.word("id", l.id)
	return append(w.b, '}')
}
