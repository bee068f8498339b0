package graphsim

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (c *call) appendSubscription(b []byte, sub *subscription, lead string) []byte {
	w := writer{b: append(append(b, '{'), lead...)}
	orNull := func(name, v string) {
		if v == "" {
			w.null(name)
		} else {
			w.str(name, v)
		}
	}
	w.word("id", sub.ID)
	w.str("resource", sub.Resource)
	w.str("applicationId", sub.App)
	w.str("changeType", sub.ChangeType)
	if sub.ClientState == nil || !strings.HasPrefix(lead, `"@odata`) {
		w.null("clientState") // lists never show it
	} else {
		w.str("clientState", *sub.ClientState)
	}
	w.str("notificationUrl", sub.NotificationURL)
	w.null("notificationQueryOptions")
	orNull("lifecycleNotificationUrl", sub.LifecycleURL)
	w.member("expirationDateTime")
	w.b = appendStamp(w.b, sub.Expires)
	w.str("creatorId", sub.Creator)
	if sub.IncludeData {
		w.bool("includeResourceData", true)
	} else {
		w.null("includeResourceData")
	}
	w.word("latestSupportedTlsVersion", sub.TLS)
	orNull("encryptionCertificate", sub.Certificate)
	orNull("encryptionCertificateId", sub.CertificateID)
	w.null("notificationUrlAppId")
	return append(w.b, '}')
}

func (c *call) subscriptionReply(status int, sub *subscription) *reply {
	return &reply{status: status, body: c.appendSubscription(nil, sub, c.context("subscriptions"))}
}

// listSubscriptions answers with the caller's own.
func listSubscriptions(c *call) (*reply, error) {
	own := slices.DeleteFunc(slices.Clone(c.s.tenant.subscriptions), func(sub *subscription) bool { return !c.owns(sub) })
	return listPage(c, "subscriptions", own, func(b []byte, sub *subscription) []byte { return c.appendSubscription(b, sub, "") }), nil
}

func getSubscription(c *call) (*reply, error) {
	sub, err := c.subscription()
	if err != nil {
		return nil, err
	}
	return c.subscriptionReply(http.StatusOK, sub), nil
}

