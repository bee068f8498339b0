package graphsim

var (
	readUsers   = same("User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
	readUser    = permission{scopes: append([]string{"User.Read", "User.ReadWrite"}, readUsers.scopes...), roles: readUsers.roles}
	readGroups  = same("Group.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
	readMembers = same("GroupMember.ReadBasic.All", "GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
)

func directoryRoutes() []route {
	row := func(pattern string, needs permission, h func(*call) (*reply, error)) route {
		return route{method: "GET", pattern: pattern, area: areaDirectory, needs: needs, handle: h}
	}
	return []route{
		row("users", readUsers, listUsers),
		row("users/{user}", readUser, getUser),
		row("groups", readGroups, listGroups),
		row("groups/{group}", readGroups, getGroup),
		row("groups/{group}/members", readMembers, listMembers(false, false)),
		row("groups/{group}/members/microsoft.graph.user", readMembers, listMembers(true, false)),
		row("groups/{group}/transitiveMembers", readMembers, listMembers(false, true)),
		row("groups/{group}/transitiveMembers/microsoft.graph.user", readMembers, listMembers(true, true)),
	}
}
