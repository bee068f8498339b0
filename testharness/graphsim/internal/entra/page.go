package entra

import (
	"bytes"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

// The pages are plain forms without script, so that a person, a browser under test and a program of a hundred lines can go through them.
// Each carries its flow in a hidden field.
var pages = template.Must(template.New("pages").Parse(`
{{define "top"}}<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}}</title>
<style>body{font:16px/1.5 "Segoe UI",sans-serif;background:#f2f2f2;margin:0}main{max-width:27rem;margin:3rem auto;background:#fff;padding:2.5rem}
h1{font-size:1.5rem;margin:0 0 1rem}label{display:block;margin:.7rem 0}input[type=text],input[type=password]{width:100%;font:inherit;padding:.3rem 0;
border:0;border-bottom:1px solid #666;box-sizing:border-box}button{font:inherit;border:0;background:#0067b8;color:#fff;padding:.3rem 1.5rem;margin-right:.5rem}
button.other{background:#ccc;color:#000}.error{color:#c00}small{color:#666}</style></head><body><main>
<p><small>{{.Tenant}} · simulated sign-in, not Microsoft</small></p>
<h1>{{.Title}}</h1>
{{if .Problem}}<p class="error" role="alert">{{.Problem}}</p>{{end}}{{end}}

{{define "login"}}{{template "top" .}}
<form id="login" method="post" action="{{.Action}}"><input type="hidden" name="flow" value="{{.Flow}}">
<label>Email address <input type="text" name="login" value="{{.Login}}" autocomplete="username" autofocus></label>
<label>Password <input type="password" name="passwd" autocomplete="current-password"></label>
<p>to continue to {{.App}}</p><button name="step" value="in">Sign in</button>
<button class="other" name="step" value="key">Use a passkey</button></form></main></body></html>{{end}}

{{define "account"}}{{template "top" .}}
<form id="account" method="post" action="{{.Action}}"><input type="hidden" name="flow" value="{{.Flow}}">
<p><button name="choice" value="current">{{.Login}}</button></p><p><button class="other" name="choice" value="other">Use another account</button></p></form></main></body></html>{{end}}

{{define "mfa"}}{{template "top" .}}
<p>{{.Login}}</p><p>A notification was sent to your mobile device. This simulated device is the button below.</p>
<form id="mfa" method="post" action="{{.Action}}"><input type="hidden" name="flow" value="{{.Flow}}">
<button name="answer" value="approve">Approve</button><button class="other" name="answer" value="deny">Deny</button></form></main></body></html>{{end}}

{{define "consent"}}{{template "top" .}}
<p>{{.Login}}</p><p><b>{{.App}}</b> would like to:</p><ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<form id="consent" method="post" action="{{.Action}}"><input type="hidden" name="flow" value="{{.Flow}}">
{{if .MayAll}}<label><input type="checkbox" name="all" value="on"{{if .All}} checked{{end}}> Consent on behalf of your organization</label>{{end}}
<button class="other" name="accept" value="no">Cancel</button><button name="accept" value="yes">Accept</button></form></main></body></html>{{end}}

{{define "approval"}}{{template "top" .}}
<p><b>{{.App}}</b> needs permission to access resources in your organization that only an admin can grant. Please ask an admin to grant
permission to this app before you can use it.</p><ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<form id="consent" method="post" action="{{.Action}}"><input type="hidden" name="flow" value="{{.Flow}}">
<button class="other" name="accept" value="no">Return to the application without granting consent</button></form></main></body></html>{{end}}

{{define "device"}}{{template "top" .}}
<form id="device" method="post" action="{{.Action}}"><label>Code <input type="text" name="otc" value="{{.Login}}" autocomplete="off" autofocus></label>
<button>Next</button></form></main></body></html>{{end}}

{{define "verify"}}{{template "top" .}}
<p>{{.Login}}</p><p>Are you trying to sign in to <b>{{.App}}</b>? Only continue if you trust the device or app that shows the code.</p>
<form id="verify" method="post" action="{{.Action}}"><input type="hidden" name="flow" value="{{.Flow}}">
<button class="other" name="answer" value="cancel">Cancel</button><button name="answer" value="continue">Continue</button></form></main></body></html>{{end}}

{{define "post"}}{{template "top" .}}
<form id="post" method="post" action="{{.Action}}">{{range $k, $v := .Fields}}<input type="hidden" name="{{$k}}" value="{{$v}}">{{end}}
<noscript><button>Continue</button></noscript></form><script>document.forms[0].submit()</script></main></body></html>{{end}}

{{define "message"}}{{template "top" .}}{{range .Scopes}}<p>{{.}}</p>{{end}}</main></body></html>{{end}}
`))

// view is what a page shows.
type view struct {
	Title, Tenant, Problem   string
	Action, Flow, Login, App string
	Scopes                   []string
	MayAll, All              bool
	Fields                   map[string]string
}

func (s *Server) page(status int, name string, v view) *Response {
	v.Tenant = s.cfg.Name
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, v); err != nil {
		return &Response{Status: http.StatusInternalServerError}
	}
	return reply(status, "text/html; charset=utf-8", b.Bytes())
}

// pathError is the page behind error_uri, which explains a number (entra-docs, page "reference-error-codes").
const pathError = "error"

func (s *Server) explain(x *exchange) *Response {
	v := view{Title: "Error lookup", Problem: "Nothing is known of this code."}
	number, err := strconv.Atoi(strings.TrimPrefix(x.params.Get("code"), "AADSTS"))
	if row, ok := catalogue[number]; ok && err == nil {
		v.Problem, v.Scopes = "", []string{"AADSTS" + strconv.Itoa(number), strings.ReplaceAll(row.text, "%s", "…")}
	}
	return s.page(http.StatusOK, "message", v)
}

// errorPage shows an error that the client is not told, because nobody knows yet where the client is.
func (s *Server) errorPage(x *exchange, e *Error) *Response {
	rep := s.page(http.StatusBadRequest, "message", view{
		Title: "Sorry, but we're having trouble signing you in.", Problem: e.Error(),
		Scopes: []string{"Request Id: " + x.ID, "Correlation Id: " + x.Related, "Timestamp: " + s.timestamp()},
	})
	rep.Code = e.code()
	return rep
}
