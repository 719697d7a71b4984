// Package page is the web page of Connect Manager: HTML, CSS and JavaScript modules that come with the program. It holds no data
// and decides nothing: what it shows and does goes through the API (package api), with the rights of whoever has logged in.
package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed assets
var embedded embed.FS

// policy lets the page load and call nothing but its own server, and has the browser refuse any text that would become markup or
// code: names of connectors, traces and comments are written by others.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// Handler serves the page at / and its files below /assets/. Neither needs a login.
//
// The files' addresses have a digest of all of them, so that a browser keeps them for good and never mixes those of two versions.
func Handler() http.Handler {
	files, err := readAssets()
	if err != nil {
		panic(err) // they are part of the program
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", files.index)
	for name, file := range files.others {
		mux.Handle("GET "+files.prefix+name, file)
	}
	return guarded(mux)
}

// guarded sets the headers that every answer has.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// assets are the page's files as they are served.
type assets struct {
	index  file
	prefix string
	others map[string]file
}

// file is one of them; its tag changes with its content.
type file struct {
	content, kind, tag, caching string
}

func (f file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.kind)
	header.Set("Cache-Control", f.caching)
	header.Set("ETag", f.tag)
	for tag := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == f.tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	header.Set("Content-Length", fmt.Sprint(len(f.content)))
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(f.content))
	}
}

const (
	forever  = "public, max-age=31536000, immutable"
	askAgain = "no-cache"
)

func readAssets() (assets, error) {
	read := assets{others: map[string]file{}}
	all := sha256.New()
	entries, err := fs.ReadDir(embedded, "assets")
	if err != nil {
		return assets{}, err
	}
	for _, entry := range entries {
		content, err := embedded.ReadFile(path.Join("assets", entry.Name()))
		if err != nil {
			return assets{}, err
		}
		fmt.Fprintf(all, "%s %d\n%s", entry.Name(), len(content), content)
		if entry.Name() != indexName {
			read.others[entry.Name()] = newFile(entry.Name(), string(content), forever)
		}
	}
	read.prefix = "/assets/" + hex.EncodeToString(all.Sum(nil))[:16] + "/"
	index, err := read.fillIndex()
	read.index = newFile(indexName, index, askAgain)
	return read, err
}

const indexName = "index.html"

// fillIndex writes the addresses of the files into the page. It names every module, for else the browser finds them one after the
// other.
func (a assets) fillIndex() (string, error) {
	text, err := template.ParseFS(embedded, "assets/"+indexName)
	if err != nil {
		return "", err
	}
	var modules, styles []string
	for _, name := range slices.Sorted(maps.Keys(a.others)) {
		switch path.Ext(name) {
		case ".js":
			modules = append(modules, a.prefix+name)
		case ".css":
			styles = append(styles, a.prefix+name)
		}
	}
	var filled strings.Builder
	err = text.Execute(&filled, map[string]any{"Prefix": a.prefix, "Modules": modules, "Styles": styles})
	return filled.String(), err
}

func newFile(name, content, caching string) file {
	digest := sha256.Sum256([]byte(content))
	return file{
		content: content, kind: kindOf(name), tag: fmt.Sprintf("%q", hex.EncodeToString(digest[:16])), caching: caching,
	}
}

// kindOf does not ask the system's table of types, which differs from machine to machine.
func kindOf(name string) string {
	return map[string]string{
		".html": "text/html; charset=utf-8",
		".css":  "text/css; charset=utf-8",
		".js":   "text/javascript; charset=utf-8",
		".svg":  "image/svg+xml",
	}[path.Ext(name)]
}
