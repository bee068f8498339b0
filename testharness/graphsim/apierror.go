package graphsim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"time"
)

// apiError is an answer in the form of Graph's error body. inner is innerError.code, used by the services with two-level codes (To Do,
// sync states).
type apiError struct {
	status     int
	code       string
	message    string
	inner      string
	retryAfter int // seconds; zero: no header
	location   string
	challenge  string // claims that the client is to ask for in its next sign-in
}

func (e *apiError) Error() string {
	return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message)
}

// fail makes an apiError. Texts follow microsoft-graph-docs, page "errors", and the messages quoted in public issues.
func fail(status int, code, format string, args ...any) *apiError {
	msg := format
	if len(args) > 0 {
		msg = fmt.Sprintf(format, args...)
	}
	return &apiError{status: status, code: code, message: msg}
}

func errItemNotFound() *apiError {
	return fail(http.StatusNotFound, "ErrorItemNotFound", "The specified object was not found in the store.")
}

func errMalformedID() *apiError {
	return fail(http.StatusBadRequest, "ErrorInvalidIdMalformed", "Id is malformed.")
}

func errNoMailbox() *apiError {
	return fail(http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
}

func errInvalidUser(name string) *apiError {
	return fail(http.StatusNotFound, "ErrorInvalidUser", "The requested user '%s' is invalid.", name)
}

func errResourceNotFound(name string) *apiError {
	return fail(http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.", name)
}

func errSegment(name string) *apiError {
	return fail(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", name)
}

func errMethod() *apiError {
	return fail(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
}

func errDeserialize(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "UnableToDeserializePostBody", format, args...)
}

// errNoMember is how Exchange refuses a member that its type lacks.
func errNoMember(name, kind string) *apiError {
	return errDeserialize("The property '%s' does not exist on type 'Microsoft.OutlookServices.%s'. Make sure to only use property names that are defined by the type.",
		name, kind)
}

// errUnknownProperty is how To Do refuses a member that its type lacks.
func errUnknownProperty(name, kind string) *apiError {
	return fail(http.StatusBadRequest, "BadRequest",
		"The property '%s' does not exist on type 'microsoft.graph.%s'. Make sure to only use property names that are defined by the type.", name, kind)
}

func errValidation(format string, args ...any) *apiError {
	if format == "" {
		format = "At least one property failed validation."
	}
	return fail(http.StatusBadRequest, "ErrorPropertyValidationFailure", format, args...)
}

func errConflict() *apiError {
	return fail(http.StatusPreconditionFailed, "ErrorIrresolvableConflict",
		"The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.")
}

func errZone(name string) *apiError {
	return fail(http.StatusBadRequest, "TimeZoneNotSupportedException",
		"A valid TimeZone value must be specified. The following TimeZone value is not supported: '%s'.", name)
}

func errUnauthorized(message string) *apiError {
	return fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "%s", message)
}

func errThrottled(message string, retryAfter int) *apiError {
	e := fail(http.StatusTooManyRequests, "ApplicationThrottled", "%s", message)
	e.retryAfter = retryAfter
	return e
}

// reply turns the error into the answer that Graph would send.
func (e *apiError) reply(c *call) *reply {
	b := append([]byte(nil), `{"error":{"code":`...)
	b = appendQuoted(b, e.code)
	b = append(b, `,"message":`...)
	b = appendQuoted(b, e.message)
	b = append(b, `,"innerError":{`...)
	if e.inner != "" {
		b = append(b, `"code":`...)
		b = appendQuoted(b, e.inner)
		b = append(b, ',')
	}
	b = append(b, `"date":"`...)
	b = c.s.now().UTC().AppendFormat(b, "2006-01-02T15:04:05")
	b = append(b, `","request-id":`...)
	b = appendQuoted(b, c.requestID)
	b = append(b, `,"client-request-id":`...)
	b = appendQuoted(b, c.clientID)
	b = append(b, `}}}`...)
	rep := &reply{status: e.status, body: b, code: e.code}
	if e.retryAfter > 0 {
		c.s.gates.setRetryAfter(rep, e.retryAfter)
	}
	if e.location != "" {
		rep.set("Location", e.location)
	}
	if e.status == http.StatusUnauthorized {
		bearer := `Bearer realm="", authorization_uri="` + c.origin + `/common/oauth2/v2.0/authorize", client_id="00000003-0000-0000-c000-000000000000"`
		if e.challenge != "" {
			bearer += `, error="insufficient_claims", claims="` + base64.StdEncoding.EncodeToString([]byte(e.challenge)) + `"`
		}
		rep.set("WWW-Authenticate", bearer)
	}
	return rep
}

// seconds rounds a duration up to whole seconds, at least one.
func seconds(d time.Duration) int {
	return max(1, int((d+time.Second-1)/time.Second))
}
