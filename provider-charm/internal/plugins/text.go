package plugins

import (
	"fmt"
	"net/http"
	"strings"
)

// quoted shows a name or a text from outside in a message: printable and short.
func quoted(text string) string {
	return fmt.Sprintf("%q", shorten(oneLine(strings.ToValidUTF8(text, "�")), 40))
}

// bytesText writes a size as people do.
func bytesText(size int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if size >= unit.size {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(size)/float64(unit.size)), ".0") + " " + unit.name
		}
	}
	return fmt.Sprintf("%d bytes", size)
}

func statusText(code int) string { return fmt.Sprintf("%d %s", code, http.StatusText(code)) }
