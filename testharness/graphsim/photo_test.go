package graphsim

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"
)

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// raw sends a body that is no JSON and gives the answer's bytes.
func (r *rig) raw(method, path, kind string, body []byte) (status int, header http.Header, answer []byte) {
	r.Helper()
	req, err := http.NewRequest(method, r.url+"/v1.0"+strings.ReplaceAll(path, " ", "%20"), bytes.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		r.Fatal(err)
	}
	return resp.StatusCode, resp.Header, answer
}

func TestPhotosOfContactsAndUsers(t *testing.T) {
	t.Parallel()
	r := empty(t)
	contact := r.box(0) + "/contacts/" + r.do("POST", r.box(0)+"/contacts", map[string]any{"givenName": "Eva"}, 201)["id"].(string)
	for path, missing := range map[string]string{contact: "ErrorItemNotFound", "/users/" + r.users[1].UPN: "ErrorEntityNotFound"} {
		at := path + "/photo"
		r.refused(r.send("GET", at, nil), 404, missing)
		r.refused(r.send("GET", at+"/$value", nil), 404, missing)
		small, big := picture(t, 48, 48), picture(t, 240, 120)
		for method, img := range map[string][]byte{"PUT": small, "PATCH": big} {
			if status, _, body := r.raw(method, at+"/$value", "image/png", img); status != 200 {
				t.Fatalf("%s %s: %d %s", method, at, status, body)
			}
			status, header, got := r.raw("GET", at+"/$value", "", nil)
			if status != 200 || !bytes.Equal(got, img) || header.Get("Content-Type") != "image/png" {
				t.Errorf("%s: %d %s, %d bytes", at, status, header.Get("Content-Type"), len(got))
			}
		}
		r.raw("PUT", at+"/$value", "image/png", big)
		meta := r.get(at)
		if meta["id"] != "240x120" || meta["width"] != 240.0 || meta["height"] != 120.0 || meta["@odata.mediaContentType"] != "image/png" || meta["@odata.mediaEtag"] == nil {
			t.Errorf("%s: %v", at, meta)
		}
		if status, _, _ := r.raw("PUT", at+"/$value", "image/jpeg", []byte("kein Bild")); status != 400 {
			t.Errorf("%s: a text is taken as a photo: %d", at, status)
		}
	}
	r.refused(r.send("DELETE", contact+"/photo/$value", nil), 405, "Request_BadRequest")
	r.do("DELETE", r.box(1)+"/photo/$value", nil, 204)
	r.refused(r.send("GET", r.box(1)+"/photo", nil), 404, "ErrorEntityNotFound")
	r.refused(r.send("DELETE", r.box(1)+"/photo/$value", nil), 404, "ErrorEntityNotFound")
	r.refused(r.send("GET", "/users/niemand/photo", nil), 404, "Request_ResourceNotFound")
}

func TestAUsersPhotoComesInSmallerSquares(t *testing.T) {
	t.Parallel()
	r := empty(t)
	at := r.box(0)
	r.refused(r.send("GET", at+"/photos", nil), 404, "ErrorEntityNotFound")
	r.raw("PUT", at+"/photo/$value", "image/png", picture(t, 130, 100))
	if got := strings.Join(ids(values(r.get(at+"/photos"))), " "); got != "48x48 64x64 96x96" {
		t.Errorf("sizes %s", got)
	}
	if meta := r.get(at + "/photos/64x64"); meta["id"] != "64x64" || meta["width"] != 64.0 || meta["@odata.mediaContentType"] != "image/jpeg" {
		t.Errorf("%v", meta)
	}
	status, header, img := r.raw("GET", at+"/photos/64x64/$value", "", nil)
	head, format, err := image.DecodeConfig(bytes.NewReader(img))
	if status != 200 || header.Get("Content-Type") != "image/jpeg" || err != nil || format != "jpeg" || head.Width != 64 || head.Height != 64 {
		t.Errorf("%d %v %s %v %v", status, header, format, head, err)
	}
	for _, size := range []string{"120x120", "50x50", "x"} {
		r.refused(r.send("GET", at+"/photos/"+size+"/$value", nil), 404, "ErrorEntityNotFound")
	}
	r.raw("PUT", at+"/photo/$value", "image/png", picture(t, 130, 100)[:40])
	r.refused(r.send("GET", at+"/photos/48x48/$value", nil), 404, "ErrorEntityNotFound")
}