// createSubscription checks the request, asks both addresses to answer, and keeps the subscription.
func createSubscription(c *call) (*reply, error) {
	if err := c.checkContentType(); err != nil {
		return nil, err
	}
	sub, err := c.decodeSubscription()
	if err != nil {
		return nil, err
	}
	check := func() *apiError {
		if err := c.locate(sub); err != nil {
			return err
		}
		if err := c.checkLife(sub); err != nil {
			return err
		}
		return c.checkOthers(sub)
	}
	c.s.mu.RLock()
	err = check()
	c.s.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	for _, address := range []string{sub.NotificationURL, sub.LifecycleURL} {
		if err := c.s.post.handshake(c, address); err != nil {
			return nil, err
		}
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if err := check(); err != nil { // the tenant may have changed meanwhile
		return nil, err
	}
	c.s.tenant.subscriptions = append(c.s.tenant.subscriptions, sub)
	c.s.post.watching.Store(true)
	rep := c.subscriptionReply(http.StatusCreated, sub)
	rep.set("Location", c.origin+"/v1.0/subscriptions/"+sub.ID)
	return rep, nil
}

func errInvalidSubscription(format string, args ...any) *apiError {
	return fail(http.StatusBadRequest, "InvalidRequest", format, args...)
}

// decodeSubscription reads a create. What depends on the tenant is checked by locate.
func (c *call) decodeSubscription() (*subscription, *apiError) {
	var body struct {
		ChangeType, Resource, NotificationURL, LifecycleNotificationURL string
		ExpirationDateTime                                              string
		ClientState                                                     *string
		LatestSupportedTLSVersion                                       string
		IncludeResourceData                                             bool
		EncryptionCertificate, EncryptionCertificateID                  string
	}
	if err := json.Unmarshal(c.body, &body); err != nil {
		return nil, errInvalidSubscription("Unable to deserialize the request body.")
	}
	for _, p := range [][2]string{
		{"changeType", body.ChangeType}, {"notificationUrl", body.NotificationURL}, {"resource", body.Resource}, {"expirationDateTime", body.ExpirationDateTime},
	} {
		if p[1] == "" {
			return nil, errInvalidSubscription("Subscription property '%s' is required.", p[0]) // text unconfirmed
		}
	}
	types, err := normalChangeTypes(body.ChangeType)
	if err != nil {
		return nil, err
	}
	sub := &subscription{
		ID: c.s.requestID(), App: c.caller(), Person: c.person(), ChangeType: types, Resource: body.Resource,
		NotificationURL: body.NotificationURL, LifecycleURL: body.LifecycleNotificationURL, ClientState: body.ClientState,
		TLS: body.LatestSupportedTLSVersion, IncludeData: body.IncludeResourceData,
		Certificate: body.EncryptionCertificate, CertificateID: body.EncryptionCertificateID, Immutable: c.prefer.immutable,
	}
	sub.Creator = sub.Person
	if sub.Creator == "" {
		sub.Creator = formatGUID(uidBytes(keyOf("principal", sub.App), keyOf(sub.App)))
	}
	if sub.TLS == "" {
		sub.TLS = "v1_2"
	}
	for _, address := range []string{sub.NotificationURL, sub.LifecycleURL} {
		if err := checkAddress(address); err != nil {
			return nil, err
		}
	}
	if sub.ClientState != nil && len(*sub.ClientState) > 128 {
		return nil, errInvalidSubscription("clientState must not be longer than 128 characters.")
	}
	if sub.Expires, err = parseExpiry(body.ExpirationDateTime); err != nil {
		return nil, err
	}
	return sub, sub.checkRich()
}

func (c *call) caller() string {
	if c.direct {
		return c.s.tenant.clientID
	}
	return c.token.app
}

func (c *call) person() string {
	if c.direct {
		return ""
	}
	return c.token.user
}

func normalChangeTypes(s string) (string, *apiError) {
	var out []string
	for _, part := range strings.Split(s, ",") {
		part = strings.ToLower(strings.TrimSpace(part))
		if part != "created" && part != "updated" && part != "deleted" {
			return "", errInvalidSubscription("Invalid change type '%s'.", part) // text unconfirmed
		}
		if !slices.Contains(out, part) {
			out = append(out, part)
		}
	}
	return strings.Join(out, ","), nil
}

// checkAddress wants https, as Graph does. Plain http is taken for addresses of this machine, which Graph would not reach at all.
func checkAddress(address string) *apiError {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return errInvalidSubscription("Invalid notification URL '%s'.", address)
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return errInvalidSubscription("Notification URL must be an https URL.") // text unconfirmed
	}
	return nil
}

func parseExpiry(s string) (int64, *apiError) {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, errInvalidSubscription("Subscription expiration '%s' is not a date and time.", s)
	}
	return ticksOf(at), nil
}

// checkLife bounds the expiry: too far is refused, too near raised to 45 minutes.
func (c *call) checkLife(sub *subscription) *apiError {
	kind, _ := kindOf(sub.Kind)
	life := kind.life
	if sub.IncludeData {
		life = kind.rich
	}
	now := c.s.now()
	switch {
	case life == 0:
		return errInvalidSubscription("Resource data is not offered for '%s'.", sub.Resource) // text unconfirmed
	case sub.Expires <= ticksOf(now):
		return errInvalidSubscription("Subscription expiration must be in the future.") // text unconfirmed
	case sub.Expires > ticksOf(now.Add(life+time.Minute)): // a minute for clocks that differ
		return errSubscription(http.StatusBadRequest, "Subscription expiration can only be "+itoa(int(life/time.Minute))+" minutes in the future.")
	}
	sub.Expires = max(sub.Expires, ticksOf(now.Add(leastLife)))
	return nil
}

