package graphsim

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// controlCalls is the table of what Control offers over HTTP. Who adds a method to Control adds a row; a test names what is missing.
func controlCalls() []controlCall {
	get := func(name string, do any, params string) controlCall {
		return controlCall{name: name, method: http.MethodGet, do: do, params: params}
	}
	post := func(name string, do any, params string) controlCall {
		return controlCall{name: name, method: http.MethodPost, do: do, params: params}
	}
	return []controlCall{
		get("now", (*Control).Now, ""),
		post("advance", (*Control).Advance, "by"),
		post("setClock", (*Control).SetClock, "now"),
		post("reset", (*Control).Reset, "seed"),
		get("saveState", (*Control).state, ""),
		post("loadState", (*Control).loadState, whole),

		post("fail", (*Control).Fail, "rule"),
		post("clearFaults", (*Control).ClearFaults, ""),
		post("throttle", (*Control).Throttle, "user for"),
		post("setRetryAfterForm", (*Control).SetRetryAfterForm, "form?"),
		post("expireDelta", (*Control).ExpireDelta, "user?"),
		post("setOddities", (*Control).SetOddities, "oddities"),

		get("requests", (*Control).Requests, ""),
		get("counts", (*Control).Counts, ""),
		get("maxParallel", (*Control).MaxParallel, ""),
		post("resetRequests", (*Control).ResetRequests, ""),
		get("outbox", (*Control).Outbox, ""),
		post("clearOutbox", (*Control).ClearOutbox, ""),
		get("subscriptions", (*Control).Subscriptions, ""),
		post("deliver", (*Control).Deliver, ""),
		post("lifecycle", (*Control).Lifecycle, "subscription event"),

		post("do", (*Control).Do, "method path body?"),
		get("users", (*Control).Users, ""),
		post("addUser", (*Control).AddUser, "alias givenName surname"),
		post("addRoom", (*Control).AddRoom, "alias name capacity list?"),
		post("changeUser", (*Control).ChangeUser, "user change"),
		post("removeUser", (*Control).RemoveUser, "user"),
		post("restoreUser", (*Control).RestoreUser, "id"),
		post("purgeUser", (*Control).PurgeUser, "id"),
		post("revokeMailbox", (*Control).RevokeMailbox, "user"),
		post("setEnabled", (*Control).SetEnabled, "user enabled"),
		post("setManager", (*Control).SetManager, "user manager"),
		post("setMailboxTimeZone", (*Control).SetMailboxTimeZone, "user timeZone"),
		post("addGroup", (*Control).AddGroup, "name"),
		post("removeGroup", (*Control).RemoveGroup, "name"),
		post("addMember", (*Control).AddMember, "group user"),
		post("removeMember", (*Control).RemoveMember, "group user"),
		post("addContact", (*Control).AddContact, "name mail"),
		post("removeContact", (*Control).RemoveContact, "id"),

		post("createEvent", (*Control).CreateEvent, "user event"),
		get("event", (*Control).Event, "user id"),
		post("updateEvent", (*Control).UpdateEvent, "user id change"),
		post("deleteEvent", (*Control).DeleteEvent, "user id"),
		post("moveEvent", (*Control).MoveEvent, "user id start"),
		post("moveToCalendar", (*Control).MoveToCalendar, "user id calendar"),
		post("forgetTimeZone", (*Control).ForgetTimeZone, "user"),
		post("loseUpdates", (*Control).LoseUpdates, "user n"),
		get("occurrences", (*Control).Occurrences, "user id from to"),
		post("inviteFromOutside", (*Control).InviteFromOutside, "name address meeting"),
		post("updateFromOutside", (*Control).UpdateFromOutside, "iCalUId occurrence? change"),
		post("cancelFromOutside", (*Control).CancelFromOutside, "iCalUId occurrence?"),
		get("outsideResponses", (*Control).OutsideResponses, "iCalUId"),
		post("sendMail", (*Control).SendMail, "user message"),
		post("deliverMail", (*Control).DeliverMail, "user message"),
		get("message", (*Control).Message, "user id"),
		post("markRead", (*Control).MarkRead, "user id read"),
		post("moveMessage", (*Control).MoveMessage, "user id folder"),
		post("deleteMessage", (*Control).DeleteMessage, "user id"),
		get("defaultList", (*Control).DefaultList, "user"),
		post("createTask", (*Control).CreateTask, "user task"),
		post("updateTask", (*Control).UpdateTask, "user id change"),
		post("deleteTask", (*Control).DeleteTask, "user id"),
		post("moveTask", (*Control).MoveTask, "user id toList"),
		post("hideTaskList", (*Control).HideTaskList, "user list hidden"),
		post("createContact", (*Control).CreateContact, "user contact"),
		post("updateContact", (*Control).UpdateContact, "user id change"),
		post("deleteContact", (*Control).DeleteContact, "user id"),
		post("moveContact", (*Control).MoveContact, "user id toFolder"),
		get("state", (*Control).State, "user from to"),
		post("bigMailbox", (*Control).BigMailbox, "user items"),

		post("limitApp", (*Control).LimitApp, "app mailboxes?"),
		post("unlimitApp", (*Control).UnlimitApp, "app"),
		post("shareCalendar", (*Control).ShareCalendar, "owner calendar? with role"),
		post("acceptCalendar", (*Control).AcceptCalendar, "user owner calendar?"),
		post("shareFolders", (*Control).ShareFolders, "owner with what access"),
		post("registerApp", (*Control).RegisterApp, "app"),
		get("apps", (*Control).Apps, ""),
		post("addSecret", (*Control).AddSecret, "app life"),
		post("addCertificate", (*Control).AddCertificate, "app pem"),
		post("setAppDisabled", (*Control).SetAppDisabled, "app disabled"),
		post("setRoles", (*Control).SetRoles, "roles?"),
		post("setAppRoles", (*Control).SetAppRoles, "app roles?"),
		post("assignApp", (*Control).AssignApp, "app users?"),
		post("grantConsent", (*Control).GrantConsent, "app user? scopes"),
		post("revokeConsent", (*Control).RevokeConsent, "app user?"),
		post("setUserConsent", (*Control).SetUserConsent, "allowed"),
		get("password", (*Control).Password, "user"),
		post("setPassword", (*Control).SetPassword, "user password way"),
		post("expirePassword", (*Control).ExpirePassword, "user"),
		post("requireMFA", (*Control).RequireMFA, "user required"),
		post("setPasskey", (*Control).SetPasskey, "user passkey"),
		post("setAdministrator", (*Control).SetAdministrator, "user administrator"),
		post("refuseSignIn", (*Control).RefuseSignIn, "user number"),
		post("revokeSessions", (*Control).RevokeSessions, "user"),
		post("setAutoSignIn", (*Control).SetAutoSignIn, "user? decline?"),
		post("answerDevice", (*Control).AnswerDevice, "userCode user approve"),
	}
}

// state is SaveState for a client that waits for the whole document.
func (ctl *Control) state() (json.RawMessage, error) {
	var b bytes.Buffer
	err := ctl.SaveState(&b)
	return b.Bytes(), err
}

func (ctl *Control) loadState(doc json.RawMessage) error { return ctl.LoadState(bytes.NewReader(doc)) }

// Reset makes the company anew from a seed, with the clock where it began, and forgets faults, requests and all that clients did. Tokens
// given before are worth nothing afterwards unless the seed is the same.
func (ctl *Control) Reset(seed uint64) error {
	ctl.s.mu.RLock()
	cfg := ctl.s.cfg
	ctl.s.mu.RUnlock()
	cfg.Seed = seed
	fresh, err := New(cfg)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := fresh.Control().SaveState(&b); err != nil {
		return err
	}
	ctl.ClearFaults()
	ctl.ResetRequests()
	ctl.s.gates.openAll()
	return ctl.LoadState(&b)
}
