package admin

import (
	"slices"
	"strings"
)

// parted are somebody's groups: those of which the visitor decides, and the others.
func (v *visit) parted(p Person) (string, string, error) {
	may, err := v.Desk.movable(v.r.Context(), v.by, p.Groups)
	rest := slices.DeleteFunc(slices.Clone(p.Groups), func(g string) bool { return slices.Contains(may, g) })
	return strings.Join(may, ", "), strings.Join(rest, ", "), err
}

// groupsOf are the groups that somebody is to be in by a form, which takes them out of none that it did not show.
func (f personForm) groupsOf(p Person) []string {
	had := groupNames(listOf(f.Had))
	return append(slices.DeleteFunc(slices.Clone(p.Groups), func(g string) bool { return slices.Contains(had, g) }), listOf(f.Groups)...)
}
