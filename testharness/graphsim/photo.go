package graphsim

import (
	"bytes"
	"image"
	_ "image/gif"  // a format that photos may have
	_ "image/jpeg" // a format that photos may have
	_ "image/png"  // a format that photos may have
	"net/http"
	"strconv"
)

// photo is the picture of a contact or user. It is never changed in place.
type photo struct {
	format        string // "jpeg", "png", "gif"
	width, height int
	version       uint64
	image         []byte
}

func (p *photo) mediaType() string { return "image/" + p.format }

func (p *photo) etag() string { return `"` + strconv.FormatUint(p.version, 16) + `"` }

// decodePhoto reads an image in the body of a request. What Graph answers to a body that is none is unconfirmed.
func (c *call) decodePhoto() (*photo, *apiError) {
	head, format, err := image.DecodeConfig(bytes.NewReader(c.body))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "ErrorInvalidRequest", "Your request can't be completed. The photo is not an image of a known format.")
	}
	return &photo{format: format, width: head.Width, height: head.Height, version: c.s.tenant.nextVersion(), image: bytes.Clone(c.body)}, nil
}

// appendPhoto writes the properties of a photo.
func (c *call) appendPhoto(b []byte, p *photo, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...), sel: c.query.selection()}
	w.member("@odata.mediaContentType")
	w.b = appendQuoted(w.b, p.mediaType())
	w.member("@odata.mediaEtag")
	w.b = appendQuoted(w.b, p.etag())
	w.word("id", itoa(p.width)+"x"+itoa(p.height))
	w.raw("height", itoa(p.height))
	w.raw("width", itoa(p.width))
	return append(w.b, '}')
}

// showPhoto answers the properties of a photo. at is its path in contexts.
func (c *call) showPhoto(p *photo, at string) *reply {
	return &reply{status: http.StatusOK, body: c.appendPhoto(nil, p, c.context(at))}
}

// showImage answers a photo itself.
func showImage(p *photo) *reply {
	rep := &reply{status: http.StatusOK, body: p.image}
	rep.set("Content-Type", p.mediaType())
	rep.set("ETag", p.etag())
	return rep
}

// contactPhoto finds the contact of a path and its photo.
func (c *call) contactPhoto() (*contact, *photo, *apiError) {
	k, err := c.contactOfPath()
	if err != nil {
		return nil, nil, err
	}
	if k.extras == nil || k.extras.photo == nil {
		return k, nil, errItemNotFound()
	}
	return k, k.extras.photo, nil
}

func getContactPhoto(c *call) (*reply, error) {
	_, p, err := c.contactPhoto()
	if err != nil {
		return nil, err
	}
	return c.showPhoto(p, "contacts('"+c.vars["contact"]+"')/photo"), nil
}

func getContactImage(c *call) (*reply, error) {
	_, p, err := c.contactPhoto()
	if err != nil {
		return nil, err
	}
	return showImage(p), nil
}

func putContactImage(c *call) (*reply, error) {
	k, err := c.contactOfPath()
	if err != nil {
		return nil, err
	}
	p, err := c.decodePhoto()
	if err != nil {
		return nil, err
	}
	k.extras = k.extras.copied()
	k.extras.photo = p
	c.s.touchContact(c.box, k, true) // whether delta rounds track photos is unconfirmed
	return &reply{status: http.StatusOK}, nil
}

// userPhoto finds the user of a path and his photo (public issue 796 of msgraph-sdk-dotnet-core has the answer without one).
func (c *call) userPhoto() (*user, *photo, *apiError) {
	u := c.s.tenant.find(c.vars["user"])
	if u == nil {
		return nil, nil, errResourceNotFound(c.vars["user"])
	}
	if u.photo == nil {
		return u, nil, errNoPhoto()
	}
	return u, u.photo, nil
}

func errNoPhoto() *apiError {
	return fail(http.StatusNotFound, "ErrorEntityNotFound", "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown.")
}

func getUserPhoto(c *call) (*reply, error) {
	_, p, err := c.userPhoto()
	if err != nil {
		return nil, err
	}
	return c.showPhoto(p, "users('"+c.vars["user"]+"')/photo"), nil
}

func getUserImage(c *call) (*reply, error) {
	_, p, err := c.userPhoto()
	if err != nil {
		return nil, err
	}
	return showImage(p), nil
}

func putUserImage(c *call) (*reply, error) {
	u, _, err := c.userPhoto()
	if u == nil {
		return nil, err
	}
	p, err := c.decodePhoto()
	if err != nil {
		return nil, err
	}
	u.photo = p
	return &reply{status: http.StatusOK}, nil
}

func deleteUserImage(c *call) (*reply, error) {
	u, _, err := c.userPhoto()
	if err != nil {
		return nil, err
	}
	u.photo = nil
	return &reply{status: http.StatusNoContent}, nil
}
