package permissions

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Found is what lies at a path on a unit.
type Found struct {
	Path         string // below the unit's directory
	Kind         byte   // d, f, l, s and so on, as find(1) says it
	Mode         uint32
	Owner, Group string
}

// Command is what lists what lies below a directory, for Parse, on the unit as root. What goes meanwhile is left out.
func Command(dir string) string {
	return `find ` + dir + ` -mindepth 1 -printf '%y %m %u %g %P\n' 2>/dev/null || true`
}

// Parse reads what Command has printed.
func Parse(text string) (all []Found, err error) {
	for line := range strings.Lines(text) {
		words := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 5)
		if len(words) < 5 || len(words[0]) != 1 {
			return nil, fmt.Errorf("not a line of find: %q", line)
		}
		mode, err := strconv.ParseUint(words[1], 8, 12)
		if err != nil {
			return nil, fmt.Errorf("not a line of find: %q", line)
		}
		all = append(all, Found{Kind: words[0][0], Mode: uint32(mode), Owner: words[2], Group: words[3], Path: words[4]})
	}
	return all, nil
}

const (
	setGroup   = 0o2000
	groupReads = 0o070
	groupWrite = 0o020
)

// Wrong says of what was found on a machine what is not as the table says; account is that of the services, and the name of its group.
//
// What services may write is theirs to own: what lies right in a directory that their group may write. All else is root's.
func (t Table) Wrong(all []Found, account string) (wrong []string) {
	open := map[string]bool{}
	for _, one := range all {
		open[one.Path] = one.Kind == 'd' && one.Group == account && one.Mode&groupWrite != 0
	}
	for _, one := range all {
		row, is := t.At(one.Path)
		if !is {
			wrong = append(wrong, fmt.Sprintf("%s is not in docs/files.md", one))
			continue
		}
		if one.Kind == 'l' {
			continue // a link's own mode means nothing
		}
		for _, problem := range row.problems(one, account, open[path.Dir(one.Path)]) {
			wrong = append(wrong, fmt.Sprintf("%s %s", one, problem))
		}
	}
	return wrong
}

// problems are those of one that lies there; inOpen says that services may write where it does.
func (r Row) problems(one Found, account string, inOpen bool) (all []string) {
	if one.Mode&^r.Mode != 0 {
		all = append(all, fmt.Sprintf("is more open than %04o", r.Mode))
	}
	if one.Kind == 'd' && r.Mode&setGroup != one.Mode&setGroup {
		all = append(all, "does not pass on its group as it should")
	}
	if one.Owner != "root" && (one.Owner != account || !inOpen) {
		all = append(all, "does not belong to root")
	}
	wanted := "root"
	if r.For == Services {
		wanted = account
	}
	if one.Mode&groupReads != 0 && one.Group != wanted {
		all = append(all, "is open to the group "+one.Group+", and not to "+wanted)
	}
	return all
}

func (f Found) String() string {
	return fmt.Sprintf("%s (%c %04o %s:%s)", f.Path, f.Kind, f.Mode, f.Owner, f.Group)
}
