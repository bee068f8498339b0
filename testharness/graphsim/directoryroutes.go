package graphsim

import (
	"slices"
	"strings"
)

// The permissions are those of the official map (microsoft-graph-devx-content) as far as they are about what the simulator has; the first
// one is the least privileged of the common ones.
var (
	readUsers = same("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
	readUser  = permission{slices.Concat([]string{"User.Read", "User.ReadWrite"}, readUsers.scopes), readUsers.roles}
	seeUsers  = same("User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
	trackUser = seeUsers
	editUsers = same("User.ReadWrite.All", "Directory.ReadWrite.All")
	editUser  = permission{slices.Concat([]string{"User.ReadWrite"}, editUsers.scopes), editUsers.roles}
	dropUsers = same("User.DeleteRestore.All", "User.ReadWrite.All")

	readGroups  = same("Group.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
	readMembers = same("GroupMember.ReadBasic.All", "Group.ReadBasic.All", "GroupMember.Read.All", "GroupMember.ReadWrite.All",
		"Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All")
	readOwners  = same("GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All")
	makeGroups  = permission{[]string{"Group.ReadWrite.All", "Directory.ReadWrite.All"}, []string{"Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All"}}
	editGroups  = same("Group.ReadWrite.All", "Directory.ReadWrite.All")
	dropGroups  = same("Group.ReadWrite.All")
	editMembers = same("GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All")
	groupsAsOne = same("GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")

	readMembership = permission{
		[]string{"User.Read", "GroupMember.ReadBasic.All", "Group.ReadBasic.All", "GroupMember.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"},
		[]string{"Directory.Read.All", "GroupMember.ReadBasic.All", "Group.ReadBasic.All", "Directory.ReadWrite.All"},
	}
	readAllMembership = permission{
		[]string{"User.Read", "GroupMember.ReadBasic.All", "Group.ReadBasic.All", "GroupMember.Read.All", "User.Read.All",
			"Group.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"},
		[]string{"User.Read.All", "GroupMember.ReadBasic.All", "Group.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Directory.Read.All",
			"Directory.ReadWrite.All"},
	}

	readContacts     = same("OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All")
	readObjects      = same("Directory.Read.All", "Directory.ReadWrite.All")
	readOrganization = permission{
		[]string{"User.Read", "User.Read.All", "Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
		[]string{"User.Read.All", "Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	}
	readPlaces = same("Place.Read.All", "Place.ReadWrite.All")
)

func directoryRoutes() []route {
	row := func(method, pattern string, needs permission, h func(*call) (*reply, error)) route {
		return route{method: method, pattern: pattern, area: areaDirectory, needs: needs, handle: h}
	}
	out := []route{
		row("GET", "users/delta", trackUser, usersDelta),
		row("POST", "users", editUsers, createUser),
		row("GET", "users/{user}", readUser, getUser),
		row("PATCH", "users/{user}", editUser, updateUser),
		row("DELETE", "users/{user}", dropUsers, deleteUser),
		row("GET", "users/{user}/manager", seeUsers, getManager),
		row("PUT", "users/{user}/manager/$ref", editUsers, setManager),
		row("DELETE", "users/{user}/manager/$ref", editUsers, removeManager),
		row("GET", "groups/delta", readGroups, groupsDelta),
		row("POST", "groups", makeGroups, createGroup),
		row("GET", "groups/{group}", readGroups, getGroup),
		row("PATCH", "groups/{group}", editGroups, updateGroup),
		row("DELETE", "groups/{group}", dropGroups, deleteGroup),
		row("POST", "groups/{group}/members/$ref", editMembers, addMember),
		row("DELETE", "groups/{group}/members/{member}/$ref", editMembers, removeMember),
		row("GET", "contacts/delta", readContacts, contactsDelta),
		row("GET", "directoryObjects/{object}", readObjects, getDirectoryObject),
		row("GET", "contacts/{contact}", readContacts, getOrgContact),
		row("GET", "organization", readOrganization, getOrganization),
		row("GET", "organization/{organization}", readOrganization, getOneOrganization),
		row("GET", "places/microsoft.graph.room", readPlaces, listRooms),
		row("GET", "places/microsoft.graph.roomList", readPlaces, listRoomLists),
		row("GET", "places/{place}/microsoft.graph.roomList/rooms", readPlaces, listRoomsOfList),
	}
	all := []*directoryType{userType, groupType, contactType}
	for _, l := range []struct {
		pattern string
		needs   permission
		find    lister
		casts   []*directoryType
	}{
		{"users", readUsers, users, nil},
		{"groups", readGroups, groups, nil},
		{"contacts", readContacts, contacts, nil},
		{"contacts/{contact}/memberOf", readContacts, contactGroups(false), nil},
		{"contacts/{contact}/transitiveMemberOf", readContacts, contactGroups(true), nil},
		{"users/{user}/directReports", seeUsers, reports, all[:1]},
		{"users/{user}/memberOf", readMembership, memberships(false), all[1:2]},
		{"users/{user}/transitiveMemberOf", readAllMembership, memberships(true), all[1:2]},
		{"groups/{group}/members", readMembers, groupList(directMembers), all},
		{"groups/{group}/transitiveMembers", readMembers, groupList(allMembers), all},
		{"groups/{group}/memberOf", groupsAsOne, groupList(groupsAbove(false)), all[1:2]},
		{"groups/{group}/transitiveMemberOf", groupsAsOne, groupList(groupsAbove(true)), all[1:2]},
		{"groups/{group}/owners", readOwners, groupList(owners), all[:1]},
	} {
		out = append(out, row("GET", l.pattern, l.needs, l.find.list), row("GET", l.pattern+"/$count", l.needs, l.find.count))
		for _, t := range l.casts {
			at := l.pattern + "/" + strings.TrimPrefix(t.odata, "#")
			out = append(out, row("GET", at, l.needs, l.find.cast(t).list), row("GET", at+"/$count", l.needs, l.find.cast(t).count))
		}
	}
	return out
}
