package graphsim

// servicePitfalls are those of batches, throttling, faults and notifications.
func servicePitfalls() []pitfall {
	return []pitfall{
		{61, "items of a batch for one mailbox are throttled one by one, and mixed dependsOn is refused", "docs#8760, docs#2886, docs#18498, docs#4694", "by default", TestParallelItemsForOneMailboxMeetItsLimit},
		{62, "Retry-After may be missing or odd", "sdk-js#297", "Control.SetRetryAfterForm", TestRetryAfterMayBeOddOrMissing},
		{63, "200 with an error after the rows, or with JSON that ends early", "contrib#106", "Control.Fail with Append or Truncate", TestAnAnswerCanBeSpoiled},
		{66, "a subscription's lifecycle address cannot be added later, a second one for the same is refused with 409", "docs#5554, docs#18954, sdk-js#1641, contrib#8573", "by default", TestASubscriptionIsKeptRenewedAndDeleted},
		{67, "Exchange Web Services end in October 2026, not all of them has a successor in Graph", "sdk-net#3130", "not: another service, which the simulator has never been", nil},
	}
}
