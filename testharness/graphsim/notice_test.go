package graphsim

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEachChangeIsToldOnce(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	h.subscribe(h.box(0) + "/events")
	h.subscribe(h.box(1)+"/events", "changeType", "created")
	base := "Users/" + h.users[0].ID + "/Events/"
	made := h.do("POST", h.box(0)+"/events", eventAt("x", epoch, time.Hour, "UTC"), 201)
	id := made["id"].(string)
	h.do("PATCH", h.box(0)+"/events/"+id, map[string]any{"subject": "gleich noch"}, 200)
	h.ctl.Deliver()
	got := h.take()
	if len(got) != 1 {
		t.Fatalf("told %v", got)
	}
	n := got[0]
	data, _ := n["resourceData"].(map[string]any)
	if n["changeType"] != "created" || n["resource"] != base+id || n["clientState"] != "geheim" || n["tenantId"] != h.s.Credentials().TenantID ||
		n["subscriptionExpirationDateTime"] != "2026-11-23T10:00:00+00:00" || data["@odata.type"] != "#Microsoft.Graph.Event" || data["@odata.id"] != base+id || data["id"] != id {
		t.Errorf("notification %v", n)
	}
	if etag := h.get(h.box(0) + "/events/" + id)["@odata.etag"]; data["@odata.etag"] == nil || etag == nil {
		t.Errorf("ETag %v", data["@odata.etag"])
	}
	for range 3 {
		h.do("PATCH", h.box(0)+"/events/"+id, map[string]any{"subject": "neu"}, 200)
	}
	if got := h.told(); !slices.Equal(got, []string{"updated " + base + id}) {
		t.Errorf("several updates are one: %v", got)
	}
	h.do("DELETE", h.box(0)+"/events/"+id, nil, 204)
	if got := h.told(); !slices.Equal(got, []string{"deleted " + base + id}) {
		t.Errorf("deleted: %v", got)
	}
	passing := h.do("POST", h.box(0)+"/calendars", map[string]any{"name": "Neu"}, 201)
	h.do("POST", h.box(0)+"/calendars/"+passing["id"].(string)+"/events", eventAt("woanders", epoch, time.Hour, "UTC"), 201)
	if got := h.told(); len(got) != 0 {
		t.Errorf("another calendar: %v", got)
	}
}

func TestAnOccurrenceIsToldAsItsMasterAndAMeetingToItsAttendees(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	e := eventAt("Serie", epoch.AddDate(0, 0, 1), time.Hour, "UTC")
	e["recurrence"] = weeklyRule(epoch.AddDate(0, 0, 1), "UTC", 5, "monday")
	id := h.do("POST", h.box(0)+"/events", e, 201)["id"].(string)
	h.subscribe(h.box(0) + "/events")
	h.subscribe(h.box(1) + "/events")
	base := "Users/" + h.users[0].ID + "/Events/"
	for _, row := range values(h.get(h.box(0) + "/events/" + id + "/instances?" + month()))[:1] {
		h.do("PATCH", h.box(0)+"/events/"+row["id"].(string), map[string]any{"subject": "anders"}, 200)
		if got := h.told(); !slices.Equal(got, []string{"updated " + base + id}) {
			t.Errorf("changed occurrence: %v", got)
		}
		h.do("DELETE", h.box(0)+"/events/"+row["id"].(string), nil, 204)
		if got := h.told(); !slices.Equal(got, []string{"updated " + base + id}) {
			t.Errorf("deleted occurrence: %v", got)
		}
	}
	e = eventAt("Treffen", epoch, time.Hour, "UTC")
	e["attendees"] = []any{map[string]any{"type": "required", "emailAddress": map[string]any{"address": h.users[1].Mail}}}
	h.do("POST", h.box(0)+"/events", e, 201)
	got := h.told()
	if len(got) != 2 || !strings.HasPrefix(got[0], "created "+base) || !strings.HasPrefix(got[1], "created Users/"+h.users[1].ID) {
		t.Errorf("meeting: %v", got)
	}
}

