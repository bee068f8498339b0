package graphsim

import (
	"fmt"
	"slices"
)

// Deliveries say what became of notifications: posted and answered with success, posted in vain, and still waiting for another try.
type Deliveries struct{ Sent, Failed, Waiting int }

// Deliver sends the notifications that are due on the simulated clock and waits for the answers. Beside it they are sent in the background,
// soon after each change, unless Config.HoldNotifications is set.
func (ctl *Control) Deliver() Deliveries {
	s := ctl.s
	defer s.kick() // for what came meanwhile
	s.post.sending.Lock()
	defer s.post.sending.Unlock()
	s.mu.Lock()
	s.noticeChanges()
	s.mu.Unlock()
	var d Deliveries
	d.Sent, d.Failed = s.sendDue()
	s.mu.RLock()
	defer s.mu.RUnlock()
	d.Waiting = len(s.tenant.notices)
	return d
}

// Subscription is a subscription that has not expired.
type Subscription struct{ ID, App, Resource, ChangeType, NotificationURL, LifecycleURL string }

// Subscriptions are those of all applications, in the order of their creation.
func (ctl *Control) Subscriptions() []Subscription {
	ctl.s.mu.RLock()
	defer ctl.s.mu.RUnlock()
	now := ticksOf(ctl.s.now())
	var out []Subscription
	for _, sub := range ctl.s.tenant.subscriptions {
		if sub.Expires > now {
			out = append(out, Subscription{sub.ID, sub.App, sub.Resource, sub.ChangeType, sub.NotificationURL, sub.LifecycleURL})
		}
	}
	return out
}

// Lifecycle sends a lifecycle notification of a subscription: "missed" (notifications were lost), "reauthorizationRequired", or
// "subscriptionRemoved", which removes it too. It fails for a subscription without a lifecycle address.
func (ctl *Control) Lifecycle(id, event string) error {
	s := ctl.s
	defer s.kick()
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := s.tenant.subscriptionByID(id)
	switch {
	case sub == nil:
		return fmt.Errorf("graphsim: no subscription %q", id)
	case sub.LifecycleURL == "":
		return fmt.Errorf("graphsim: subscription %q has no lifecycleNotificationUrl", id)
	case !slices.Contains([]string{"missed", "reauthorizationRequired", "subscriptionRemoved"}, event):
		return fmt.Errorf("graphsim: no lifecycle event %q", event)
	}
	s.lifecycle(sub, event)
	if event == "subscriptionRemoved" {
		s.removeSubscription(sub)
	}
	return nil
}
