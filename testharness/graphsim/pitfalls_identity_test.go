package graphsim

// identityPitfalls are those of the identity platform.
func identityPitfalls() []pitfall {
	return []pitfall{
		{57, "/me with an application token is refused", "sdk-js#378", stillOpen, nil},
		{58, "a permission granted later is missing in tokens issued before", "docs#10907", stillOpen, nil},
		{59, "a new password ends refresh tokens: AADSTS50173", "", stillOpen, nil},
		{60, "the id of a secret in place of its value answers AADSTS7000215, an expired secret AADSTS7000222", "", stillOpen, nil},
	}
}
