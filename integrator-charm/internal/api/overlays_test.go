package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/overlay"
)

func TestAnOverlayHasItsVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	shown := s.ask(http.MethodGet, "/api/v1/overlays/orders-1?cluster=main", "", looking)
	require.Equal(t, http.StatusOK, shown.StatusCode)
	assert.Equal(t, `"7"`, shown.Header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, s.ask(http.MethodGet, "/api/v1/overlays/orders-1", "", looking, `If-None-Match: "7"`).StatusCode)
	s.manager.take()
	cleared := s.ask(http.MethodDelete, "/api/v1/overlays/orders-1?key=a&key=b%26c", "", sesame, `If-Match: "7"`)
	assert.Equal(t, http.StatusOK, cleared.StatusCode)
	assert.Equal(t, []string{`clear orders-1 on  by ada, at "7": a,b&c`}, s.manager.take())
	assert.Equal(t, http.StatusForbidden, s.ask(http.MethodDelete, "/api/v1/overlays/orders-1", "", looking).StatusCode)
	s.manager.fail("clear", overlay.ErrVersion)
	assert.Equal(t, http.StatusPreconditionFailed, s.ask(http.MethodDelete, "/api/v1/overlays/orders-1", "", sesame, `If-Match: "6"`).StatusCode)
}

func TestWhatIsTheCharmsIsForTheSocketAlone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, each := range [][3]string{
		{http.MethodGet, "/api/v1/charm/overlays", ""},
		{http.MethodPut, "/api/v1/charm/overlays", "{}"},
		{http.MethodPut, "/api/v1/charm/overlays/delivered", `{"version":7}`},
	} {
		for _, token := range []string{sesame, looking, agree, orders, s.logIn("open sesame")} {
			assert.Equal(t, http.StatusForbidden, s.ask(each[0], each[1], each[2], token).StatusCode, "%v %s", each, token)
		}
		s.manager.take()
		assert.Less(t, s.askLocally(each[0], each[1], each[2]).StatusCode, 300)
		assert.Len(t, s.manager.take(), 1)
	}
	assert.Equal(t, "no-store", s.askLocally(http.MethodGet, "/api/v1/charm/overlays", "").Header.Get("Cache-Control"))
	wrong := s.askLocally(http.MethodPut, "/api/v1/charm/overlays", `{"version":"hunter2"}`)
	assert.Equal(t, http.StatusBadRequest, wrong.StatusCode)
	assert.NotContains(t, text(t, wrong), "hunter2")
}
