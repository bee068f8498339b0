package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	abstractions "github.com/microsoft/kiota-abstractions-go"
)

// metadata drives part 7: $metadata through the library's adapter, another document, and https itself.
func metadata(ctx context.Context, p *proof) {
	document := func(accept string) ([]byte, error) {
		info := abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(abstractions.GET, "{+baseurl}/$metadata", map[string]string{})
		info.Headers.Add("Accept", accept)
		text, err := p.app.GetAdapter().SendPrimitive(ctx, info, "[]byte", graphErrors())
		if err != nil {
			return nil, err
		}
		return text.([]byte), nil
	}
	p.call("$metadata: it is XML and knows what the proof uses", "event, contact, message, todoTask, user, group, subscription", func() (string, error) {
		text, err := document("application/xml")
		if err != nil {
			return "", err
		}
		if err := xml.Unmarshal(text, new(struct{})); err != nil {
			return "", err
		}
		var known []string
		for _, name := range []string{"event", "contact", "message", "todoTask", "user", "group", "subscription"} {
			if bytes.Contains(text, []byte(`<EntityType Name="`+name+`"`)) {
				known = append(known, name)
			}
		}
		return strings.Join(known, ", "), nil
	})
	p.call("$metadata: it needs no sign-in", "200 application/xml", func() (string, error) {
		resp, err := get(ctx, p, p.sim.client(), p.sim.Graph+"/v1.0/$metadata")
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d %s", resp.StatusCode, strings.Split(resp.Header.Get("Content-Type"), ";")[0]), nil
	})
	p.call("--metadata FILE: another document is served as it is", "the file", func() (string, error) {
		dir, err := os.MkdirTemp("", "sdktest-")
		if err != nil {
			return "", err
		}
		defer os.RemoveAll(dir)
		file, text := filepath.Join(dir, "other.xml"), `<?xml version="1.0"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"/>`
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return "", err
		}
		other, err := start(ctx, p.program, "--users", "1", "--metadata", file)
		if err != nil {
			return "", err
		}
		defer other.stop()
		app, err := other.app()
		if err != nil {
			return "", err
		}
		info := abstractions.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(abstractions.GET, "{+baseurl}/$metadata", map[string]string{})
		back, err := app.GetAdapter().SendPrimitive(ctx, info, "[]byte", nil)
		if err != nil {
			return "", err
		}
		return choose(string(back.([]byte)) == text, "the file", "something else"), nil
	})
	p.call("--tls: a client that does not trust the certificate", "refused", func() (string, error) {
		_, err := get(ctx, p, &http.Client{Transport: &http.Transport{}}, p.sim.Graph+"/v1.0/$metadata")
		return choose(err != nil && strings.Contains(err.Error(), "certificate"), "refused", fmt.Sprint(err)), nil
	})
	p.call("--tls: by the name localhost, with HTTP/2", "HTTP/2.0", func() (string, error) {
		resp, err := get(ctx, p, p.sim.client(), strings.Replace(p.sim.Graph, "127.0.0.1", "localhost", 1)+"/v1.0/$metadata")
		if err != nil {
			return "", err
		}
		return resp.Proto, nil
	})
	p.call("--tls: links in answers are https", "https", func() (string, error) {
		list, err := p.app.Users().ByUserId(p.people[0]).Contacts().Get(ctx, nil)
		if err != nil {
			return "", err
		}
		link := str(list.GetOdataNextLink())
		return choose(strings.HasPrefix(link, p.sim.Graph+"/v1.0/"), "https", link), nil
	})
}

func get(ctx context.Context, p *proof, client *http.Client, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	return resp, resp.Body.Close()
}
