package architecture

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Judge says in what the packages are not as the picture shows them.
func Judge(picture Picture, packages []Package) []string {
	j := judge{picture: picture, places: map[string]spot{}, crossed: map[[2]int]bool{}, followed: map[[2]int]bool{}}
	j.place(packages)
	for _, from := range packages {
		for _, to := range from.Imports {
			j.weigh(from.Folder, to)
		}
	}
	j.needless()
	return j.faults
}

// spot is where a package stands: in which box, in which row from the top.
type spot struct{ box, row int }

type judge struct {
	picture  Picture
	places   map[string]spot
	crossed  map[[2]int]bool // box and upper row: something in it imports from the row right below
	followed map[[2]int]bool // arrows, from box to box, that an import goes along
	faults   []string
}

func (j *judge) fault(format string, args ...any) {
	j.faults = append(j.faults, fmt.Sprintf(format, args...))
}

// place gives each package its spot, by the names in the boxes.
func (j *judge) place(packages []Package) {
	there := map[string]bool{}
	for _, found := range packages {
		there[found.Folder] = true
	}
	for b, box := range j.picture.Boxes {
		for r, row := range box.Rows {
			for _, name := range row {
				folder := path.Join(box.Folder, name)
				if hidden := path.Join(box.Folder, "internal", name); there[hidden] {
					folder = hidden
				}
				if !there[folder] {
					j.fault("the picture shows %s, which is no package", folder)
				}
				if _, twice := j.places[folder]; twice {
					j.fault("the picture shows %s twice", folder)
				}
				j.places[folder] = spot{b, r}
			}
		}
	}
	for _, found := range packages {
		if _, shown := j.places[found.Folder]; !shown {
			j.fault("the picture does not show %s", found.Folder)
		}
	}
}

// weigh looks at one import.
func (j *judge) weigh(from, to string) {
	a, isShown := j.places[from]
	b, isOurs := j.places[to]
	if !isShown || !isOurs {
		return
	}
	if a.box == b.box {
		if a.row >= b.row {
			j.fault("%s imports %s, which does not stand below it", from, to)
		}
		j.crossed[[2]int{a.box, a.row}] = j.crossed[[2]int{a.box, a.row}] || b.row == a.row+1
		return
	}
	if !j.reaches(a.box, b.box) {
		j.fault("%s imports %s, to which no arrow leads", from, to)
	}
	j.followed[[2]int{a.box, b.box}] = true
}

// reaches says whether arrows lead from box to box, maybe over others.
func (j *judge) reaches(from, to int) bool {
	for _, next := range j.picture.Boxes[from].To {
		if next == to || j.reaches(next, to) {
			return true
		}
	}
	return false
}

// needless finds arrows and lines between rows without which the picture would say the same.
func (j *judge) needless() {
	for b, box := range j.picture.Boxes {
		for _, to := range box.To {
			if !j.followed[[2]int{b, to}] {
				j.fault("nothing in %s imports anything of %s: the arrow is needless", box.Folder, j.picture.Boxes[to].Folder)
			}
		}
		for r, row := range box.Rows[:len(box.Rows)-1] {
			if !j.crossed[[2]int{b, r}] {
				j.fault("in %s, nothing of %s imports anything of %s: they are one row", box.Folder,
					strings.Join(row, ", "), strings.Join(box.Rows[r+1], ", "))
			}
		}
	}
}

// Importers gives the packages that import a path or something below it.
func Importers(packages []Package, of string) (folders []string) {
	for _, from := range packages {
		if slices.ContainsFunc(from.Imports, func(to string) bool { return to == of || strings.HasPrefix(to, of+"/") }) {
			folders = append(folders, from.Folder)
		}
	}
	return folders
}