func TestContactsTasksFiltersAndImmutableIDsInNotifications(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	list, _ := h.ctl.DefaultList(h.users[0].UPN)
	h.subscribe(h.box(0) + "/todo/lists/" + list + "/tasks")
	h.do("POST", "/subscriptions", h.wish(h.box(0)+"/contacts"), 201, `Prefer: IdType="ImmutableId"`)
	h.subscribe(h.box(0) + "/events?$filter=importance eq 'high'")
	task := h.do("POST", h.box(0)+"/todo/lists/"+list+"/tasks", map[string]any{"title": "x"}, 201)["id"].(string)
	contact := h.do("POST", h.box(0)+"/contacts", map[string]any{"givenName": "x"}, 201, `Prefer: IdType="ImmutableId"`)["id"].(string)
	event := eventAt("x", epoch, time.Hour, "UTC")
	h.do("POST", h.box(0)+"/events", event, 201)
	event["importance"] = "high"
	high := h.do("POST", h.box(0)+"/events", event, 201)["id"].(string)
	user := "Users/" + h.users[0].ID
	want := []string{"created " + user + "/todo/lists/" + list + "/tasks/" + task, "created " + user + "/Contacts/" + contact, "created " + user + "/Events/" + high}
	if got := h.told(); !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestMessagesAndTheDirectoryAreWatched(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	month := epoch.Add(41_760 * time.Minute).Format(time.RFC3339)
	h.subscribe(h.box(1) + "/messages")
	h.subscribe(h.box(1)+"/mailFolders/inbox/messages", "changeType", "created,deleted")
	h.subscribe("/users", "expirationDateTime", month)
	h.subscribe("groups", "expirationDateTime", month)
	h.do("POST", h.box(0)+"/sendMail", map[string]any{"message": map[string]any{
		"subject": "Hallo", "toRecipients": []any{map[string]any{"emailAddress": map[string]any{"address": h.users[1].Mail}}}}}, 202)
	inbox := values(h.get(h.box(1) + "/mailFolders/inbox/messages"))
	message := "Users/" + h.users[1].ID + "/Messages/" + inbox[0]["id"].(string)
	if got := h.told(); !slices.Equal(got, []string{"created " + message, "created " + message}) {
		t.Errorf("a mail came: %v", got)
	}
	h.do("POST", h.box(1)+"/messages/"+inbox[0]["id"].(string)+"/move", map[string]any{"destinationId": "archive"}, 201)
	if got := h.told(); len(got) != 2 || !strings.HasPrefix(got[0], "updated ") || got[1] != "deleted "+message {
		t.Errorf("it was moved: %v", got)
	}
	made := h.ctl.AddUser("neu", "Nina", "Neu")
	h.do("PATCH", "/users/"+made.ID, map[string]any{"jobTitle": "Neue"}, 204)
	if got := h.told(); !slices.Equal(got, []string{"updated Users/" + made.ID}) {
		t.Errorf("a new user: %v", got)
	}
	h.do("DELETE", "/users/"+made.ID, nil, 204)
	if got := h.told(); !slices.Equal(got, []string{"updated Users/" + made.ID}) {
		t.Errorf("a user in the bin: %v", got)
	}
	if err := h.ctl.PurgeUser(made.ID); err != nil {
		t.Fatal(err)
	}
	group := h.ctl.AddGroup("Neue Gruppe")
	if got := h.told(); !slices.Equal(got, []string{"deleted Users/" + made.ID, "updated Groups/" + group}) {
		t.Errorf("a user gone for good, and a new group: %v", got)
	}
	if rep := h.as(h.person(0, "Calendars.Read"), "POST", "/subscriptions", rawJSON(h.wish("/users"))); rep.status != 403 {
		t.Errorf("the directory without permission: %d", rep.status)
	}
}

func TestNotificationsAreTriedAgainForFourHours(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	id := h.subscribe(h.box(0)+"/contacts", "lifecycleNotificationUrl", h.url+"/l")
	h.answer(500)
	h.do("POST", h.box(0)+"/contacts", map[string]any{"givenName": "x"}, 201)
	if d := h.ctl.Deliver(); d != (Deliveries{Failed: 1, Waiting: 1}) {
		t.Errorf("first try %+v", d)
	}
	if d := h.ctl.Deliver(); d != (Deliveries{Waiting: 1}) {
		t.Errorf("not due yet %+v", d)
	}
	h.ctl.Advance(10 * time.Second)
	if d := h.ctl.Deliver(); d != (Deliveries{Failed: 1, Waiting: 1}) {
		t.Errorf("second try %+v", d)
	}
	h.answer(202)
	h.ctl.Advance(20 * time.Second)
	if got := h.told(); len(got) != 1 || !strings.HasPrefix(got[0], "created ") {
		t.Errorf("third try: %v", got)
	}
	h.answer(500)
	h.do("POST", h.box(0)+"/contacts", map[string]any{"givenName": "y"}, 201)
	tries := 0
	for range 40 {
		tries += h.ctl.Deliver().Failed
		h.ctl.Advance(10 * time.Minute)
	}
	h.answer(202)
	h.ctl.Advance(time.Hour)
	if got := h.told(); tries < 10 || !slices.Equal(got, []string{"missed " + h.box(0) + "/contacts"}) {
		t.Errorf("after %d tries in vain: %v", tries, got)
	}
	for _, event := range []string{"reauthorizationRequired", "missed", "subscriptionRemoved"} {
		if err := h.ctl.Lifecycle(id, event); err != nil {
			t.Fatal(err)
		}
		if got := h.told(); !slices.Equal(got, []string{event + " " + h.box(0) + "/contacts"}) {
			t.Errorf("%s: %v", event, got)
		}
	}
	h.signIn()
	h.refused(h.send("GET", "/subscriptions/"+id, nil), 404, "ResourceNotFound")
	other := h.subscribe(h.box(0) + "/contacts")
	for name, err := range map[string]error{
		"no subscription": h.ctl.Lifecycle(id, "missed"), "no address": h.ctl.Lifecycle(other, "missed"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestNotificationsComeByThemselves(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{})
	h.subscribe(h.box(0) + "/contacts")
	for range 5 {
		h.do("POST", h.box(0)+"/contacts", map[string]any{"givenName": "x"}, 201)
	}
	for seen := 0; seen < 5; {
		<-h.received
		seen += len(h.take())
	}
	if _, err := h.ctl.Do("POST", h.box(0)+"/contacts", map[string]any{"givenName": "von der Steuerung"}); err != nil {
		t.Fatal(err)
	}
	<-h.received
}

func TestARichNotificationCarriesTheItemEncrypted(t *testing.T) {
	t.Parallel()
	h := newHook(t, Config{HoldNotifications: true})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	rich := []any{"includeResourceData", true, "encryptionCertificate", base64.StdEncoding.EncodeToString(der), "encryptionCertificateId", "meins",
		"expirationDateTime", epoch.Add(20 * time.Hour).Format(time.RFC3339)}
	h.refused(h.send("POST", "/subscriptions", h.wish(h.box(0)+"/events", rich...)), 400, "InvalidRequest")
	long := append(slices.Clone(rich), "expirationDateTime", epoch.Add(25*time.Hour).Format(time.RFC3339))
	h.refused(h.send("POST", "/subscriptions", h.wish(h.box(0)+"/events?$select=subject", long...)), 400, "ExtensionError")
	list, _ := h.ctl.DefaultList(h.users[0].UPN)
	h.refused(h.send("POST", "/subscriptions", h.wish(h.box(0)+"/todo/lists/"+list+"/tasks?$select=title", rich...)), 400, "InvalidRequest")
	h.subscribe(h.box(0)+"/events?$select=subject", rich...)

	id := h.do("POST", h.box(0)+"/events", eventAt("Vertraulich", epoch, time.Hour, "UTC"), 201)["id"].(string)
	h.ctl.Deliver()
	post := h.posts[0]
	n := h.take()[0]
	var sealed encryptedContent
	if err := json.Unmarshal([]byte(rawJSON(n["encryptedContent"])), &sealed); err != nil || sealed.CertificateID != "meins" {
		t.Fatalf("%v %v", n, err)
	}
	decode := func(s string) []byte { b, _ := base64.StdEncoding.DecodeString(s); return b }
	aesKey, err := rsa.DecryptOAEP(sha1.New(), nil, key, decode(sealed.DataKey), nil)
	if err != nil {
		t.Fatal(err)
	}
	data := decode(sealed.Data)
	mac := hmac.New(sha256.New, aesKey)
	mac.Write(data)
	if !hmac.Equal(mac.Sum(nil), decode(sealed.DataSignature)) {
		t.Error("signature of the data")
	}
	block, _ := aes.NewCipher(aesKey)
	cipher.NewCBCDecrypter(block, aesKey[:16]).CryptBlocks(data, data)
	data = data[:len(data)-int(data[len(data)-1])]
	var item map[string]any
	if json.Unmarshal(data, &item) != nil || item["subject"] != "Vertraulich" || item["id"] != id || item["body"] != nil {
		t.Errorf("content %s", data)
	}
	h.checkValidationToken(post["validationTokens"].([]any)[0].(string))

	h.do("DELETE", h.box(0)+"/events/"+id, nil, 204)
	h.ctl.Deliver()
	if gone := h.take()[0]; gone["changeType"] != "deleted" || gone["encryptedContent"] != nil {
		t.Errorf("deleted: %v", gone)
	}
}

// checkValidationToken checks a token by the keys that the platform publishes.
func (h *hook) checkValidationToken(token string) {
	h.Helper()
	parts := strings.Split(token, ".")
	keys := h.get(strings.TrimSuffix(h.rig.url, "/") + "/" + h.s.Credentials().TenantID + "/discovery/v2.0/keys")["keys"].([]any)[0].(map[string]any)
	part := func(s string) []byte { b, _ := base64.RawURLEncoding.DecodeString(s); return b }
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(part(keys["n"].(string))), E: 65537}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], part(parts[2])); err != nil {
		h.Errorf("validation token: %v", err)
	}
	var c map[string]any
	if json.Unmarshal(part(parts[1]), &c) != nil || c["aud"] != h.s.Credentials().ClientID || c["appid"] != "0bf30f3b-4a52-48df-9a82-234910c4a086" || c["tid"] != h.s.Credentials().TenantID {
		h.Errorf("claims %v", c)
	}
}
