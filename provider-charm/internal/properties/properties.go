// Package properties reads and writes the text of Java properties, as java.util.Properties does: Kafka's own files are
// that. Two things are stricter here: a key that is there twice is an error and not the last one's, and so is a key
// without a name.
package properties

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Format writes one line for each key, in the keys' order, in ASCII: Java takes a file for Latin-1. What Parse makes of
// it is the same map.
func Format(properties map[string]string) string {
	var text strings.Builder
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		text.WriteString(escape(key, ` :=#!`))
		text.WriteByte('=')
		// A blank at the beginning of a value would be skipped; further in it is a blank.
		value := properties[key]
		rest := strings.TrimLeft(value, " ")
		text.WriteString(strings.Repeat(`\ `, len(value)-len(rest)))
		text.WriteString(escape(rest, ""))
		text.WriteByte('\n')
	}
	return text.String()
}

// escape writes what Java would read as its own, and the characters in special, so that they stand for themselves.
func escape(text, special string) string {
	var escaped strings.Builder
	for _, char := range text {
		switch {
		case char == '\\' || char < 0x7f && strings.ContainsRune(special, char):
			escaped.WriteByte('\\')
			escaped.WriteRune(char)
		case char >= 0x20 && char < 0x7f:
			escaped.WriteRune(char)
		default:
			for _, unit := range utf16.AppendRune(nil, char) {
				fmt.Fprintf(&escaped, `\u%04x`, unit)
			}
		}
	}
	return escaped.String()
}

// Parse reads text as Java does, with an error for what Java would take without a word.
func Parse(text string) (map[string]string, error) {
	properties := map[string]string{}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	lines := strings.Split(text, "\n")
	for number := 0; number < len(lines); number++ {
		first := number + 1
		line := strings.TrimLeft(lines[number], blanks)
		if line == "" || line == `\` || line[0] == '#' || line[0] == '!' {
			continue
		}
		for isContinued(line) && number+1 < len(lines) {
			number++
			line = line[:len(line)-1] + strings.TrimLeft(lines[number], blanks)
		}
		if isContinued(line) { // at the end of the text
			line = line[:len(line)-1]
		}
		key, value, err := split(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", first, err)
		}
		if _, twice := properties[key]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", first, key)
		}
		properties[key] = value
	}
	return properties, nil
}

// blanks is what Java skips around keys.
const blanks = " \t\f"

// isContinued says whether a line ends in an odd number of backslashes.
func isContinued(line string) bool {
	return (len(line)-len(strings.TrimRight(line, `\`)))%2 == 1
}

// split ends the key at the first blank, colon or equals sign that no backslash protects.
func split(line string) (key, value string, err error) {
	end := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
		} else if strings.IndexByte(blanks+":=", line[i]) >= 0 {
			end = i
			break
		}
	}
	rest := strings.TrimLeft(line[end:], blanks)
	if rest != "" && (rest[0] == ':' || rest[0] == '=') {
		rest = strings.TrimLeft(rest[1:], blanks)
	}
	if key, err = unescape(line[:end]); err != nil {
		return "", "", err
	}
	if key == "" {
		return "", "", errors.New("a value without a key")
	}
	value, err = unescape(rest)
	return key, value, err
}

func unescape(text string) (string, error) {
	var units []uint16
	for i, chars := 0, []rune(text); i < len(chars); i++ {
		if chars[i] != '\\' {
			units = utf16.AppendRune(units, chars[i])
			continue
		}
		i++
		if i == len(chars) {
			break
		}
		switch char := chars[i]; char {
		case 'n', 't', 'r', 'f':
			units = append(units, map[rune]uint16{'n': '\n', 't': '\t', 'r': '\r', 'f': '\f'}[char])
		case 'u':
			digits := string(chars[i+1 : min(i+5, len(chars))])
			unit, err := strconv.ParseUint(digits, 16, 16)
			if err != nil || len(digits) != 4 {
				return "", errors.New(`\u wants four hexadecimal digits`)
			}
			units = append(units, uint16(unit))
			i += 4
		default:
			units = utf16.AppendRune(units, char)
		}
	}
	return string(utf16.Decode(units)), nil
}
