package api

import (
	"net/http"
	"slices"
	"strings"
)

// protected sets headers that keep a browser from doing with answers what they are not for. The page sets its own.
func protected(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-cache")
		if r.TLS != nil {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// unknown answers what is no route below /api/ in JSON, as all that is there: the page, which has the rest, answers in text.
func unknown(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		isPage := pattern == "" || pattern == "GET /"
		if !isPage || !strings.HasPrefix(r.URL.Path, "/api/") {
			mux.ServeHTTP(w, r)
			return
		}
		told := answer{status: http.StatusNotFound, body: problem{Message: "there is nothing at " + quoted(r.URL.Path)}}
		if allowed := methods(mux, r); len(allowed) > 0 {
			told = answer{status: http.StatusMethodNotAllowed, body: problem{Message: "want " + strings.Join(allowed, " or ")}}
			told = told.with("Allow", strings.Join(allowed, ", "))
		}
		told.write(w, r, nil)
	})
}

// methods are those by which there is a route for the path.
func methods(mux *http.ServeMux, r *http.Request) []string {
	return slices.DeleteFunc([]string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}, func(method string) bool {
		other := r.Clone(r.Context())
		other.Method = method
		_, pattern := mux.Handler(other)
		return pattern == "" || pattern == "GET /"
	})
}
