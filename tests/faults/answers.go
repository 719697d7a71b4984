package faults

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/http"
	"time"
)

// answer is what a server of plugins says instead of what it should, until it is mended.
type answer struct {
	name  string
	whole bool // it announces the length of the archive
	give  func(w http.ResponseWriter, r *http.Request, archive []byte)
}

// wrong are such answers.
var wrong = []answer{
	{"a page that says 404, with 200", false, func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html><title>404 Not Found</title></html>"))
	}},
	{"500", false, func(w http.ResponseWriter, _ *http.Request, _ []byte) {
		http.Error(w, "no", http.StatusInternalServerError)
	}},
	{"409", false, func(w http.ResponseWriter, _ *http.Request, _ []byte) { http.Error(w, "no", http.StatusConflict) }},
	{"half of it", false, func(w http.ResponseWriter, _ *http.Request, archive []byte) { _, _ = w.Write(archive[:len(archive)/2]) }},
	{"other bytes", false, func(w http.ResponseWriter, _ *http.Request, archive []byte) {
		_, _ = w.Write(bytes.Repeat([]byte("x"), len(archive)))
	}},
	{"less than it has announced", true, func(w http.ResponseWriter, _ *http.Request, archive []byte) {
		_, _ = w.Write(archive[:len(archive)/3])
		panic(http.ErrAbortHandler)
	}},
	{"itself, elsewhere", false, func(w http.ResponseWriter, r *http.Request, _ []byte) {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
	}},
	{"a drip", false, func(w http.ResponseWriter, r *http.Request, archive []byte) {
		for i := range archive {
			if _, err := w.Write(archive[i : i+1]); err != nil || r.Context().Err() != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			pause(r.Context(), 20*time.Millisecond)
		}
	}},
	{"without an end", false, func(w http.ResponseWriter, r *http.Request, _ []byte) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}},
	{"nothing at all", false, func(_ http.ResponseWriter, r *http.Request, _ []byte) { <-r.Context().Done() }},
}

// serveWrongly has the keeper ask for another plugin while the server answers wrongly.
func serveWrongly(ctx context.Context, s *Stage, random *rand.Rand) error {
	one, _ := pick(random, wrong)
	lasts := lasting(random)
	s.say("the server of plugins answers for %v: %s", lasts, one.name)
	mend := s.Plugins.answer(one)
	defer mend()
	if err := changePlugin(ctx, s, random); err != nil {
		return err
	}
	pause(ctx, lasts)
	return nil
}
