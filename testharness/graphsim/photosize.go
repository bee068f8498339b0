package graphsim

import (
	"bytes"
	"image"
	"image/jpeg"
)

// photoSizes are the edges of the squares in which a user's photo is offered besides its own size, as far as it is that large
// (microsoft-graph-docs, page "profilephoto-get").
var photoSizes = [...]int{48, 64, 96, 120, 240, 360, 432, 504, 648}

// mostPixels bounds the photos that are scaled: a small file may hold a huge picture.
const mostPixels = 16 << 20

// sizes are the photo in the sizes in which it is offered, without their pictures.
func (p *photo) sizes() []*photo {
	var out []*photo
	for _, edge := range photoSizes {
		if edge <= min(p.width, p.height) && p.width*p.height <= mostPixels {
			out = append(out, &photo{format: "jpeg", width: edge, height: edge, version: p.version})
		}
	}
	return out
}

// square is the middle of the photo as a picture of edge by edge pixels.
func (p *photo) square(edge int) ([]byte, error) {
	full, _, err := image.Decode(bytes.NewReader(p.image))
	if err != nil {
		return nil, err
	}
	side := min(p.width, p.height)
	x0, y0 := full.Bounds().Min.X+(p.width-side)/2, full.Bounds().Min.Y+(p.height-side)/2
	small := image.NewRGBA(image.Rect(0, 0, edge, edge))
	for y := range edge {
		for x := range edge {
			small.Set(x, y, full.At(x0+x*side/edge, y0+y*side/edge))
		}
	}
	var b bytes.Buffer
	err = jpeg.Encode(&b, small, nil)
	return b.Bytes(), err
}

// photoOfSize finds the user's photo and the size that the path names.
func (c *call) photoOfSize() (whole, size *photo, err *apiError) {
	_, whole, err = c.userPhoto()
	if err != nil {
		return nil, nil, err
	}
	for _, p := range whole.sizes() {
		if itoa(p.width)+"x"+itoa(p.height) == c.vars["size"] {
			return whole, p, nil
		}
	}
	return nil, nil, errNoPhoto()
}

func (c *call) photoCollection() string { return "users('" + c.vars["user"] + "')/photos" }

func listUserPhotos(c *call) (*reply, error) {
	_, p, err := c.userPhoto()
	if err != nil {
		return nil, err
	}
	return listPage(c, c.photoCollection(), p.sizes(), func(b []byte, p *photo) []byte { return c.appendPhoto(b, p, "") }), nil
}

func getUserPhotoSize(c *call) (*reply, error) {
	_, p, err := c.photoOfSize()
	if err != nil {
		return nil, err
	}
	return c.showPhoto(p, c.photoCollection()), nil
}

func getUserImageSize(c *call) (*reply, error) {
	whole, p, err := c.photoOfSize()
	if err != nil {
		return nil, err
	}
	if p.image, _ = whole.square(p.width); p.image == nil {
		return nil, errNoPhoto() // the picture behind the header of the file is damaged
	}
	return showImage(p), nil
}
