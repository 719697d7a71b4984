// Package architecture holds the structure of the code to docs/architecture.md: its picture of boxes, rows and arrows is read,
// and so are the imports of all modules, and the one has to be the other.
package architecture

import (
	"fmt"
	"strings"
)

// Picture is what a drawing of boxes says.
type Picture struct{ Boxes []Box }

// Box is a module, or a part of one. What stands in a row may import what stands in the rows below it, and what stands in the boxes to
// which arrows lead.
type Box struct {
	Title  string // its folder, and which part of that it is
	Folder string
	Rows   [][]string // of names, from the top
	To     []int      // boxes, by their index
	place  place
}

// place is where a box is in the drawing; each border is part of it.
type place struct{ top, bottom, left, right int }

// Read takes a drawing apart.
//
//	┌─ charm ─────┐    a box, with its folder; what follows a comma is for people
//	│ api  cli    │    a row of packages
//	├─────────────┤
//	│ store       │
//	└───┬─────────┘    an arrow, straight down to the next ▼
//	    ▼
func Read(drawing string) (Picture, error) {
	lines := [][]rune{}
	for line := range strings.Lines(drawing) {
		lines = append(lines, []rune(strings.TrimRight(line, "\n")))
	}
	var picture Picture
	for y, line := range lines {
		for x := range line {
			if line[x] != '┌' {
				continue
			}
			box, err := readBox(lines, y, x)
			if err != nil {
				return Picture{}, err
			}
			picture.Boxes = append(picture.Boxes, box)
		}
	}
	for i := range picture.Boxes {
		if err := picture.follow(lines, i); err != nil {
			return Picture{}, err
		}
	}
	return picture, nil
}

func readBox(lines [][]rune, top, left int) (Box, error) {
	right := left + 1
	for at(lines, top, right) != '┐' {
		if at(lines, top, right) == ' ' && right+1 >= len(lines[top]) {
			return Box{}, fmt.Errorf("line %d: the box at column %d has no upper right corner", top+1, left+1)
		}
		right++
	}
	title := strings.Trim(string(lines[top][left+1:right]), "─ ")
	folder, _, _ := strings.Cut(title, ",")
	box := Box{Title: title, Folder: folder, Rows: [][]string{nil}, place: place{top: top, left: left, right: right}}
	for y := top + 1; ; y++ {
		switch at(lines, y, left) {
		case '└':
			box.place.bottom = y
			return box, nil
		case '├':
			box.Rows = append(box.Rows, nil)
		case '│':
			row := &box.Rows[len(box.Rows)-1]
			*row = append(*row, strings.Fields(string(lines[y][left+1:min(right, len(lines[y]))]))...)
		default:
			return Box{}, fmt.Errorf("line %d: the left border of the box %q breaks off", y+1, folder)
		}
	}
}

// follow finds where the arrows lead that begin in a box's lower border.
func (p *Picture) follow(lines [][]rune, from int) error {
	start := p.Boxes[from].place
	for x := start.left; x <= start.right; x++ {
		if at(lines, start.bottom, x) != '┬' {
			continue
		}
		y := start.bottom + 1
		for at(lines, y, x) == '│' {
			y++
		}
		to := p.below(y, x)
		if at(lines, y, x) != '▼' || to < 0 {
			return fmt.Errorf("line %d: an arrow of the box %q leads nowhere", y+1, p.Boxes[from].Folder)
		}
		p.Boxes[from].To = append(p.Boxes[from].To, to)
	}
	return nil
}

// below is the box whose upper border is under the point of an arrow, or -1.
func (p *Picture) below(y, x int) int {
	for i, box := range p.Boxes {
		if box.place.top == y+1 && box.place.left <= x && x <= box.place.right {
			return i
		}
	}
	return -1
}

func at(lines [][]rune, y, x int) rune {
	if y >= len(lines) || x >= len(lines[y]) {
		return ' '
	}
	return lines[y][x]
}