// checkOthers refuses a second subscription for the same, and one too many for a mailbox.
func (c *call) checkOthers(sub *subscription) *apiError {
	held := 0
	for _, other := range c.s.tenant.subscriptions {
		if other.Expires <= ticksOf(c.s.now()) {
			continue
		}
		if other.User == sub.User {
			held++
		}
		if other.App == sub.App && other.Person == sub.Person && other.ChangeType == sub.ChangeType && strings.EqualFold(strings.Trim(other.Resource, "/"), strings.Trim(sub.Resource, "/")) {
			return fail(http.StatusConflict, "Conflict", "Subscription Id <%s> already exists for the requested combination", other.ID)
		}
	}
	if held >= mostSubscriptions {
		return errSubscription(http.StatusForbidden, "The maximum number of subscriptions of this mailbox is reached.") // unconfirmed
	}
	return nil
}

// updateSubscription renews, or changes the notification address, which must answer the handshake first (that it must is unconfirmed).
func updateSubscription(c *call) (*reply, error) {
	if err := c.checkContentType(); err != nil {
		return nil, err
	}
	c.s.mu.RLock()
	next, err := c.changedSubscription()
	c.s.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	if next.moved {
		if err := c.s.post.handshake(c, next.NotificationURL); err != nil {
			return nil, err
		}
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	sub, err := c.subscription()
	if err != nil { // gone meanwhile
		return nil, err
	}
	sub.NotificationURL, sub.Expires = next.NotificationURL, next.Expires
	return c.subscriptionReply(http.StatusOK, sub), nil
}

// subscriptionChange is what a request makes of a subscription. moved tells that it has a new address.
type subscriptionChange struct {
	subscription
	moved bool
}

// changedSubscription reads a change and checks it.
func (c *call) changedSubscription() (next subscriptionChange, err *apiError) {
	sub, err := c.subscription()
	if err != nil {
		return next, err
	}
	members, err := decodeObject(c.body)
	if err != nil {
		return next, err
	}
	next.subscription = *sub
	for name, raw := range members {
		var v string
		if json.Unmarshal(raw, &v) != nil {
			return next, errInvalidSubscription("Property '%s' of a subscription must be a string.", name) // text unconfirmed
		}
		switch name {
		case "expirationdatetime":
			next.Expires, err = parseExpiry(v)
		case "notificationurl":
			next.NotificationURL, next.moved = v, v != sub.NotificationURL
			if err = checkAddress(v); v == "" {
				err = errInvalidSubscription("Invalid notification URL '%s'.", v)
			}
		default:
			err = errInvalidSubscription("Property '%s' of a subscription cannot be changed.", name) // text unconfirmed
		}
		if err != nil {
			return next, err
		}
	}
	if next.Expires == sub.Expires {
		return next, nil
	}
	return next, c.checkLife(&next.subscription)
}

func deleteSubscription(c *call) (*reply, error) {
	sub, err := c.subscription()
	if err != nil {
		return nil, err
	}
	c.s.removeSubscription(sub)
	return &reply{status: http.StatusNoContent}, nil
}

// endSubscriptions removes the subscriptions that end, and tells those of Outlook, to which the service says so.
func (s *Server) endSubscriptions(ends func(*subscription) bool) {
	for _, sub := range slices.Clone(s.tenant.subscriptions) {
		if !ends(sub) {
			continue
		}
		if kind, _ := kindOf(sub.Kind); kind.life == outlookLife {
			s.lifecycle(sub, "subscriptionRemoved")
		}
		s.removeSubscription(sub)
	}
}

func (s *Server) removeSubscription(sub *subscription) {
	s.tenant.subscriptions = slices.DeleteFunc(s.tenant.subscriptions, func(x *subscription) bool { return x == sub })
	s.tenant.notices = slices.DeleteFunc(s.tenant.notices, func(n *notice) bool { return n.Subscription == sub.ID && n.Lifecycle == "" })
}

// reauthorizeSubscription tells that the app still may; the token of the call proved it.
func reauthorizeSubscription(c *call) (*reply, error) {
	if _, err := c.subscription(); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusNoContent}, nil
}
